"""The `flask` command line, run in this process: loading the application, and its commands."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import flask.cli
import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskCliRunner

ROOT = Path(__file__).parents[2]


class TestLoad:
    @pytest.fixture
    def routes(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable]:
        """A function that runs `flask routes` in the checkout, with this `FLASK_APP`."""
        for name in [name for name in os.environ if name.startswith(("FLASK_", "DATABASE_URL"))]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("FLASK_INSTANCE_PATH", str(tmp_path))
        # `flask` sets these two for its process, which is the process of the tests here.
        monkeypatch.setenv("FLASK_RUN_FROM_CLI", "false")
        monkeypatch.setattr(sys, "path", [*sys.path])
        monkeypatch.chdir(ROOT)

        def routes(flask_app: str | None = None) -> Result:
            env = {"FLASK_APP": flask_app}
            return CliRunner().invoke(flask.cli.cli, ["routes"], env=env, prog_name="flask")

        yield routes
        sys.modules.pop("wsgi", None)

    def test_wsgi_py_is_loaded_without_flask_app(self, routes):
        result = routes()

        assert result.exit_code == 0, result.output
        assert "pages.home" in result.stdout
        # If wsgi.py did not exist, Flask would load the package `app`.
        assert "wsgi" in sys.modules

    @pytest.mark.parametrize("flask_app", ["wsgi.py", "wsgi:app", "app", "app:create_app()"])
    def test_flask_app_names_the_application_or_its_factory(self, routes, flask_app):
        result = routes(flask_app)

        assert result.exit_code == 0, result.output
        assert "pages.home" in result.stdout

    @pytest.mark.parametrize(
        ("flask_app", "reason"),
        [
            ("nowhere", "Could not import 'nowhere'."),
            ("app:nothing", "Failed to find attribute 'nothing' in 'app'."),
            ("tests", "Failed to find Flask application or factory in module 'tests'."),
        ],
    )
    def test_error_names_a_wrong_flask_app(self, routes, flask_app, reason):
        result = routes(flask_app)

        assert result.exit_code == 2
        assert f"Error: {reason}" in result.stderr
        assert result.stdout == ""


class TestRoutes:
    @pytest.fixture
    def listed(self, runner: FlaskCliRunner) -> list[tuple[str, ...]]:
        """The endpoint, methods and rule in each line of `flask routes`."""
        result = runner.invoke(flask.cli.routes_command)
        _titles, _underlines, *lines = result.output.splitlines()
        return [tuple(re.split(" {2,}", line.strip())) for line in lines]

    def test_route_is_listed_with_its_endpoint_and_methods(self, listed):
        assert ("pages.home", "GET", "/") in listed
        assert ("pages.contact", "GET, POST", "/contact") in listed
        assert ("pages.user_api", "DELETE, GET, PUT", "/users/<int:user_id>") in listed

    def test_blueprint_that_is_registered_twice_is_listed_twice(self, listed):
        assert ("en.greeting", "GET", "/en/<name>") in listed
        assert ("es.greeting", "GET", "/es/<name>") in listed

    def test_every_route_is_listed(self, app, listed):
        rules = [(rule.endpoint, rule.rule) for rule in app.url_map.iter_rules()]

        assert sorted((endpoint, rule) for endpoint, _methods, rule in listed) == sorted(rules)


class TestShellContext:
    def test_shell_context_has_the_app_and_the_numbers_of_the_course(self, app):
        with app.app_context():
            names = app.make_shell_context()

        assert names["app"] is app
        assert (names["x"], names["y"]) == (25, 65)

    def test_query_in_the_shell_needs_no_import(self, app, dataset):
        with app.app_context():
            names = app.make_shell_context()

            john = eval("db.session.get(User, 1)", names)  # noqa: S307 - as typed in the shell

        assert repr(john) == "<User 'John Williams'>"


class TestCommand:
    def test_mycommand_prints_the_name(self, runner):
        result = runner.invoke(args=["mycommand", "John Williams"])

        assert result.exit_code == 0
        assert result.output == "John Williams\n"

    def test_help_lists_the_commands(self, runner):
        result = runner.invoke(args=["--help"])

        listed = re.findall(r"^  (\S+)  ", result.output, re.MULTILINE)
        assert result.exit_code == 0
        assert {"mycommand", "group1", "init-db", "seed"} <= set(listed)


class TestGroup:
    def test_command1_prints_the_name(self, runner):
        result = runner.invoke(args=["group1", "command1", "John"])

        assert result.exit_code == 0
        assert result.output == "John\n"

    def test_command1_is_unknown_outside_its_group(self, runner):
        result = runner.invoke(args=["command1", "John"])

        assert result.exit_code == 2
        assert "No such command 'command1'" in result.stderr
