"""What the learners' tests are about."""


def greet(name: str) -> str:
    """Greet `name`."""
    return f"Hello, {name.strip()}!"


def count(text: str) -> int:
    """Count the words."""
    return len(text.split())


def first(text: str) -> str:
    """Give the first word, or nothing."""
    while text.startswith(" "):
        text = text[1:]
    return text.partition(" ")[0]
