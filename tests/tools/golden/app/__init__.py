"""The application that the learners test."""


def greet(name: str) -> str:
    """Return a greeting."""
    return f"Hello, {name.strip()}!"


def count(text: str) -> int:
    """Return the number of words."""
    return len(text.split())


def first(text: str) -> str:
    """Return the first word, or an empty text."""
    while text.startswith(" "):
        text = text[1:]
    return text.partition(" ")[0]
