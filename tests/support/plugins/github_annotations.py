"""Annotate a failed test on GitHub, next to its line in the pull request.

pytest-github-actions-annotate-failures prints to stderr, which nox merges into the middle of a
line of stdout. GitHub reads a workflow command only at the start of a line.
"""

import os
from pathlib import Path

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print GitHub's workflow command `::error` for each failure."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    for report in [*terminalreporter.getreports("failed"), *terminalreporter.getreports("error")]:
        path, line, name = report.location
        text = report.longreprtext.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        title = name.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
        place = f"file={Path(path).as_posix()},line={(line or 0) + 1}"
        terminalreporter.write_line(f"::error {place},title={title}::{text}")
