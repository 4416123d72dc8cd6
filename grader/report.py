"""Write grades as lines or as JSON, and a bug as a diff."""

import difflib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.catalogue import Bug, Edit, Variant
from grader.grading import EditResult, Grade

JSON_VERSION = 2
RED, GREEN = 31, 32


def paint(text: str, *, good: bool, colours: bool) -> str:
    """Return the text in green if it is good news, else in red; unchanged without colours."""
    return f"\033[{GREEN if good else RED}m{text}\033[0m" if colours else text


def details(grade: Grade, *, colours: bool = False) -> Iterator[str]:
    """Yield the lines for each variant and each bug of a topic, and its score."""
    edits = [*grade.variants, *grade.bugs]
    if edits:
        count = "1 test passes" if grade.tests == 1 else f"{grade.tests} tests pass"
        yield f"{count} on the healthy application, in order and in reverse."
    width = max((len(result.edit.name) for result in edits), default=0)
    for result in edits:
        word, is_good = outcome_of(result)
        painted = paint(f"{word:<8}", good=is_good, colours=colours)
        yield f"{painted}  {result.edit.name:<{width}}  {reason(result)}".rstrip()
        if isinstance(result.edit, Bug) and not result:
            yield f"{'':<8}  {' '.join(result.edit.story.split())}"
    yield score(grade, colours=colours)
    if grade.caught < len(grade.bugs):
        yield "Show a hint: nox -s kata -- --hint NAME"


def outcome_of(result: EditResult) -> tuple[str, bool]:
    """Return the word for what the tests did with an edit, and True if that is right."""
    if isinstance(result.edit, Bug):
        return ("caught", True) if result else ("MISSED", False)
    return ("REJECTED", False) if result else ("accepted", True)


def reason(result: EditResult) -> str:
    """Return the test that noticed an edit, and for a variant its reason."""
    if not result:
        return ""
    if not result.failed:
        return f"because {result.note}"
    first, *others = result.failed
    by = f"by {short(first)}" + (f" and {len(others)} more" if others else "")
    return by if isinstance(result.edit, Bug) else f"{by}: {result.failed[first]}"


def short(test: str) -> str:
    """Return the id of a test without its file."""
    return test.partition("::")[2] or test


def score(grade: Grade, width: int = 0, *, colours: bool = False) -> str:
    """Return the score of a topic in a line."""
    text = f"{grade.caught}/{len(grade.bugs)} bugs caught, "
    text += f"{grade.accepted}/{len(grade.variants)} variants accepted"
    if grade.verdict:
        text = f"not graded. {grade.reason}"
    return f"{grade.topic:<{width}} {paint(text, good=not grade.status, colours=colours)}"


def scoreboard(grades: Sequence[Grade], *, colours: bool = False) -> Iterator[str]:
    """Yield the score of each topic."""
    width = max(len(grade.topic) for grade in grades)
    for grade in grades:
        yield score(grade, width, colours=colours)


def as_json(grades: Sequence[Grade]) -> str:
    """Return the grades in the format that kata/README.md documents."""

    def entry(result: EditResult) -> dict[str, object]:
        key, value = (
            ("caught", bool(result)) if isinstance(result.edit, Bug) else ("accepted", not result)
        )
        return {"name": result.edit.name, "tests": result.failed, "note": result.note, key: value}

    topics = [
        {
            "topic": grade.topic,
            "verdict": grade.verdict or "graded",
            "reason": grade.reason,
            "tests": grade.tests,
            "bugs": [entry(result) for result in grade.bugs],
            "variants": [entry(result) for result in grade.variants],
        }
        for grade in grades
    ]
    return json.dumps({"version": JSON_VERSION, "topics": topics}, indent=2) + "\n"


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
