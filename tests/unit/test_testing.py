"""How this layer tests: unittest, its asserts, and Flask-Testing's, on the application itself."""

import ast
import subprocess
import sys
import unittest
from pathlib import Path

from flask import Flask

from app import create_app
from app.filters import startswith
from app.models import Contact, User, create_tables, db
from app.sessions import is_local
from app.views import as_json
from tests.support.config import CONFIG
from tests.support.flask_testing_shim import TestCase

ROOT = Path(__file__).parents[2]

# `python -m unittest`, where pytest cannot be imported.
WITHOUT_PYTEST = """
import sys
import unittest

sys.modules["pytest"] = None
unittest.main(module=None, argv=["python -m unittest", *sys.argv[1:]])
"""


def imports(path: Path) -> set[str]:
    """Give the names of the packages that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Import(names=aliases):
                names.update(alias.name for alias in aliases)
            case ast.ImportFrom(module=str(module)):
                names.add(module)
    return {name.partition(".")[0] for name in names}


class TestUnittest(unittest.TestCase):
    def test_discovery_runs_a_module_of_this_layer_without_pytest(self):
        # One that needs no application is the quickest to start.
        arguments = ["discover", "-s", "tests/unit", "-t", ".", "-p", "test_deploy.py"]

        run = subprocess.run(  # noqa: S603 - nothing in it comes from outside
            [sys.executable, "-c", WITHOUT_PYTEST, *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

        self.assertEqual(run.returncode, 0, run.stderr)
        # unittest of Python 3.11 would not mind if there were none.
        self.assertRegex(run.stderr, "Ran [1-9][0-9]* test")

    def test_no_module_of_this_layer_imports_pytest(self):
        shared = ("config.py", "compiled.py", "databases.py", "flask_testing_shim.py")
        layer = [ROOT / "tests" / "support" / name for name in shared]
        layer += (ROOT / "tests" / "unit").glob("*.py")

        imported = {path: imports(path) for path in layer}

        self.assertIn("unittest", imported[Path(__file__)])
        self.assertEqual([name for name in imported if "pytest" in imported[name]], [])


class TestAsserts(unittest.TestCase):
    """Each assert method that the course lists, where its failure says the most."""

    def test_equal_is_for_a_value(self):
        self.assertEqual(startswith("university", "un"), "un-word")

    def test_in_is_for_a_part_of_a_whole(self):
        self.assertIn("mycommand", create_app(CONFIG).cli.commands)

    def test_true_is_for_a_yes_or_no(self):
        self.assertTrue(is_local("/posts/new"))

    def test_is_is_for_one_and_the_same_object(self):
        user = User(username="John Williams", contact=Contact(city="London"))

        self.assertIs(user.contact.user, user)

    def test_is_none_is_for_what_is_not_there(self):
        user = User(username="Fordo Baggings")

        self.assertIsNone(user.contact)

    def test_not_in_is_for_what_must_stay_out(self):
        user = User(id=1, username="John Williams", password_hash="pbkdf2:…")

        self.assertNotIn("password_hash", as_json(user))

    def test_is_instance_is_for_a_kind_of_object(self):
        self.assertIsInstance(create_app(CONFIG), Flask)


class TestFlaskTesting(TestCase):
    # A view's own work is which template it fills with what; the page is for the other layers.
    render_templates = False

    def create_app(self) -> Flask:
        # The token, too, is for the other layers.
        return create_app({**CONFIG, "WTF_CSRF_ENABLED": False})

    def test_the_home_page_is_made_from_its_own_template(self):
        self.assert200(self.client.get("/"))

        self.assertTemplateUsed("home.html")

    def test_the_greeting_is_given_its_language_and_the_name(self):
        self.client.get("/es/Fordo Baggings")

        self.assertContext("language", "es")
        self.assertContext("name", "Fordo Baggings")
        self.assertEqual(self.get_context_variable("words")["greeting"], "Hola")

    def test_a_page_for_its_writer_sends_a_visitor_to_the_login(self):
        self.assertRedirects(self.client.get("/posts/new"), "/login?next=/posts/new")

    def test_a_forgotten_preference_is_reported_and_leads_back(self):
        response = self.client.post("/preferences/forget")

        self.assertMessageFlashed("Your preference is forgotten.")
        self.assertRedirects(response, "/preferences")

    def test_a_theme_that_nobody_offers_is_refused(self):
        response = self.client.post("/preferences", data={"theme": "plaid"})

        self.assertStatus(response, 422)
        self.assertIn("theme", self.get_context_variable("form").errors)

    def test_json_that_is_no_object_is_a_bad_request(self):
        self.assert400(self.client.post("/users/", json=["John Williams"]))

    def test_a_client_that_takes_json_alone_is_not_sent_to_the_login(self):
        self.assert401(self.client.get("/contact", headers={"Accept": "application/json"}))

    def test_an_unknown_page_is_the_error_page(self):
        self.assert404(self.client.get("/nowhere"))

        self.assertTemplateUsed("error.html")

    def test_a_page_refuses_to_be_changed(self):
        self.assert405(self.client.put("/about"))

    def test_a_view_that_fails_is_the_error_page(self):
        self.app.config["PROPAGATE_EXCEPTIONS"] = False
        self.app.add_url_rule("/broken", view_func=lambda: 1 / 0)

        with self.assertLogs(self.app.logger):
            self.assert500(self.client.get("/broken"))

        self.assertTemplateUsed("error.html")

    def test_a_view_that_forgets_to_commit_stores_nothing(self):
        @self.app.get("/forgetful")
        def forgetful() -> str:
            db.session.add(User(username="John Williams"))
            db.session.flush()
            return "stored?"

        with self.app.app_context():
            create_tables()
            self.addCleanup(db.engine.dispose)

        self.assert200(self.client.get("/forgetful"))

        self.assertEqual(self.client.get("/users/").json["users"], [])
