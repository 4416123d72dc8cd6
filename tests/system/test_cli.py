"""The `flask` command line for real: each command is a process, started in the checkout."""

import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from signal import SIGINT
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest

from tests.support.databases import fill
from tests.support.html import texts
from tests.system.processes import ROOT, Process, environment
from tests.system.servers import Visitor

TYPED = [
    "print(app)",
    "print(x)",
    "print(y)",
    "db.session.get(User, 1)",
    "Contact, Blogpost, Tag",
    "from flask import current_app",
    "current_app == app",
]


def run(
    folder: Path, *arguments: str, typed: str = "", cwd: Path = ROOT, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run `flask` to its end, with this typed into it, and its data in `folder`."""
    return subprocess.run(  # noqa: S603 - nothing in it comes from outside
        ["flask", *arguments],  # noqa: S607 - the one of this environment
        cwd=cwd,
        env=environment(folder, **variables),
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def flask(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `flask` with a data folder of the test's own."""
    return partial(run, tmp_path)


@pytest.fixture(scope="module")
def shell() -> Iterator[SimpleNamespace]:
    """A session of `flask shell` on the course's data: what it `printed` for each line typed."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/blog.sqlite"
        fill({"SQLALCHEMY_DATABASE_URI": url}, with_data=True).dispose()
        done = run(folder, "shell", typed="".join(f"{line}\n" for line in TYPED))
        assert done.returncode == 0, done.stderr
        _, *answers = done.stdout.split(">>> ")
        # One prompt is left over, at which the typing ended.
        printed = {line: answer.strip() for line, answer in zip(TYPED, answers[:-1], strict=True)}
        yield SimpleNamespace(folder=folder, stderr=done.stderr, printed=printed)


class TestLoad:
    def test_the_application_is_found_without_flask_app(self, flask):
        run = flask("mycommand", "John")

        assert (run.returncode, run.stdout) == (0, "John\n"), run.stderr

    def test_without_wsgi_py_it_is_made_by_the_package_app(self, flask, tmp_path):
        (tmp_path / "app").symlink_to(ROOT / "app")

        run = flask("mycommand", "John", cwd=tmp_path)

        assert (run.returncode, run.stdout) == (0, "John\n"), run.stderr

    def test_flask_app_names_it(self, flask, tmp_path):
        run = flask("mycommand", "John", FLASK_APP=f"{ROOT}/wsgi.py", cwd=tmp_path)

        assert (run.returncode, run.stdout) == (0, "John\n"), run.stderr

    def test_a_wrong_flask_app_is_named(self, flask):
        run = flask("routes", FLASK_APP="nowhere")

        assert run.returncode == 2
        assert "Error: Could not import 'nowhere'." in run.stderr

    def test_it_is_configured_by_the_environment(self, flask, tmp_path):
        run = flask("init-db", DATABASE_URL=f"sqlite:///{tmp_path}/elsewhere.sqlite")

        assert run.returncode == 0, run.stderr
        assert (tmp_path / "elsewhere.sqlite").exists()

    def test_where_there_is_no_application_it_says_what_to_do(self, flask, tmp_path):
        run = flask("routes", cwd=tmp_path)

        assert run.returncode == 2
        assert "Use the 'flask --app' option, 'FLASK_APP' environment variable" in run.stderr


class TestRoutes:
    def test_each_route_is_listed_with_its_endpoint_and_methods(self, flask):
        run = flask("routes")

        assert run.returncode == 0, run.stderr
        rows = [line.split() for line in run.stdout.splitlines()]
        assert ["pages.home", "GET", "/"] in rows
        assert ["cookies.preferences", "GET,", "POST", "/preferences"] in rows


class TestRun:
    def test_it_serves_the_home_page_until_ctrl_c(self, tmp_path):
        with Process(["flask", "run", "--port", "0"], environment(tmp_path)) as process:
            [url] = process.wait_for(r"Running on (\S+)")

            with Visitor(url) as visitor:
                assert texts(visitor.get("/"), "h1") == ["Hello World!!!"]

            assert process.end(SIGINT) == 0
            assert "Traceback" not in process.log


class TestShell:
    def test_its_banner_tells_the_application_and_the_instance_folder(self, shell):
        python, _, banner = shell.stderr.partition("App: ")

        assert python.startswith("Python ")
        assert banner.startswith(f"app\nInstance: {shell.folder}\n")

    def test_print_app_prints_the_application(self, shell):
        assert shell.printed["print(app)"] == "<Flask 'app'>"

    def test_it_is_in_the_context_of_the_application(self, shell):
        assert shell.printed["current_app == app"] == "True"

    def test_it_opens_before_there_is_a_database(self, flask):
        run = flask("shell", typed="print(x)\n")

        assert (run.returncode, run.stdout) == (0, ">>> 25\n>>> "), run.stderr


class TestShellContext:
    def test_x_is_25_and_y_is_65(self, shell):
        assert shell.printed["print(x)"] == "25"
        assert shell.printed["print(y)"] == "65"

    def test_the_database_and_the_models_need_no_import(self, shell):
        assert shell.printed["db.session.get(User, 1)"] == "<User 'John Williams'>"
        assert shell.printed["Contact, Blogpost, Tag"] == (
            "(<class 'app.models.Contact'>, <class 'app.models.Blogpost'>, "
            "<class 'app.models.Tag'>)"
        )


class TestCommand:
    def test_it_prints_the_name(self, flask):
        run = flask("mycommand", "John")

        assert (run.returncode, run.stdout, run.stderr) == (0, "John\n", "")

    def test_without_the_name_it_shows_its_usage(self, flask):
        run = flask("mycommand")

        assert run.returncode == 2
        assert "Usage: flask mycommand [OPTIONS] NAME" in run.stderr
        assert "Error: Missing argument 'NAME'." in run.stderr


class TestGroup:
    def test_a_command_of_the_group_prints_the_name(self, flask):
        run = flask("group1", "command1", "John")

        assert (run.returncode, run.stdout, run.stderr) == (0, "John\n", "")

    def test_the_groups_help_lists_its_command(self, flask):
        run = flask("group1", "--help")

        assert run.returncode == 0
        assert "command1  Print NAME, from within a group." in run.stdout
