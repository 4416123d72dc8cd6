"""What the fixtures of every test see to."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Tests for a run of their own, in this order.
LEAKS = """
from flask import Flask, has_app_context, has_request_context

app = Flask("app")


def test_leaks_two_applications():
    app.app_context().push()
    app.app_context().push()


def test_leaks_a_request():
    app.app_context().push()
    app.test_request_context().push()


def test_leaks_nothing():
    assert not has_app_context()
    assert not has_request_context()
"""


class TestContexts:
    def test_a_context_that_is_left_pushed_fails_its_own_test_and_none_after_it(self, tmp_path):
        (tmp_path / "test_leaks.py").write_text(LEAKS)
        plugins = ["-p", "conftest", "-p", "no:cacheprovider", "-p", "no:randomly"]
        project = ["-c", "pyproject.toml", "--rootdir", str(tmp_path), str(tmp_path)]

        run = subprocess.run(  # noqa: S603 - nothing in it comes from outside
            [sys.executable, "-m", "pytest", *plugins, *project],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

        assert "ERROR at teardown of test_leaks_two_applications" in run.stdout
        assert "ERROR at teardown of test_leaks_a_request" in run.stdout
        assert "3 passed, 2 errors" in run.stdout
        assert "This test left an application context pushed." in run.stdout


class TestArguments:
    def test_a_file_that_is_not_there_is_named_though_workers_look_for_it(self):
        options = ["-p", "no:cacheprovider", "-n", "1"]

        run = subprocess.run(  # noqa: S603 - nothing in it comes from outside
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
