"""The `flask` command line: each command runs as a process of its own, in the checkout."""

import subprocess
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from signal import SIGINT

import pytest

from tests.support.blog import fill
from tests.support.html import texts
from tests.system.processes import ROOT, TIMEOUT, Process, environment
from tests.system.servers import Visitor

Completed = subprocess.CompletedProcess[str]

# What a user types into `flask shell`.
TYPED = [
    "print(app)",
    "print(x)",
    "print(y)",
    "db.session.get(User, 1)",
    "Contact, Blogpost, Tag",
    "from flask import current_app",
    "current_app == app",
]


def run_flask(
    folder: Path, *arguments: str, typed: str = "", cwd: Path = ROOT, **variables: str
) -> Completed:
    """Run `flask` with its data in `folder`, and return its exit status and output."""
    return subprocess.run(  # noqa: S603 - our own arguments
        ["flask", *arguments],  # noqa: S607 - the command of this environment
        cwd=cwd,
        env=environment(folder, **variables),
        input=typed,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


@pytest.fixture
def flask(tmp_path: Path) -> Callable[..., Completed]:
    """A function that runs `flask` with a data folder of the test's own."""
    return partial(run_flask, tmp_path)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Completed:
    """A session of `flask shell` on the course's data, in which `TYPED` is typed."""
    folder = tmp_path_factory.mktemp("shell")
    settings = {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/blog.sqlite"}
    fill(settings)
    return run_flask(folder, "shell", typed="".join(f"{line}\n" for line in TYPED))


@pytest.fixture(scope="module")
def printed(shell: Completed) -> Mapping[str, str]:
    """The output of `flask shell` for each line of `TYPED`."""
    _, *answers = shell.stdout.split(">>> ")
    return dict(zip(TYPED, map(str.strip, answers), strict=False))


class TestLoad:
    def test_application_is_found_without_flask_app(self, flask):
        run = flask("mycommand", "John")

        assert (run.returncode, run.stdout) == (0, "John\n"), run.stderr

    def test_application_is_created_by_the_app_package_without_wsgi_py(self, flask, tmp_path):
        (tmp_path / "app").symlink_to(ROOT / "app")

        run = flask("mycommand", "John", cwd=tmp_path)

        assert (run.returncode, run.stdout) == (0, "John\n"), run.stderr

    def test_flask_app_names_the_application(self, flask, tmp_path):
        run = flask("mycommand", "John", FLASK_APP=f"{ROOT}/wsgi.py", cwd=tmp_path)

        assert (run.returncode, run.stdout) == (0, "John\n"), run.stderr

    def test_environment_variables_configure_the_application(self, flask, tmp_path):
        run = flask("init-db", DATABASE_URL=f"sqlite:///{tmp_path}/elsewhere.sqlite")

        assert run.returncode == 0, run.stderr
        assert (tmp_path / "elsewhere.sqlite").exists()

    def test_missing_application_is_an_error_that_says_what_to_do(self, flask, tmp_path):
        run = flask("routes", cwd=tmp_path)

        assert run.returncode == 2
        assert "Use the 'flask --app' option, 'FLASK_APP' environment variable" in run.stderr


class TestRoutes:
    def test_routes_are_listed_with_endpoint_and_methods(self, flask):
        run = flask("routes")

        assert run.returncode == 0, run.stderr
        rows = [line.split() for line in run.stdout.splitlines()]
        assert ["pages.home", "GET", "/"] in rows
        assert ["cookies.preferences", "GET,", "POST", "/preferences"] in rows


class TestRun:
    def test_home_page_is_served_until_ctrl_c(self, tmp_path):
        with Process(["flask", "run", "--port", "0"], environment(tmp_path)) as process:
            [url] = process.wait_for(r"Running on (\S+)")

            with Visitor(url) as visitor:
                assert texts(visitor.get("/"), "h1") == ["Hello World!!!"]

            assert process.stop(SIGINT) == 0
            assert "Traceback" not in process.log


class TestShell:
    def test_banner_shows_the_application(self, shell):
        assert shell.returncode == 0, shell.stderr
        assert shell.stderr.startswith("Python ")
        assert "\nApp: app\nInstance: " in shell.stderr

    def test_app_is_the_application(self, printed):
        assert printed["print(app)"] == "<Flask 'app'>"

    def test_shell_runs_in_an_application_context(self, printed):
        assert printed["current_app == app"] == "True"

    def test_shell_opens_without_a_database(self, flask):
        run = flask("shell", typed="print(x)\n")

        assert (run.returncode, run.stdout) == (0, ">>> 25\n>>> "), run.stderr


class TestShellContext:
    def test_x_is_25_and_y_is_65(self, printed):
        assert printed["print(x)"] == "25"
        assert printed["print(y)"] == "65"

    def test_database_and_models_need_no_import(self, printed):
        assert printed["db.session.get(User, 1)"] == "<User 'John Williams'>"
        assert printed["Contact, Blogpost, Tag"] == (
            "(<class 'app.models.Contact'>, <class 'app.models.Blogpost'>, "
            "<class 'app.models.Tag'>)"
        )


class TestCommand:
    def test_mycommand_prints_the_name_and_nothing_else(self, flask):
        run = flask("mycommand", "John")

        assert (run.returncode, run.stdout, run.stderr) == (0, "John\n", "")

    def test_missing_name_is_a_usage_error(self, flask):
        run = flask("mycommand")

        assert run.returncode == 2
        assert "Usage: flask mycommand [OPTIONS] NAME" in run.stderr
        assert "Error: Missing argument 'NAME'." in run.stderr


class TestGroup:
    def test_command_of_the_group_prints_the_name_and_nothing_else(self, flask):
        run = flask("group1", "command1", "John")

        assert (run.returncode, run.stdout, run.stderr) == (0, "John\n", "")
