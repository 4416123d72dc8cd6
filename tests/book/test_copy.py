"""The page "Copy it to your project", followed step by step on the application that it shows."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.support.missing import missing

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "copy"
PAGE = (ROOT / "docs" / "copy.md").read_text("utf-8")

# The parts of a step: the files to copy, those to write, the changes, and the commands to run.
COPY = re.compile(r"archive HEAD (.+?) \| tar -x\n", re.DOTALL)
WRITE = re.compile(r"^```{literalinclude} copy/(\S+)", re.MULTILINE)
CHANGE = re.compile(r"^\| `([^`|]+)` \| (.+) \|$", re.MULTILINE)
RUN = re.compile(r"^\$ \.venv/bin/(python -m|nox)\b *(.*)$", re.MULTILINE)

# How a change begins, and the pattern of the text that it deletes or replaces. The first text in
# backticks is inserted; a second one replaces what the pattern finds.
CHANGES = {
    "replace": "{}",
    "delete": "{}",
    "delete from": r"(?s:{}.*)",
    "delete the job": r"(?m:^  {}:\n(?:    .*\n|\n)+)",
}


def step(number: int) -> str:
    """Return the text of a step."""
    [_, *steps] = re.split(r"^## Step \d: ", PAGE, flags=re.MULTILINE)
    return steps[number - 1]


def follow(number: int, project: Path) -> None:
    """Copy, write and change the files of a step, and nothing else."""
    text = step(number)
    for name in shlex.split(COPY.search(text)[1].replace("\\\n", "")):
        copy(ROOT / name, project / name)
    for name in WRITE.findall(text):
        copy(EXAMPLE / name, project / name)
    for name, change in CHANGE.findall(text):
        file = project / name
        file.write_text(changed(file.read_text("utf-8"), change), "utf-8")


def copy(source: Path, target: Path) -> None:
    """Copy a file or a folder, without byte code."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def changed(text: str, change: str) -> str:
    """Return the text with a change of the page. Raises `ValueError` unless it fits once."""
    verb, old, *rest = re.split(r" ?`(.+?)`", change)
    if verb == "of the rows":
        rows = re.compile(r" *- { sessions: (.+?), os: .*\n")
        return rows.sub(lambda row: row[0] if row[1] in rest else "", text)
    new = rest[1] if verb == "replace" else ""
    text, times = re.subn(CHANGES[verb].format(re.escape(old)), lambda _: new, text)
    if times != 1:
        raise ValueError(f"This change fits {times} times: {change}")
    return text


def run(project: Path, *command: str) -> str:
    """Run Python in the project, and return what it prints. The command must succeed."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(  # noqa: S603 - the commands of the page
        [sys.executable, *command],
        cwd=project,
        env={**own, "PATH": path, "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder of a bare Flask application, which has no tests."""
    shutil.copytree(EXAMPLE / "hello", tmp_path / "hello")
    return tmp_path


class TestLayers:
    @pytest.mark.parametrize(
        ("number", "passed"),
        [
            pytest.param(1, r"Ran 2 tests in .*\n\nOK\n", id="unit"),
            pytest.param(2, "4 passed", id="integration"),
            pytest.param(3, "2 passed", id="system"),
        ],
    )
    def test_tests_pass_after_their_step(self, project, number, passed):
        for earlier in range(1, number + 1):
            follow(earlier, project)
        [(_, command)] = RUN.findall(step(number))

        output = run(project, "-W", "error", "-m", *shlex.split(command))

        if "There is no browser" in output:
            missing("There is no browser for the copied tests.")
        assert re.search(passed, output), output


def project_table(folder: Path) -> dict[str, object]:
    """Return what the project's pyproject.toml says about the project itself."""
    settings = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    return dict(settings["project"])


class TestPyproject:
    def test_copied_pyproject_does_not_describe_the_blog(self, project):
        for number in (1, 2):
            follow(number, project)

        blog, copied = project_table(ROOT), project_table(project)

        # Readers list their own dependencies: the page says so in words, not as an edit.
        same = [key for key in copied if copied[key] == blog[key]]
        assert same == ["version", "requires-python", "dependencies"]


@pytest.fixture
def finished(project: Path) -> Path:
    """The folder of the application after the last step."""
    for number in range(1, 6):
        follow(number, project)
    return project


def sessions(project: Path) -> dict[str, bool]:
    """Return the sessions of the noxfile, and whether a bare `nox` runs them."""
    listed = re.findall(r"^([*-]) (\w+) -> ", run(project, "-m", "nox", "-l"), re.MULTILINE)
    return {name: mark == "*" for mark, name in listed}


class TestNoxfile:
    def test_sessions_are_those_on_the_page(self, finished):
        [kept] = re.findall(r"The remaining sessions are (.+?)\. ", step(4), re.DOTALL)

        assert [*sessions(finished)] == re.findall(r"`(\w+)`", kept)

    def test_default_sessions_pass(self, finished):
        output = run(finished, "-m", "nox", "--no-venv", "--no-install")

        if "There is no browser" in output:
            missing("There is no browser for the copied tests.")
        assert re.findall(r"\* (\w+): (\w+)", output) == [
            ("unit", "success"),
            ("integration", "success"),
            ("system", "success"),
            ("coverage", "success"),
        ], output
        assert re.search(r"^TOTAL .* 100%$", output, re.MULTILINE), output


class TestWorkflow:
    def test_workflow_runs_only_sessions_of_the_noxfile(self, finished):
        jobs = yaml.safe_load((finished / ".github/workflows/ci.yml").read_text("utf-8"))["jobs"]
        matrix = jobs["nox"]["strategy"]["matrix"]
        rows = [*matrix["sessions"], *(row["sessions"] for row in matrix["include"])]

        names = {name for row in rows for name in row.split()}

        defaults = {name for name, is_default in sessions(finished).items() if is_default}
        assert defaults <= names <= {*sessions(finished)}

    def test_gate_needs_every_other_job(self, finished):
        jobs = yaml.safe_load((finished / ".github/workflows/ci.yml").read_text("utf-8"))["jobs"]

        assert {*jobs["gate"]["needs"], "gate"} == {*jobs}

    def test_files_that_the_workflow_reads_are_copied(self, finished):
        text = (finished / ".github/workflows/ci.yml").read_text("utf-8")

        files = re.findall(r"[\w./]+\.(?:json|py|txt)\b", text)

        assert {"constraints.txt", "tools/summary.py"} <= {*files}
        assert [name for name in files if not is_copied(finished, name)] == []


def is_copied(project: Path, name: str) -> bool:
    """Return True if the project has this file, or its own run writes it to reports/."""
    return name.startswith("reports/") or (project / name).exists()
