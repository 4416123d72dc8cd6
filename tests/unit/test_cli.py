"""The commands and the shell's names, each by itself: `flask` finds them in the layers above."""

import unittest

import click
from click.testing import CliRunner, Result
from flask import Flask, current_app
from flask.cli import AppGroup, ScriptInfo

from app.cli import group1, make_shell_context, mycommand
from app.models import Blogpost, Contact, Tag, User, db


class TestShellContext(unittest.TestCase):
    def setUp(self):
        self.app = Flask(__name__)
        with self.app.app_context():
            self.names = make_shell_context()

    def test_x_is_25_and_y_is_65(self):
        self.assertEqual((self.names["x"], self.names["y"]), (25, 65))

    def test_app_is_the_application_itself_and_no_stand_in(self):
        self.assertIs(self.names["app"], self.app)

    def test_the_database_and_the_models_need_no_import(self):
        self.assertEqual(
            {name: self.names[name] for name in ("db", "User", "Contact", "Blogpost", "Tag")},
            {"db": db, "User": User, "Contact": Contact, "Blogpost": Blogpost, "Tag": Tag},
        )


class TestCommand(unittest.TestCase):
    def run_with(self, *arguments: str) -> Result:
        return CliRunner().invoke(mycommand, arguments)

    def test_it_prints_the_name(self):
        result = self.run_with("John")

        self.assertEqual((result.exit_code, result.stdout), (0, "John\n"))

    def test_a_name_in_quotes_is_one_name(self):
        self.assertEqual(self.run_with("John Williams").stdout, "John Williams\n")

    def test_a_missing_name_is_a_usage_error(self):
        result = self.run_with()

        self.assertEqual(result.exit_code, 2)
        self.assertIn("Missing argument 'NAME'", result.stderr)

    def test_a_second_name_is_a_usage_error(self):
        result = self.run_with("John", "Williams")

        self.assertEqual(result.exit_code, 2)
        self.assertIn("unexpected extra argument", result.stderr)

    def test_it_is_listed_by_what_it_does(self):
        self.assertEqual(mycommand.get_short_help_str(), "Print NAME.")


class TestGroup(unittest.TestCase):
    def run_with(self, *arguments: str) -> Result:
        # Without it, Flask would look for an application in the folder where the test runs.
        script = ScriptInfo(create_app=lambda: Flask("hello"))
        return CliRunner().invoke(group1, arguments, obj=script)

    def test_its_command_prints_the_name(self):
        result = self.run_with("command1", "John")

        self.assertEqual((result.exit_code, result.stdout), (0, "John\n"))

    def test_its_command_without_a_name_is_a_usage_error(self):
        result = self.run_with("command1")

        self.assertEqual(result.exit_code, 2)
        self.assertIn("Missing argument 'NAME'", result.stderr)

    def test_its_help_lists_its_command(self):
        result = self.run_with("--help")

        self.assertEqual(result.exit_code, 0)
        self.assertRegex(result.stdout, r"(?m)^  command1 +Print NAME")

    def test_a_command_that_it_does_not_have_is_a_usage_error(self):
        result = self.run_with("command2", "John")

        self.assertEqual(result.exit_code, 2)
        self.assertIn("No such command 'command2'", result.stderr)

    def test_a_command_of_an_app_group_runs_in_the_context_of_the_application(self):
        """This is what an `AppGroup` adds to the group of click."""
        group = AppGroup("group2")
        group.command("whose")(lambda: click.echo(current_app.name))
        script = ScriptInfo(create_app=lambda: Flask("hello"))

        result = CliRunner().invoke(group, ["whose"], obj=script)

        self.assertIsInstance(group1, AppGroup)
        self.assertEqual(result.stdout, "hello\n")
