"""The workflows agree with the noxfile and the documentation. They are read, not run."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PATHS = [*ROOT.glob(".github/workflows/*.yml"), ROOT / "docs" / "points.yml"]
WORKFLOWS = {path.name: path.read_text("utf-8") for path in PATHS}
CI = yaml.safe_load(WORKFLOWS["ci.yml"])
ON = True  # YAML 1.1 reads the key `on` as true

FAILING_TEST = """
import unittest

class TestFails(unittest.TestCase):
    def setUp(self):
        self.number = 1

    def test_fails(self):
        \"\"\"A docstring.\"\"\"
        self.check(self.number)

    def check(self, number):
        self.assertEqual(number, 2)
"""


def documented_commands(page: str, heading: str) -> list[str]:
    """Return the lines of code below a heading that set up or use an environment."""
    text = (ROOT / page).read_text("utf-8").partition(f"{heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^    (python3 -m venv .+|\.venv/bin/.+)$", text, re.MULTILINE)


def script(job: str) -> str:
    """Return everything that a job of the CI workflow runs in a shell."""
    return "\n".join(step.get("run", "") for step in CI["jobs"][job]["steps"])


@pytest.fixture(scope="module")
def menu() -> str:
    """The output of `nox -l`, with a star before each default session."""
    command = [sys.executable, "-m", "nox", "-l"]
    env = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(  # noqa: S603 - no argument is user input
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=True
    ).stdout


def sessions_of_ci() -> set[str]:
    """Return the sessions that the matrix, another step or .ci/run names."""
    matrix = CI["jobs"]["nox"]["strategy"]["matrix"]
    rows = [*matrix["sessions"], *(row["sessions"] for row in matrix["include"])]
    texts = [*WORKFLOWS.values(), (ROOT / ".ci" / "run").read_text("utf-8")]
    rows += re.findall(r"nox.* -s (\w[\w ]*)", "\n".join(texts))
    return {session for row in rows for session in row.partition(" -- ")[0].split()}


class TestSessions:
    def test_every_session_runs_on_ci(self, menu):
        sessions = re.findall(r"^[*-] (\w+) -> ", menu, re.MULTILINE)

        assert set(sessions) == sessions_of_ci()

    def test_default_sessions_run_on_pull_requests(self, menu):
        defaults = re.findall(r"^\* (\w+) -> ", menu, re.MULTILINE)
        matrix = str(CI["jobs"]["nox"]["strategy"]["matrix"])

        assert defaults
        assert set(defaults) <= set(re.findall(r"\w+", matrix))

    def test_session_list_fits_80_columns(self, menu):
        assert [line for line in menu.splitlines() if " -> " in line and len(line) > 80] == []


class TestWorkflow:
    def test_gate_needs_every_other_job_and_always_runs(self):
        jobs = dict(CI["jobs"])
        gate = jobs.pop("gate")

        assert sorted(gate["needs"]) == sorted(jobs)
        assert gate["if"] == "always()"

    def test_ci_runs_on_every_pull_request(self):
        assert CI[ON]["pull_request"] is None

    def test_learners_push_is_graded_on_every_branch(self):
        kata = yaml.safe_load(WORKFLOWS["kata.yml"])

        assert kata[ON] == {"push": {"branches": ["**"], "paths": ["kata/**"]}}

    def test_book_is_built_for_pull_requests_and_published_from_main_only(self):
        book = yaml.safe_load(WORKFLOWS["book.yml"])
        build, publish = book["jobs"]["build"], book["jobs"]["publish"]

        assert book[ON] == {"pull_request": None, "push": {"branches": ["main"]}}
        assert "if" not in build
        assert publish["needs"] == "build"
        assert publish["if"].startswith("github.event_name == 'push' && ")
        # A pull request can change what the build runs, so the build must not be able to publish.
        assert build["permissions"] == {"contents": "read"}
        assert publish["permissions"] == {"pages": "write", "id-token": "write"}

    def test_class_is_graded_only_when_a_teacher_starts_the_workflow(self):
        assert list(yaml.safe_load(WORKFLOWS["class.yml"])[ON]) == ["workflow_dispatch"]

    def test_students_workflow_grades_with_the_teachers_checkout(self):
        steps = yaml.safe_load(WORKFLOWS["points.yml"])["jobs"]["run-autograding-tests"]["steps"]
        [student, teacher, _, grade] = steps

        assert "repository" not in student["with"]
        assert teacher["with"]["repository"] == "TEACHER/flask-testing-kata"
        assert grade["working-directory"] == teacher["with"]["path"]

    def test_artifacts_contain_no_hidden_files(self):
        # upload-artifact leaves out hidden files, such as .coverage, and does not fail.
        jobs = [job for text in WORKFLOWS.values() for job in yaml.safe_load(text)["jobs"].values()]
        steps = [step for job in jobs for step in job["steps"]]
        uploads = [step["with"] for step in steps if "/upload-artifact@" in step.get("uses", "")]
        paths = [path for upload in uploads for path in upload["path"].split()]

        assert paths
        assert [path for path in paths if re.search(r"(^|/)\.", path)] == []

    def test_newest_versions_do_not_block_pull_requests(self):
        newest = yaml.safe_load(WORKFLOWS["newest.yml"])

        assert set(newest[ON]) == {"schedule", "workflow_dispatch"}

    def test_actions_are_pinned_by_full_hash_with_the_version_as_a_comment(self):
        actions = re.findall(r"uses: (.+)", "\n".join(WORKFLOWS.values()))

        assert actions
        for action in actions:
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[0-9.]+", action)


class TestDocumentation:
    @pytest.mark.parametrize(
        ("job", "page", "heading"),
        [
            ("newcomer", "README.md", "## Quick start"),
            ("without-nox", "docs/deploy.md", "## Run the application without nox"),
        ],
    )
    def test_documented_commands_run_on_ci(self, job, page, heading):
        # The servers run in the background, so that the job can send a request.
        lines = [line.strip().removesuffix(" &") for line in script(job).splitlines()]
        commands = documented_commands(page, heading)

        assert commands
        assert [command for command in commands if command not in lines] == []

    @pytest.mark.parametrize(
        "page", ["README.md", "README.es.md", "CONTRIBUTING.md", "kata/README.md", "docs/README.md"]
    )
    def test_local_links_of_the_page_lead_to_a_file(self, page):
        text = re.sub(r"`.+?`|^    .+", "", (ROOT / page).read_text("utf-8"), flags=re.MULTILINE)
        links = re.findall(r"""(?:\]\(|src=")([^)"#:]+)[)"]""", text)

        assert links
        assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []

    def test_readme_shows_a_test_of_the_project(self):
        readme = (ROOT / "README.md").read_text("utf-8")
        tests = (ROOT / "tests" / "integration" / "test_cookies.py").read_text("utf-8")
        [shown] = re.findall(r"^```python\n(.+?)^```", readme, re.MULTILINE | re.DOTALL)

        assert indent(shown, "    ") in tests

    def test_dev_container_installs_the_documented_environment(self):
        container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
        create, *_, install = documented_commands("CONTRIBUTING.md", "# Contributing")

        assert container["postCreateCommand"] == f"{create} && {install}"


class TestProblemMatcher:
    def test_failed_unit_test_is_annotated_with_file_line_and_name(self, tmp_path):
        matchers = json.loads((ROOT / ".github" / "unittest.json").read_text("utf-8"))
        [pattern] = matchers["problemMatcher"][0]["pattern"]
        file = tmp_path / "tests" / "unit" / "test_example.py"
        file.parent.mkdir(parents=True)
        file.write_text(FAILING_TEST)

        run = subprocess.run(  # noqa: S603 - no argument is user input
            [sys.executable, "-m", "unittest", "discover", "-s", file.parent],
            capture_output=True,
            text=True,
            check=False,
        )

        matches = [re.search(pattern["regexp"], line) for line in run.stderr.splitlines()]
        found = [
            tuple(match[pattern[part]] for part in ("file", "line", "message"))
            for match in matches
            if match
        ]
        assert found == [(str(file), "10", "test_fails")]
