"""Print the tests of a topic as sentences, by feature and layer: `nox -s read -- cookies`."""

import argparse
import ast
import sys
import textwrap
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
LAYERS = ("unit", "integration", "system")
WIDTH = 80  # columns of a terminal


def sentences(file: Path) -> dict[str, list[str]]:
    """Return the tests of a file as sentences, by class, with those of its base classes."""
    found: dict[str, list[str]] = {}
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef):
            inherited = [text for base in node.bases for text in found.get(ast.unparse(base), [])]
            names = [each.name for each in node.body if isinstance(each, ast.FunctionDef)]
            own = [sentence(name) for name in names if name.startswith("test_")]
            found[node.name] = [*inherited, *own]
    return found


def sentence(name: str) -> str:
    """Return the name of a test as a sentence."""
    words = name.removeprefix("test_").replace("_", " ")
    return f"{words[:1].upper()}{words[1:]}."


def page(topic: str, features: dict[str, dict[str, str]]) -> Iterator[str]:
    """Yield the lines of a topic: each feature, its layers, and their tests."""
    files = {layer: ROOT / "tests" / layer / f"test_{topic}.py" for layer in LAYERS}
    tests = {layer: sentences(file) for layer, file in files.items() if file.exists()}
    for name, feature in features.items():
        yield from wrap(f"{topic}.{name}: {feature['shows']}", indent=0)
        for layer, classes in tests.items():
            if found := classes.get("Test" + name.title().replace("_", "")):
                yield f"  {layer}"
                for text in found:
                    yield from wrap(text, indent=4)
        yield ""


def wrap(text: str, indent: int) -> list[str]:
    """Return the lines of an indented text; the next lines are indented by two more."""
    first = " " * indent
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=f"{first}  ")


def main(arguments: Sequence[str]) -> None:
    """Print the tests of the topic that the command line names."""
    topics = tomllib.loads((ROOT / "docs" / "features.toml").read_text("utf-8"))
    description = "Print the tests of a topic as sentences, by feature and layer."
    parser = argparse.ArgumentParser(prog="nox -s read --", description=description)
    parser.add_argument("topic", choices=topics)
    topic = parser.parse_args(arguments).topic
    print(*page(topic, topics[topic]), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
