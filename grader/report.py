"""Write grades as lines or as JSON, and a bug as a diff."""

import difflib
import json
import os
import shlex
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.catalogue import Bug, Edit, Variant
from grader.grading import EditResult, Grade
from grader.project import SUBMITTED

JSON_VERSION = 2
PLAIN, RED, GREEN = 0, 31, 32
WIDTH = 80  # columns of a terminal
INDENT = " " * 10  # below the name of an edit
MOST_FAILED = 10  # tests that a report lists
WHERE_RED = {
    "red": "on the healthy application",
    "order": "in reverse order (order-dependent)",
}  # by verdict
PYTEST = ".nox/kata/bin/pytest"


def progress(*texts: str) -> None:
    """Show the progress in one line, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{''.join(texts)[:WIDTH]}", end="", file=sys.stderr, flush=True)


def paint(text: str, colour: int) -> str:
    """Return the text in a colour, on a terminal."""
    if colour and sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        return f"\033[{colour}m{text}\033[0m"
    return text


def details(grade: Grade) -> Iterator[str]:
    """Yield the lines for each variant and each bug of a topic, and its score."""
    if grade.is_stored:
        yield "Nothing has changed since the last run."
    if grade.results:
        count = "1 test passes" if len(grade.tests) == 1 else f"{len(grade.tests)} tests pass"
        yield f"{count} on the healthy application, in order and in reverse."
    for result in grade.results:
        word, colour = outcome_of(result)
        line, below = f"{word:<8}  {result.edit.name}", reason(result)
        if result.is_noticed and len(f"{line}  {below}") <= WIDTH:
            line, below = f"{line}  {below}", ""
        yield line.replace(word, paint(word, colour), 1)
        yield from wrap(below, first_indent=INDENT)
        if result.is_noticed and isinstance(result.edit, Variant):
            yield from wrap(" ".join(result.edit.why.split()), first_indent=INDENT)
    yield from failed_tests(grade)
    if grade.verdict in WHERE_RED:
        number = len(grade.failed)
        fail = "1 test fails" if number == 1 else f"{number} tests fail"
        yield paint(f"{grade.topic} not graded: {fail} {WHERE_RED[grade.verdict]}.", RED)
    else:
        yield from score(grade, grade.topic)


def failed_tests(grade: Grade) -> Iterator[str]:
    """Yield the tests that fail on the healthy application, and the command that reruns them."""
    tests = [*grade.failed][:MOST_FAILED]
    for test in tests:
        yield f"{paint('FAILED', RED)}    {name_of(test)}"
        yield from wrap(grade.failed[test], first_indent=INDENT)
    if more := len(grade.failed) - len(tests):
        yield f"{INDENT}and {more} more"
    if tests and not tests[0].startswith(SUBMITTED):
        yield f"Run {'it' if len(tests) == 1 else 'them'} with pytest:"
        yield " \\\n    ".join([PYTEST, *map(shlex.quote, tests)])


def wrap(text: str, first_indent: str = "", indent: str = INDENT) -> list[str]:
    """Return the lines of a text for a terminal of 80 columns; a longer word is not broken."""
    wrapper = textwrap.TextWrapper(WIDTH, first_indent, indent)
    wrapper.break_long_words = wrapper.break_on_hyphens = False  # the id of a test stays whole
    return wrapper.wrap(text)


def outcome_of(result: EditResult) -> tuple[str, int]:
    """Return the word for what the tests did with an edit, and its colour."""
    if isinstance(result.edit, Bug):
        return ("caught", GREEN) if result.is_noticed else ("MISSED", RED)
    return ("REJECTED", RED) if result.is_noticed else ("accepted", GREEN)


def reason(result: EditResult) -> str:
    """Return the test that noticed an edit, or the story of a bug that no test noticed."""
    if not result.is_noticed:
        return " ".join(result.edit.story.split()) if isinstance(result.edit, Bug) else ""
    if not result.failed:
        return f"because {result.note}"
    first, *others = result.failed
    by = f"by {name_of(first)}" + (f" and {len(others)} more" if others else "")
    return by if isinstance(result.edit, Bug) else f"{by}: {result.failed[first]}"


def name_of(test: str) -> str:
    """Return the name of a test, without its file and its class."""
    name, bracket, parameters = test.partition("[")
    return name.rpartition("::")[2] + bracket + parameters


def score(grade: Grade, label: str) -> Iterator[str]:
    """Yield the score of a topic behind a label, or in several lines the reason for no grade."""
    text = f"not graded. {grade.reason}" if grade.verdict else total([grade])
    for line in wrap(f"{label} {text}"):
        yield paint(line, (GREEN, PLAIN, RED)[grade.status])


def scoreboard(grades: Sequence[Grade], difficulties: Mapping[str, str]) -> Iterator[str]:
    """Yield the score of each topic, with its difficulty, and the total."""
    width = max(map(len, difficulties))
    for grade in grades:
        label = f"{grade.topic:<{width}}  {difficulties[grade.topic]:<6}"
        yield from score(grade, label)
    yield f"{'total':<{width}}  {'':<6} {total(grades)}"


def total(grades: Sequence[Grade]) -> str:
    """Return a bar of ten characters for the points, and the bugs caught and variants accepted."""
    bugs, caught = sum(len(grade.bugs) for grade in grades), sum(grade.caught for grade in grades)
    variants = sum(len(grade.variants) for grade in grades)
    rejected = sum(grade.rejected for grade in grades)
    points = sum(grade.points for grade in grades)
    bar = "#" * (10 * points // bugs if bugs else 0)
    parts = [f"{caught}/{bugs} bugs caught"] if bugs else []
    parts += [f"{variants - rejected}/{variants} variants accepted"] if variants else []
    return f"{bar:.<10} {', '.join(parts)}" + (f": {points} points" if rejected and bugs else "")


def submission_line(name: str, grade: Grade) -> str:
    """Return the grade of a submission in one line."""
    text = f"{grade.caught} bugs caught, {grade.rejected} variants rejected"
    text = f"{grade.points}/{len(grade.bugs)} points: {text}"
    if grade.verdict:
        text = f"not graded. {grade.reason}"
    text = f"{name:<16} {grade.topic:<10} {text}"
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"


def as_json(grades: Sequence[Grade]) -> str:
    """Return the grades in the format that kata/README.md documents."""
    topics = [*map(as_data, grades)]
    return json.dumps({"version": JSON_VERSION, "topics": topics}, indent=2) + "\n"


def as_data(grade: Grade) -> dict[str, Any]:
    """Return a grade as a part of the JSON."""
    return {
        "topic": grade.topic,
        "verdict": grade.verdict or "graded",
        "reason": grade.reason,
        "tests": len(grade.tests),
        "caught": grade.caught,
        "rejected": grade.rejected,
        "points": grade.points,
        "bugs": [entry(result) | {"caught": result.is_noticed} for result in grade.bugs],
        "variants": [
            entry(result) | {"accepted": not result.is_noticed} for result in grade.variants
        ],
    }


def entry(result: EditResult) -> dict[str, Any]:
    """Return the result of an edit as a part of the JSON."""
    return {"name": result.edit.name, "tests": result.failed, "note": result.note}


def diff(root: Path, edit: Edit) -> str:
    """Return an edit as a unified diff, below a bug's story or why a variant is right."""
    before = (root / edit.file).read_text("utf-8")
    lines = difflib.unified_diff(
        before.splitlines(keepends=True),
        edit.apply(before).splitlines(keepends=True),
        f"a/{edit.file}",
        f"b/{edit.file}",
    )
    text = edit.story if isinstance(edit, Bug) else edit.why if isinstance(edit, Variant) else ""
    return f"{text.strip()}\n\n{''.join(lines)}"
