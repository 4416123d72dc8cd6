"""The custom commands and the shell context, each called without the `flask` program."""

import unittest

import click
from click.testing import CliRunner, Result
from flask import Flask, current_app
from flask.cli import AppGroup, ScriptInfo

from app.cli import group1, make_shell_context, mycommand
from app.database import db
from app.models import Blogpost, Contact, Tag, User


class TestShellContext(unittest.TestCase):
    def setUp(self):
        self.app = Flask(__name__)
        with self.app.app_context():
            self.names = make_shell_context()

    def test_x_is_25_and_y_is_65(self):
        self.assertEqual((self.names["x"], self.names["y"]), (25, 65))

    def test_app_is_the_application_and_not_a_proxy(self):
        self.assertIs(self.names["app"], self.app)

    def test_database_and_models_need_no_import(self):
        self.assertEqual(
            {name: self.names[name] for name in ("db", "User", "Contact", "Blogpost", "Tag")},
            {"db": db, "User": User, "Contact": Contact, "Blogpost": Blogpost, "Tag": Tag},
        )


class TestCommand(unittest.TestCase):
    def invoke(self, *arguments: str) -> Result:
        return CliRunner().invoke(mycommand, arguments)

    def test_mycommand_prints_the_name(self):
        result = self.invoke("John")

        self.assertEqual(result.exit_code, 0)
        self.assertEqual(result.stdout, "John\n")

    def test_quoted_name_is_one_argument(self):
        result = self.invoke("John Williams")

        self.assertEqual(result.stdout, "John Williams\n")

    def test_missing_name_is_a_usage_error(self):
        result = self.invoke()

        self.assertEqual(result.exit_code, 2)
        self.assertIn("Missing argument 'NAME'", result.stderr)

    def test_second_name_is_a_usage_error(self):
        result = self.invoke("John", "Williams")

        self.assertEqual(result.exit_code, 2)
        self.assertIn("unexpected extra argument", result.stderr)

    def test_docstring_is_the_help_text_of_the_command(self):
        self.assertEqual(mycommand.get_short_help_str(), "Print NAME.")


class TestGroup(unittest.TestCase):
    def invoke(self, *arguments: str, group: AppGroup = group1) -> Result:
        # Without a ScriptInfo, Flask would search the working directory for an application.
        script_info = ScriptInfo(create_app=lambda: Flask("hello"))
        return CliRunner().invoke(group, arguments, obj=script_info)

    def test_command1_prints_the_name(self):
        result = self.invoke("command1", "John")

        self.assertEqual(result.exit_code, 0)
        self.assertEqual(result.stdout, "John\n")

    def test_command1_without_a_name_is_a_usage_error(self):
        result = self.invoke("command1")

        self.assertEqual(result.exit_code, 2)
        self.assertIn("Missing argument 'NAME'", result.stderr)

    def test_help_of_the_group_lists_command1(self):
        result = self.invoke("--help")

        self.assertEqual(result.exit_code, 0)
        self.assertRegex(result.stdout, r"(?m)^  command1 +Print NAME")

    def test_unknown_command_of_the_group_is_a_usage_error(self):
        result = self.invoke("command2", "John")

        self.assertEqual(result.exit_code, 2)
        self.assertIn("No such command 'command2'", result.stderr)

    def test_app_group_runs_its_commands_in_an_application_context(self):
        # The application context is what an AppGroup adds to a plain click group.
        group2 = AppGroup("group2")
        group2.command("name")(lambda: click.echo(current_app.name))

        result = self.invoke("name", group=group2)

        self.assertIsInstance(group1, AppGroup)
        self.assertEqual(result.stdout, "hello\n")
