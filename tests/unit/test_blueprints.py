"""Blueprints: what each registration adds to an application, and the application factory."""

import unittest

from flask import Blueprint, Flask, url_for
from jinja2 import DictLoader
from sqlalchemy import select
from werkzeug.exceptions import NotFound
from werkzeug.routing import BuildError, MapAdapter

from app import create_app
from app.config import DEFAULTS
from app.database import create_tables, db
from app.models import User
from app.sample_blueprint import WORDS, sample_blueprint
from tests.support.config import CONFIG


def app_in(*languages: str) -> Flask:
    """Return an application with the sample blueprint alone, registered once per language."""
    app = Flask(__name__)
    app.jinja_loader = DictLoader({"greeting.html": "{{ words[word] }}, {{ name }}!"})
    for language in languages:
        app.register_blueprint(sample_blueprint, url_prefix=f"/{language}", name=language)
    return app


def urls(app: Flask) -> MapAdapter:
    """Return the URLs of an application, to be matched without a request."""
    return app.url_map.bind("localhost")


class TestOrganise(unittest.TestCase):
    def test_blueprint_is_not_an_application(self):
        self.assertNotIsInstance(sample_blueprint, Flask)
        self.assertFalse(callable(sample_blueprint), "A WSGI server could call it.")

    def test_application_does_not_have_the_urls_of_an_unregistered_blueprint(self):
        app = app_in()

        with self.assertRaises(NotFound):
            urls(app).match("/en/John")

    def test_registering_a_blueprint_adds_its_urls(self):
        app = app_in("en")

        self.assertEqual(urls(app).match("/en/John"), ("en.greeting", {"name": "John"}))

    def test_two_blueprints_cannot_have_the_same_name(self):
        app = app_in("en")

        with self.assertRaisesRegex(ValueError, "'en' is already registered"):
            app.register_blueprint(Blueprint("en", __name__))


class TestPrefix(unittest.TestCase):
    def test_every_url_of_the_blueprint_is_under_the_prefix(self):
        app = app_in("en")

        self.assertEqual(urls(app).match("/en/"), ("en.greeting", {}))
        self.assertEqual(urls(app).match("/en/John/farewell"), ("en.farewell", {"name": "John"}))

    def test_no_url_of_the_blueprint_is_outside_the_prefix(self):
        app = app_in("en")

        for path in ("/", "/John", "/John/farewell", "/english/John", "/es/John"):
            with self.subTest(path=path), self.assertRaises(NotFound):
                urls(app).match(path)

    def test_name_in_the_url_is_one_segment_of_the_path(self):
        app = app_in("en")

        with self.assertRaises(NotFound):
            urls(app).match("/en/no/such/page")

    def test_prefix_is_chosen_by_the_registration(self):
        app = Flask(__name__)

        app.register_blueprint(sample_blueprint, url_prefix="/welcome")

        endpoint, _ = urls(app).match("/welcome/")
        self.assertEqual(endpoint, f"{sample_blueprint.name}.greeting")


class TestRepeat(unittest.TestCase):
    def test_second_registration_needs_a_name_of_its_own(self):
        app = Flask(__name__)
        app.register_blueprint(sample_blueprint, url_prefix="/en")

        with self.assertRaisesRegex(ValueError, "Use 'name=' to provide a unique name"):
            app.register_blueprint(sample_blueprint, url_prefix="/es")

    def test_both_registrations_are_reached_under_their_own_prefix(self):
        app = app_in("en", "es")

        self.assertEqual(urls(app).match("/en/John")[0], "en.greeting")
        self.assertEqual(urls(app).match("/es/John")[0], "es.greeting")

    def test_url_for_takes_the_name_of_the_registration(self):
        with app_in("en", "es").test_request_context():
            self.assertEqual(url_for("en.farewell", name="John"), "/en/John/farewell")
            self.assertEqual(url_for("es.farewell", name="John"), "/es/John/farewell")

    def test_url_for_does_not_take_the_name_of_the_blueprint(self):
        with app_in("en", "es").test_request_context(), self.assertRaises(BuildError):
            url_for(f"{sample_blueprint.name}.greeting")

    def test_url_for_with_a_leading_dot_stays_in_the_current_registration(self):
        with app_in("en", "es").test_request_context("/es/John"):
            self.assertEqual(url_for(".greeting", name="Fordo"), "/es/Fordo")

    def test_both_registrations_greet_in_their_own_language(self):
        client = app_in("en", "es").test_client()

        for path, text in (
            ("/en/", "Hello, World!"),
            ("/es/", "Hola, World!"),
            ("/en/John/farewell", "Goodbye, John!"),
            ("/es/John/farewell", "Adiós, John!"),
        ):
            with self.subTest(path=path):
                self.assertEqual(client.get(path).text, text)

    def test_both_languages_have_the_same_words(self):
        self.assertEqual(WORDS["en"].keys(), WORDS["es"].keys())


class TestFactory(unittest.TestCase):
    """`create_app` returns independent applications: nothing is shared between two of them."""

    def setUp(self):
        self.first, self.second = create_app(CONFIG), create_app(CONFIG)

    def test_factory_returns_a_new_application_on_every_call(self):
        self.assertIsNot(self.first, self.second)

    def test_setting_is_not_shared_with_another_application(self):
        self.first.config["PAGE_SIZE"] = 3

        for other in (self.second, create_app(CONFIG)):
            self.assertEqual(other.config["PAGE_SIZE"], DEFAULTS["PAGE_SIZE"])

    def test_setting_passed_to_the_factory_is_not_a_new_default(self):
        create_app({**CONFIG, "PAGE_SIZE": 3})

        self.assertEqual(create_app(CONFIG).config["PAGE_SIZE"], 10)

    def test_database_set_after_the_factory_is_not_used(self):
        # Flask-SQLAlchemy has created its engine by now.
        self.first.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///other.sqlite"

        with self.first.app_context():
            self.assertEqual(str(db.engine.url), CONFIG["SQLALCHEMY_DATABASE_URI"])

    def test_url_is_not_shared_with_another_application(self):
        self.first.add_url_rule("/extra", view_func=lambda: "", endpoint="extra")

        self.assertEqual(urls(self.first).match("/extra"), ("extra", {}))
        with self.assertRaises(NotFound):
            urls(self.second).match("/extra")

    def test_stored_row_is_not_shared_with_another_application(self):
        for app in (self.first, self.second):
            with app.app_context():
                self.addCleanup(db.engine.dispose)
                create_tables()

        with self.first.app_context():
            db.session.add(User(username="John Williams"))
            db.session.commit()

        with self.second.app_context():
            self.assertIsNone(db.session.scalar(select(User)))
