"""Print the tests of a topic as sentences, by feature and layer: `nox -s read -- cookies`.

For a test file that belongs to no topic, such as test_csrf.py, by layer: `nox -s read -- csrf`.
"""

import argparse
import ast
import os
import sys
import textwrap
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
LAYERS = ("unit", "integration", "system")
WIDTH = 80  # columns of a terminal


def sentences(module: ast.Module) -> dict[str, list[str]]:
    """Return the tests of a file as sentences, by class, with those of its base classes.

    The class of a test function is "".
    """
    found: dict[str, list[str]] = {"": own_sentences(module)}
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            inherited = [text for base in node.bases for text in found.get(ast.unparse(base), [])]
            found[node.name] = [*inherited, *own_sentences(node)]
    return found


def own_sentences(node: ast.Module | ast.ClassDef) -> list[str]:
    """Return the tests of a file or a class as sentences, without those of its classes."""
    names = [each.name for each in node.body if isinstance(each, ast.FunctionDef)]
    return [sentence(name) for name in names if name.startswith("test_")]


def sentence(name: str) -> str:
    """Return the name of a test as a sentence."""
    words = name.removeprefix("test_").replace("_", " ")
    return f"{words[:1].upper()}{words[1:]}."


def modules(name: str) -> dict[str, ast.Module]:
    """Return the test files of a name by layer, parsed."""
    files = {layer: ROOT / "tests" / layer / f"test_{name}.py" for layer in LAYERS}
    return {
        layer: ast.parse(file.read_text("utf-8")) for layer, file in files.items() if file.exists()
    }


def topic_page(topic: str, features: dict[str, dict[str, str]]) -> Iterator[str]:
    """Yield the lines of a topic: each feature, its layers, and their tests."""
    tests = {layer: sentences(module) for layer, module in modules(topic).items()}
    for name, feature in features.items():
        yield from wrap(f"{topic}.{name}: {feature['shows']}", indent=0)
        for layer, classes in tests.items():
            if found := classes.get("Test" + name.title().replace("_", "")):
                yield f"  {layer}"
                for text in found:
                    yield from wrap(text, indent=4)
        yield ""


def file_page(name: str) -> Iterator[str]:
    """Yield the lines of the test files of a name: each layer and its tests."""
    for layer, module in modules(name).items():
        purpose = (ast.get_docstring(module) or "").partition("\n")[0]
        yield from wrap(f"{layer}: {purpose}", indent=0)
        for class_name, found in sentences(module).items():
            if class_name.startswith("Test") or not class_name:
                for text in found:
                    yield from wrap(text, indent=2)
        yield ""


def wrap(text: str, indent: int) -> list[str]:
    """Return the lines of an indented text; the next lines are indented by two more."""
    first = " " * indent
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=f"{first}  ")


def main(arguments: Sequence[str]) -> None:
    """Print the tests of the topic or of the test files that the command line names."""
    topics = tomllib.loads((ROOT / "docs" / "features.toml").read_text("utf-8"))
    files = (file for layer in LAYERS for file in (ROOT / "tests" / layer).glob("test_*.py"))
    others = sorted({file.stem.removeprefix("test_") for file in files} - topics.keys())
    parser = argparse.ArgumentParser(
        prog="nox -s read --",
        description="Print tests as sentences: those of a topic by feature and layer.",
        epilog=f"Test files that belong to no topic: {', '.join(others)}",
    )
    choices = [*topics, *others]
    parser.add_argument("topic", choices=choices, metavar="TOPIC", help=", ".join(topics))
    name = parser.parse_args(arguments).topic
    if name in topics:
        print(*topic_page(name, topics[name]), sep="\n")
        print(*wrap(f"See also, with nox -s read: {', '.join(others)}", indent=0), sep="\n")
    else:
        print(*file_page(name), sep="\n")


def run(arguments: Sequence[str]) -> None:
    """Run as a program that ends quietly if a pipe is closed early, as by `head`."""
    try:
        main(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes the rest when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    run(sys.argv[1:])
