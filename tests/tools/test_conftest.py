"""The guards and plugins that conftest.py loads, in a pytest run of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from coverage import CoverageData

ROOT = Path(__file__).parents[2]

# The tests of that run, in this order.
TESTS = """
from threading import Thread

from flask import Flask, has_app_context, has_request_context

app = Flask("app")


def serve():
    return "served"


def test_has_a_server():
    server = Thread(target=serve)
    server.start()
    server.join()
    assert not server.is_alive()


def test_leaks_two_applications():
    app.app_context().push()
    app.app_context().push()


def test_leaks_a_request():
    app.app_context().push()
    app.test_request_context().push()


def test_changes_the_shared_application(app):
    app.config["PAGE_SIZE"] = 1
    app.jinja_env.filters["shout"] = str.upper


def test_restores_the_shared_application(monkeypatch, app):
    monkeypatch.setitem(app.config, "PAGE_SIZE", 2)


def test_changes_an_application_of_its_own(new_app):
    new_app(PAGE_SIZE=1).config["PAGE_SIZE"] = 2


def test_leaks_nothing():
    assert not has_app_context()
    assert not has_request_context()
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("project")


@pytest.fixture(scope="module")
def output(project: Path) -> str:
    """The output of a pytest run, with its coverage measured."""
    (project / "test_project.py").write_text(TESTS)
    measured = ["-m", "coverage", "run", f"--data-file={project}/.coverage", f"--source={project}"]
    plugins = ["-p", "conftest", "-p", "no:cacheprovider", "-p", "no:randomly"]
    options = ["-c", "pyproject.toml", f"--rootdir={project}", f"--basetemp={project}/temporary"]
    result = subprocess.run(  # noqa: S603 - no argument is user input
        [sys.executable, *measured, "-m", "pytest", *plugins, *options, str(project)],
        cwd=ROOT,
        env={**os.environ, "GITHUB_ACTIONS": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout


class TestContexts:
    def test_leaked_context_fails_its_own_test_and_no_later_one(self, output):
        assert "ERROR at teardown of test_leaks_two_applications" in output
        assert "ERROR at teardown of test_leaks_a_request" in output
        assert "This test left an application context pushed." in output
        assert "7 passed, 3 errors" in output


class TestSharedApplication:
    def test_change_of_the_shared_application_fails_its_own_test(self, output):
        assert "ERROR at teardown of test_changes_the_shared_application" in output
        assert "This test changed the shared application: config, template filters." in output


class TestAnnotations:
    def test_failed_test_is_annotated_at_its_file_and_line(self, output):
        line = TESTS.splitlines().index("def test_leaks_a_request():") + 1
        place = f"::error file=test_project.py,line={line},title=test_leaks_a_request::"

        annotations = [line for line in output.splitlines() if line.startswith("::error")]

        assert len(annotations) == 3
        assert annotations[1].startswith(place)
        assert "This test left an application context pushed." in annotations[1]


class TestCoverage:
    @pytest.mark.usefixtures("output")
    def test_line_run_in_a_server_thread_is_named_after_its_test(self, project):
        [measured] = project.glob(".coverage.*")
        data = CoverageData(str(measured))
        data.read()
        served = TESTS.splitlines().index('    return "served"') + 1

        [file] = data.measured_files()

        tests = data.contexts_by_lineno(file)
        assert tests[served] == ["test_project.py::test_has_a_server"]
        data.close()


class TestInterrupt:
    @pytest.fixture(autouse=True)
    def restored(self) -> Iterator[None]:
        """The signal handler of this run, restored after the test."""
        handler = signal.getsignal(signal.SIGTERM)
        yield
        signal.signal(signal.SIGTERM, handler)

    @pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
    def test_sigterm_after_the_first_signal_is_ignored(self, first):
        interruptions = 0
        for number in (first, signal.SIGTERM):
            try:
                signal.raise_signal(number)
            except KeyboardInterrupt:
                interruptions += 1

        assert interruptions == 1


class TestArguments:
    def test_missing_test_file_is_named_with_xdist(self):
        options = ["-p", "no:cacheprovider", "-n", "1"]

        run = subprocess.run(  # noqa: S603 - no argument is user input
            [sys.executable, "-m", "pytest", *options, "tests/integration/test_post.py"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

        assert run.returncode == pytest.ExitCode.USAGE_ERROR
        assert (
            run.stderr == "ERROR: file or directory not found: tests/integration/test_post.py\n\n"
        )

    def test_option_k_that_selects_no_unit_test_is_an_error(self):
        command = ["-m", "unittest", "discover", "-s", "tests/unit", "-t", ".", "-k", "typo"]

        run = subprocess.run(  # noqa: S603 - no argument is user input
            [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False
        )

        assert run.returncode == 1
        assert "LookupError: No unit test has this name." in run.stderr
