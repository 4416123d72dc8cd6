"""Yield what to do after a grade: the missed bugs, the tests to compare, the next topic."""

import shlex
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

from grader.catalogue import LAYERS, Bug, Catalogue
from grader.grading import EditResult, Grade
from grader.report import INDENT, name_of, wrap

COMMAND = "nox -s kata --"


def command_for(topic: str, tests: Sequence[Path]) -> str:
    """Return the command that grades a topic, with the paths of `--tests`."""
    return " ".join([COMMAND, topic, *(f"--tests {shlex.quote(str(path))}" for path in tests)])


def after_topic(
    grade: Grade, catalogue: Catalogue, root: Path, command: str, *, is_part: bool
) -> Iterator[str]:
    """Yield what to do after the grade of a topic, or of a part of it, by this command."""
    if grade.verdict:
        return
    if is_part:
        yield f"Grade the whole topic: {command}"
    if grade.caught < len(grade.bugs):
        yield f"Grade the missed bugs again: {command} --missed"
        yield f"Show a hint: {COMMAND} --hint NAME"
    if grade.rejected:
        yield f"Show a variant: {COMMAND} --show NAME"
    if not grade.status and not is_part:
        yield from after_full_marks(grade, catalogue, root)


def after_full_marks(grade: Grade, catalogue: Catalogue, root: Path) -> Iterator[str]:
    """Yield what could be better in tests with full marks, and the next topic."""
    useful = {test for result in grade.bugs for test in result.failed}
    if useless := [name_of(test) for test in grade.tests if test not in useful]:
        yield from wrap(f"Tests that caught no bug: {', '.join(useless)}")
    lowest = {result.edit: lowest_layer(result, grade) for result in grade.bugs}
    for cheaper, layer in combinations(LAYERS, 2):
        bugs = [bug for bug in lowest if isinstance(bug, Bug) and bug.layer == cheaper]
        if names := [bug.name for bug in bugs if lowest[bug] == layer]:
            yield from wrap(f"Caught by {layer} tests, but {cheaper} tests are enough:")
            yield from wrap(", ".join(names), first_indent=INDENT)
    pages = {path: path for path in (f"tests/{layer}/test_{grade.topic}.py" for layer in LAYERS)}
    built = f"docs/_build/html/topics/{grade.topic}.html (nox -s book builds it)"
    pages[f"docs/topics/{grade.topic}.md"] = built
    if existing := [page for source, page in pages.items() if (root / source).exists()]:
        yield "Compare your tests with the project's:"
        yield from (f"{INDENT}{page}" for page in existing)
    topics = [*catalogue.topics]
    yield from next_topic(topics[topics.index(grade.topic) + 1 :], catalogue)


def lowest_layer(result: EditResult, grade: Grade) -> str:
    """Return the lowest layer of the tests that caught a bug."""
    return min((grade.tests[test] for test in result.failed), key=LAYERS.index, default=LAYERS[0])


def next_topic(topics: Sequence[str], catalogue: Catalogue) -> Iterator[str]:
    """Yield the command that grades the first of the topics, if there is one."""
    for topic in topics[:1]:
        yield f"Next: {COMMAND} {topic} ({catalogue.topics[topic]})"
