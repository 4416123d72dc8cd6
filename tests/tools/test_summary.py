"""The job summary: a table of the sessions of a nox run, and one of its slowest tests."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

TESTS = """
import pytest

def test_passes(): pass

@pytest.mark.parametrize("text", ["a|b"])
def test_fails(text):
    assert not text

@pytest.fixture
def broken():
    raise OSError

def test_has_a_broken_fixture(broken): pass

@pytest.mark.skip
def test_is_skipped(): pass
"""


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Return the output of a Python program."""
    done = subprocess.run(  # noqa: S603 - no argument is user input
        [sys.executable, *command], cwd=cwd, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of a nox run with a session of each kind."""
    folder = tmp_path_factory.mktemp("reports")
    entries = [
        {"name": "unit", "result": "success", "duration": 2.4},
        {"name": "integration", "result": "failed", "duration": 14.6},
    ]
    (folder / "nox.json").write_text(json.dumps({"result": 1, "sessions": entries}))
    (folder / "test_example.py").write_text(TESTS)
    run("-m", "pytest", "-p", "no:randomly", "--junit-xml=junit/integration.xml", cwd=folder)
    # A known time in seconds, longer than the others.
    report = folder / "junit" / "integration.xml"
    slow, changes = re.subn(
        r'(name="test_fails[^"]*" time=)"[^"]*"', r'\1"9.21"', report.read_text()
    )
    report.write_text(slow)
    if changes != 1:
        raise ValueError(f"The report of pytest has {changes} times of test_fails.")
    return folder


class TestSummary:
    def test_sessions_are_listed_with_result_time_and_number_of_tests(self, reports):
        lines = run(ROOT / "tools/summary.py", reports).splitlines()

        assert lines[:4] == [
            "| session | result | time | tests | failed | skipped |",
            "|---|---|--:|--:|--:|--:|",
            "| unit | success | 2 s |  |  |  |",
            "| integration | failed | 15 s | 4 | 2 | 1 |",
        ]

    def test_slowest_test_is_listed_first(self, reports):
        lines = run(ROOT / "tools/summary.py", reports).splitlines()

        assert lines[4:7] == ["", "| slowest tests | time |", "|---|--:|"]
        assert lines[7] == r"| `test_example.test_fails[a\|b]` | 9.2 s |"
        assert len(lines) == 11

    def test_sessions_without_pytest_have_no_table_of_tests(self, reports, tmp_path):
        (tmp_path / "nox.json").write_bytes((reports / "nox.json").read_bytes())

        output = run(ROOT / "tools/summary.py", tmp_path)

        assert "| integration | failed | 15 s |  |  |  |" in output
        assert "slowest" not in output
