"""Store the results of the last run of each topic."""

import hashlib
import json
import os
import sys
from collections.abc import Sequence, Set
from pathlib import Path

from grader.catalogue import Edit
from grader.grading import EditResult, Grade
from grader.project import Files


def key_of(files: Files, tests: Sequence[str], edits: Sequence[Edit]) -> str:
    """Return a hash of everything that the results depend on."""
    digest = hashlib.sha256(repr((sys.version, tests, edits)).encode())
    for name in sorted(files):
        digest.update(os.fsencode(f"{name} {len(files[name])} ") + files[name])
    return digest.hexdigest()


def load(folder: Path, topic: str, edits: Sequence[Edit]) -> tuple[str, set[str], Grade]:
    """Return the key of the last run, the bugs missed so far, and the grade of the last run."""
    path = folder / f"{topic}.json"
    if not path.exists():
        return "", set(), Grade(topic)
    last = json.loads(path.read_text("utf-8"))
    results = last.pop("results")
    known = [EditResult(edit, **results[edit.name]) for edit in edits if edit.name in results]
    return last.pop("key"), set(last.pop("missed", ())), Grade(topic, results=known, **last)


def store(folder: Path, key: str, missed: Set[str], grade: Grade) -> None:
    """Store results for the next run. `missed` are the bugs that earlier runs missed."""
    results = {each.edit.name: {"failed": each.failed, "note": each.note} for each in grade.results}
    missed_now = {each.edit.name for each in grade.bugs if not each.is_noticed}
    missed = missed - results.keys() | missed_now
    last = {"verdict": grade.verdict, "reason": grade.reason, "tests": grade.tests}
    path = folder / f"{grade.topic}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"key": key, "missed": sorted(missed), **last, "results": results}, indent=2)
    unfinished = path.with_suffix(".part")  # an interrupted run must not leave half a file
    unfinished.write_text(f"{text}\n", "utf-8")
    unfinished.replace(path)
