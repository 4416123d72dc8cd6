"""What grades look like: as lines, as JSON, and a bug as a diff."""

import difflib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.catalogue import Bug, Edit, Variant
from grader.grading import Grade, Seen

JSON_VERSION = 1
RED, GREEN = 31, 32


def paint(text: str, colour: int, *, colours: bool) -> str:
    """Give the text in a colour of the terminal, if colours are wanted."""
    return f"\033[{colour}m{text}\033[0m" if colours else text


def details(grade: Grade, *, colours: bool = False) -> Iterator[str]:
    """Give a line for each variant and each bug of a topic, and its score."""
    all_seen = [*grade.variants, *grade.bugs]
    if all_seen:
        tests = plural(grade.tests, "test")
        yield f"{tests} passed on the application as it is, forwards and backwards."
    width = max((len(seen.edit.name) for seen in all_seen), default=0)
    for seen in all_seen:
        is_good, word, why = words(seen)
        verdict = paint(f"{word:<8}", GREEN if is_good else RED, colours=colours)
        yield f"{verdict}  {seen.edit.name:<{width}}  {why}".rstrip()
    yield score(grade, colours=colours)


def words(seen: Seen) -> tuple[bool, str, str]:
    """Give whether the tests did well with an edit, the word for it, and what there is to say."""
    tests = [short(test) for test in seen.failed]
    more = f" and {len(tests) - 1} more" if tests[1:] else ""
    by = f"by {tests[0]}{more}" if tests else f"because {seen.note}"
    if isinstance(seen.edit, Bug):
        if seen:
            return True, "caught", by
        return False, "MISSED", f"{seen.edit.feature}; nox -s kata -- --hint {seen.edit.name}"
    if seen:
        return False, "REFUSED", f"{by}: {[*seen.failed.values(), ''][0]}".rstrip(": ")
    return True, "accepted", ""


def short(test: str) -> str:
    """Give a test's node id without its file."""
    return test.partition("::")[2] or test


def score(grade: Grade, width: int = 0, *, colours: bool = False) -> str:
    """Give the score of a topic in a line."""
    if grade.verdict:
        said = f"not graded. {grade.reason}"
    else:
        said = f"{grade.caught}/{len(grade.bugs)} bugs caught, "
        said += f"{grade.accepted}/{len(grade.variants)} variants accepted"
    return f"{grade.topic:<{width}} {paint(said, RED if grade.status else GREEN, colours=colours)}"


def scoreboard(grades: Sequence[Grade], *, colours: bool = False) -> Iterator[str]:
    """Give a line for each topic."""
    width = max(len(grade.topic) for grade in grades)
    for grade in grades:
        yield score(grade, width, colours=colours)


def plural(number: int, noun: str) -> str:
    """Give the number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def as_json(grades: Sequence[Grade]) -> str:
    """Give the grades in the form that kata/README.md documents."""

    def edit(seen: Seen) -> dict[str, object]:
        return {"name": seen.edit.name, "tests": seen.failed, "note": seen.note}

    topics = [
        {
            "topic": grade.topic,
            "verdict": grade.verdict or "graded",
            "reason": grade.reason,
            "tests": grade.tests,
            "bugs": [{**edit(seen), "caught": bool(seen)} for seen in grade.bugs],
            "variants": [{**edit(seen), "accepted": not seen} for seen in grade.variants],
        }
        for grade in grades
    ]
    return json.dumps({"version": JSON_VERSION, "topics": topics}, indent=2) + "\n"


def diff(root: Path, edit: Edit) -> str:
    """Give what the edit does as a unified diff, after the story that goes with it."""
    before = (root / edit.file).read_text("utf-8")
    lines = difflib.unified_diff(
        before.splitlines(keepends=True),
        edit.apply(before).splitlines(keepends=True),
        f"a/{edit.file}",
        f"b/{edit.file}",
    )
    story = edit.why if isinstance(edit, Variant) else getattr(edit, "story", "")
    return f"{story.strip()}\n\n{''.join(lines)}"
