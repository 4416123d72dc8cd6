"""Blueprints on bare applications: what one is, and what each registration of it adds."""

import unittest

from flask import Blueprint, Flask, url_for
from jinja2 import DictLoader
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.routing import BuildError, MapAdapter

from app import create_app
from app.config import DEFAULTS
from app.models import User, create_tables, db
from app.sample_blueprint import WORDS, sample_blueprint
from tests.support.config import CONFIG


def bare_app(*languages: str) -> Flask:
    """Make an application of the sample blueprint alone, registered for each language."""
    app = Flask(__name__)
    app.jinja_loader = DictLoader({"greeting.html": "{{ words[word] }}, {{ name }}!"})
    for language in languages:
        app.register_blueprint(sample_blueprint, url_prefix=f"/{language}", name=language)
    return app


def urls(app: Flask) -> MapAdapter:
    return app.url_map.bind("localhost")


class TestOrganise(unittest.TestCase):
    def test_a_blueprint_is_no_application(self):
        self.assertNotIsInstance(sample_blueprint, Flask)
        self.assertFalse(callable(sample_blueprint), "A WSGI server could call it.")

    def test_an_application_has_none_of_the_urls_of_a_blueprint_that_it_did_not_register(self):
        with self.assertRaises(NotFound):
            urls(bare_app()).match("/en/John")

    def test_a_registered_blueprint_adds_its_urls(self):
        endpoint, values = urls(bare_app("en")).match("/en/John")

        self.assertEqual((endpoint, values), ("en.greeting", {"name": "John"}))

    def test_two_blueprints_may_not_have_one_name(self):
        app = bare_app("en")

        with self.assertRaisesRegex(ValueError, "'en' is already registered"):
            app.register_blueprint(Blueprint("en", __name__))


class TestPrefix(unittest.TestCase):
    def test_each_page_lies_under_the_prefix(self):
        adapter = urls(bare_app("en"))

        self.assertEqual(adapter.match("/en/"), ("en.greeting", {}))
        self.assertEqual(adapter.match("/en/John/farewell"), ("en.farewell", {"name": "John"}))

    def test_no_page_lies_beside_the_prefix(self):
        for path in ("/", "/John", "/John/farewell", "/english/John", "/es/John"):
            with self.subTest(path=path), self.assertRaises(NotFound):
                urls(bare_app("en")).match(path)

    def test_a_longer_path_is_no_name(self):
        with self.assertRaises(NotFound):
            urls(bare_app("en")).match("/en/no/such/page")

    def test_the_prefix_is_chosen_where_it_is_registered(self):
        app = Flask(__name__)

        app.register_blueprint(sample_blueprint, url_prefix="/welcome")

        endpoint, _ = urls(app).match("/welcome/")
        self.assertEqual(endpoint, f"{sample_blueprint.name}.greeting")


class TestRepeat(unittest.TestCase):
    def test_each_registration_answers_under_its_own_prefix(self):
        adapter = urls(bare_app("en", "es"))

        self.assertEqual(adapter.match("/en/John")[0], "en.greeting")
        self.assertEqual(adapter.match("/es/John")[0], "es.greeting")

    def test_each_registration_has_urls_of_its_own(self):
        with bare_app("en", "es").test_request_context():
            self.assertEqual(url_for("en.farewell", name="John"), "/en/John/farewell")
            self.assertEqual(url_for("es.farewell", name="John"), "/es/John/farewell")

    def test_a_url_of_this_registration_is_named_with_a_dot(self):
        with bare_app("en", "es").test_request_context("/es/John"):
            self.assertEqual(url_for(".greeting", name="Fordo"), "/es/Fordo")

    def test_the_name_of_the_blueprint_itself_names_neither(self):
        with bare_app("en", "es").test_request_context(), self.assertRaises(BuildError):
            url_for(f"{sample_blueprint.name}.greeting")

    def test_a_second_registration_needs_a_name_of_its_own(self):
        app = Flask(__name__)
        app.register_blueprint(sample_blueprint, url_prefix="/en")

        with self.assertRaisesRegex(ValueError, "Use 'name=' to provide a unique name"):
            app.register_blueprint(sample_blueprint, url_prefix="/es")

    def test_each_registration_speaks_its_own_language(self):
        client = bare_app("en", "es").test_client()

        for path, text in (
            ("/en/", "Hello, World!"),
            ("/es/", "Hola, World!"),
            ("/en/John/farewell", "Goodbye, John!"),
            ("/es/John/farewell", "Adiós, John!"),
        ):
            with self.subTest(path=path):
                self.assertEqual(client.get(path).text, text)

    def test_each_language_has_the_same_words(self):
        self.assertEqual(WORDS["en"].keys(), WORDS["es"].keys())


class TestFactory(unittest.TestCase):
    def test_each_call_makes_another_application(self):
        self.assertIsNot(create_app(CONFIG), create_app(CONFIG))

    def test_a_setting_of_one_is_not_one_of_the_other(self):
        one, other = create_app(CONFIG), create_app(CONFIG)

        one.config["PAGE_SIZE"] = 3

        self.assertEqual(other.config["PAGE_SIZE"], DEFAULTS["PAGE_SIZE"])
        self.assertEqual(create_app(CONFIG).config["PAGE_SIZE"], DEFAULTS["PAGE_SIZE"])

    def test_a_page_of_one_is_not_one_of_the_other(self):
        one, other = create_app(CONFIG), create_app(CONFIG)

        one.add_url_rule("/extra", view_func=lambda: "")

        self.assertIn("/extra", [rule.rule for rule in one.url_map.iter_rules()])
        self.assertNotIn("/extra", [rule.rule for rule in other.url_map.iter_rules()])

    def test_a_row_of_one_is_not_one_of_the_other(self):
        one, other = create_app(CONFIG), create_app(CONFIG)
        for app in (one, other):
            with app.app_context():
                self.addCleanup(db.engine.dispose)
                create_tables()

        with one.app_context():
            db.session.add(User(username="John Williams"))
            db.session.commit()

        with other.app_context():
            self.assertIsNone(db.session.scalar(select(User)))
