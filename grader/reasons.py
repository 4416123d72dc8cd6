"""Explain in one line why a test failed or why pytest could not start."""

import difflib
import os
import re
import traceback
from pathlib import Path
from typing import Any

import pytest

from grader.project import SUBMITTED

LONGEST = 200  # characters


def one_line(text: str, project: Path) -> str:
    """Return the first line, shortened, with control characters escaped and paths relative."""
    [first, *_] = text.strip().splitlines() or [""]
    for folder in (project / SUBMITTED, project, project.parent):
        first = first.replace(f"{folder}{os.sep}", "")
    first = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in first)
    return first if len(first) <= LONGEST else f"{first[:LONGEST]}…"


def place(file: str | Path, line: int | None, project: Path) -> str:
    """Return where an error is, in parentheses, with a path relative to the project."""
    path = Path(file)
    inside = path.relative_to(project).as_posix() if path.is_relative_to(project) else path.name
    return f"({inside.removeprefix(f'{SUBMITTED}/')}:{line})"


def is_own(path: Path, project: Path) -> bool:
    """Return True if a file is in the project, but not in the application."""
    return path.is_relative_to(project) and not path.is_relative_to(project / "app")


def of_import(error: BaseException, project: Path) -> str:
    """Return why a file of tests could not be imported, and the line in the learner's own code."""
    error = error.__cause__ or error  # pytest wraps the error in one of its own
    if isinstance(error, SyntaxError):
        return f"SyntaxError: {error.msg} {place(error.filename or '', error.lineno, project)}"
    reason = one_line(f"{type(error).__name__}: {error}", project)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if is_own(Path(frame.filename), project):
            return f"{reason} {place(frame.filename, frame.lineno, project)}"
    return reason


def of_failure(report: pytest.TestReport, project: Path) -> str:
    """Return why a test failed, and the last line outside of the application that ran."""
    text = report.longreprtext
    if "ResourceWarning: unclosed file" in text:
        return "A file is still open. Use `with client.get(...) as response:` or `with open(...)`."
    longrepr: Any = report.longrepr
    if crash := getattr(longrepr, "reprcrash", None):
        message = one_line(crash.message.removeprefix("AssertionError: "), project)
        for entry in reversed(longrepr.reprtraceback.reprentries):
            at = getattr(entry, "reprfileloc", crash)
            if is_own(path := project / at.path, project):
                return f"{message} {place(path, at.lineno, project)}"
        return f"{message} {place(crash.path, crash.lineno, project)}"
    if lookup := re.search(r"fixture '(.*)' not found", text):
        fixtures = re.search(r"available fixtures: (.*)", text)
        similar = difflib.get_close_matches(lookup[1], fixtures[1].split(", ") if fixtures else [])
        question = f". Did you mean {' or '.join(similar)}?" if similar else ""
        file, line, _ = report.location
        return f"{lookup[0]}{question} ({Path(file).as_posix()}:{(line or 0) + 1})"
    return one_line(text, project)
