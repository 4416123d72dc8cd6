"""Write docs/course.md, the course map: a row for each feature, a column for each layer.

With `--check`, write nothing, and exit with status 1 if the page is stale, if a feature lacks a
test on a layer, or if a test class does not belong to a feature.
"""

import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import NotRequired, TypedDict

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "course.md"
LAYERS = ["unit", "integration", "system"]

INTRO = """# The course, feature by feature

Each row is a feature, with the title of its section in the course. Each number is the number of
tests on that layer: the feature `models.one_to_one` is `class TestOneToOne` in the three files
`test_models.py`.

`nox -s map` generates this page from `docs/features.toml` and the tests. Do not edit it by hand.
"""


class Feature(TypedDict):
    """A table in features.toml; a feature without a section is not in the course."""

    section: NotRequired[str]
    shows: str
    layers: list[str]


Features = dict[str, dict[str, Feature]]  # topic -> feature name -> feature
Tests = Counter[tuple[str, str]]  # (file, class) -> number of tests


def collect() -> str:
    """Return the node ids of all tests, one per line; exit with pytest's message if it fails."""
    options = ["--collect-only", "-q", "-p", "no:randomly", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, *(f"tests/{layer}" for layer in LAYERS)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - no argument is user input
    if result.returncode:
        sys.exit(result.stdout.partition("\n\n")[2] + result.stderr)
    return result.stdout


def count(node_ids: str) -> Tests:
    """Return the number of tests per file and class; the class of a module-level test is ""."""
    tests: Tests = Counter()
    for line in node_ids.splitlines():
        file, *names = line.partition("[")[0].split("::")
        if names:
            tests[file, "".join(names[:-1])] += 1
    return tests


def place(topic: str, name: str, layer: str) -> tuple[str, str]:
    """Return the file and the class of the tests for a feature."""
    return f"tests/{layer}/test_{topic}.py", "Test" + name.title().replace("_", "")


def problems(features: Features, tests: Tests) -> list[str]:
    """Return a message for each feature without a test and each class without a feature."""
    found = []
    places = set()
    for topic, named in features.items():
        for name, feature in named.items():
            places |= {place(topic, name, layer) for layer in LAYERS}
            for layer in feature["layers"]:
                file, class_ = place(topic, name, layer)
                if not tests[file, class_]:
                    found.append(f"{file}: {topic}.{name} has no test: write class {class_}.")
    topic_files = {file for file, _ in places}
    for file, class_ in tests:
        if file in topic_files and (file, class_) not in places:
            name = f"class {class_}" if class_ else "a test outside a class"
            found.append(f"{file}: {name} matches no feature in docs/features.toml.")
    return found


def page(features: Features, tests: Tests) -> str:
    """Return the course map as Markdown."""
    lines = [INTRO]
    for topic, named in features.items():
        lines.append(f"## {topic}\n\n| feature | section | shows | {' | '.join(LAYERS)} |")
        lines.append("|---|---|---|--:|--:|--:|")
        for name, feature in named.items():
            section = f"*{feature['section']}*" if "section" in feature else "beyond the course"
            cells = [f"`{topic}.{name}`", section, feature["shows"]]
            for layer in LAYERS:
                file, class_ = place(topic, name, layer)
                number = tests[file, class_]
                # Unlike a line number, a text fragment in the URL survives edits above the class.
                link = f"../{file}#:~:text=class%20{class_}"
                cells.append(f"[{number}]({link})" if number else "")
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def main(*arguments: str) -> str:
    """Write the page, or with `--check` return the problems, one per line."""
    if arguments not in ((), ("--check",)):
        return f"Unknown arguments: {' '.join(arguments)}. The only option is --check."
    features = tomllib.loads((ROOT / "docs" / "features.toml").read_text("utf-8"))
    tests = count(collect())
    text = page(features, tests)
    if arguments != ("--check",):
        PAGE.write_text(text, "utf-8", newline="\n")
        return ""
    found = problems(features, tests)
    if not PAGE.exists() or PAGE.read_text("utf-8") != text:
        found.append("docs/course.md is stale: run `nox -s map` and commit the result.")
    return "\n".join(found)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) or None)
