"""Store the results of each topic's last run in reports/kata, which git ignores."""

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from grader.catalogue import Edit
from grader.grading import EditResult, Grade
from grader.project import Files

FOLDER = Path("reports", "kata")


def key_of(files: Files, tests: str, edits: Sequence[Edit]) -> str:
    """Return a hash of everything that the results depend on."""
    digest = hashlib.sha256(repr((sys.version, tests, edits)).encode())
    for name in sorted(files):
        digest.update(f"{name} {len(files[name])} ".encode() + files[name])
    return digest.hexdigest()


def load(root: Path, topic: str, edits: Sequence[Edit]) -> tuple[str, Grade]:
    """Return the key and the results of the last run; both are empty if there was none."""
    path = root / FOLDER / f"{topic}.json"
    if not path.exists():
        return "", Grade(topic)
    last = json.loads(path.read_text("utf-8"))
    results = last["results"]
    known = [EditResult(edit, **results[edit.name]) for edit in edits if edit.name in results]
    return last["key"], Grade(topic, last["tests"], results=known)


def store(root: Path, key: str, grade: Grade) -> None:
    """Store results for the next run."""
    results = {each.edit.name: {"failed": each.failed, "note": each.note} for each in grade.results}
    path = root / FOLDER / f"{grade.topic}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"key": key, "tests": grade.tests, "results": results}, indent=2)
    path.write_text(f"{text}\n", "utf-8")
