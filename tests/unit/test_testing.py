"""The tools of this layer: unittest, its asserts and those of Flask-Testing."""

import subprocess
import sys
import unittest
from pathlib import Path

from flask import Flask, flash

from app import create_app
from app.database import create_tables, db
from app.filters import startswith
from app.models import Contact, User
from app.sessions import is_safe_redirect
from app.views import as_json
from tests.support.config import CONFIG
from tests.support.flask_testing_shim import TestCase

ROOT = Path(__file__).parents[2]

# `python -m unittest` in an environment where these packages are not installed.
WITHOUT_PYTEST = """
import sys
import unittest

sys.modules["pytest"] = sys.modules["yaml"] = None
unittest.main(module=None)
"""


class TestUnittest(unittest.TestCase):
    def test_unit_layer_runs_without_pytest(self):
        # Discovery imports every module of the layer; the tests of the filters are quick to run.
        discover = ["discover", "-s", "tests/unit", "-t", ".", "-k", "test_filters"]

        run = subprocess.run(  # noqa: S603 - no argument is user input
            [sys.executable, "-c", WITHOUT_PYTEST, *discover],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

        self.assertEqual(run.returncode, 0, run.stderr)
        # On Python 3.11, unittest succeeds even if it runs no test at all.
        self.assertRegex(run.stderr, "Ran [1-9][0-9]* test")


class TestAsserts(unittest.TestCase):
    """The assert methods that the course lists, each where its failure message says the most."""

    def test_assert_equal_compares_two_values(self):
        self.assertEqual(startswith("university", "un"), "un-word")

    def test_assert_in_looks_for_a_member(self):
        self.assertIn("mycommand", create_app(CONFIG).cli.commands)

    def test_assert_true_checks_a_predicate(self):
        self.assertTrue(is_safe_redirect("/posts/new"))

    def test_assert_is_checks_for_the_same_object(self):
        john = User(username="John Williams", contact=Contact(city="London"))

        self.assertIs(john.contact.user, john)

    def test_assert_is_none_checks_for_a_missing_object(self):
        fordo = User(username="Fordo Baggings")

        self.assertIsNone(fordo.contact)

    def test_assert_not_in_checks_that_something_is_left_out(self):
        john = User(id=1, username="John Williams", password_hash="pbkdf2:…")

        self.assertNotIn("password_hash", as_json(john))

    def test_assert_is_instance_checks_the_type(self):
        self.assertIsInstance(create_app(CONFIG), Flask)


class TestFlaskTesting(TestCase):
    """Flask-Testing's `TestCase`: which template a view renders, and with which variables."""

    # Rendering is left out: how a page looks is for the other layers.
    render_templates = False

    def create_app(self) -> Flask:
        # The CSRF token is checked by the other layers.
        return create_app({**CONFIG, "WTF_CSRF_ENABLED": False})

    def test_assert_template_used_by_the_home_page(self):
        response = self.client.get("/")

        self.assert200(response)
        self.assertTemplateUsed("home.html")

    def test_assert_context_of_the_greeting(self):
        self.client.get("/es/Fordo Baggings")

        self.assertContext("word", "greeting")
        self.assertContext("name", "Fordo Baggings")
        self.assertEqual(self.get_context_variable("words")["greeting"], "Hola")

    def test_assert_redirects_to_the_login(self):
        response = self.client.get("/posts/new")

        self.assertRedirects(response, "/login?next=/posts/new")

    def test_assert_message_flashed_by_a_view(self):
        @self.app.get("/greet")
        def greet() -> str:
            flash("Hello John!")
            return ""

        self.client.get("/greet")

        self.assertMessageFlashed("Hello John!")

    def test_assert_status_of_an_invalid_form(self):
        response = self.client.post("/preferences", data={"theme": "plaid"})

        self.assertStatus(response, 422)
        self.assertIn("theme", self.get_context_variable("form").errors)

    def test_assert_400_for_json_that_is_not_an_object(self):
        response = self.client.post("/users/", json=["John Williams"])

        self.assert400(response)

    def test_assert_401_for_a_visitor_that_accepts_json(self):
        response = self.client.get("/contact", headers={"Accept": "application/json"})

        self.assert401(response)

    def test_assert_404_for_an_unknown_page(self):
        response = self.client.get("/nowhere")

        self.assert404(response)
        self.assertTemplateUsed("error.html")

    def test_assert_405_for_a_put_to_a_page(self):
        response = self.client.put("/about")

        self.assert405(response)

    def test_assert_500_for_a_view_that_raises(self):
        self.app.config["PROPAGATE_EXCEPTIONS"] = False
        self.app.add_url_rule("/broken", view_func=lambda: 1 / 0)

        with self.assertLogs(self.app.logger):
            response = self.client.get("/broken")

        self.assert500(response)
        self.assertTemplateUsed("error.html")

    def test_view_that_forgets_to_commit_stores_nothing(self):
        # An application context pushed by the test would be shared with the requests and hide
        # the missing commit: the most common false green in Flask test suites.
        @self.app.get("/forgetful")
        def forgetful() -> str:
            db.session.add(User(username="John Williams"))
            db.session.flush()
            return ""

        with self.app.app_context():
            create_tables()
            self.addCleanup(db.engine.dispose)

        self.assert200(self.client.get("/forgetful"))

        self.assertEqual(self.client.get("/users/").json["users"], [])
