"""Views that are classes: what one is made of, which methods it has, and which of them runs."""

import unittest
from collections.abc import Callable
from unittest import mock

from flask import Flask, make_response, session
from jinja2 import DictLoader
from sqlalchemy import text
from werkzeug.exceptions import Conflict, Forbidden, MethodNotAllowed, NotFound, Unauthorized
from werkzeug.routing import MapAdapter

from app.models import Contact, User, commit, db
from app.views import (
    BaseView,
    ContactForm,
    ContactView,
    UserAPI,
    as_json,
    myself,
    pages,
    store_contact,
)
from tests.unit.cases import DatabaseTestCase


def allowed(urls: MapAdapter, path: str) -> set[str]:
    """Give the methods of an address, without Werkzeug's HEAD beside GET and Flask's OPTIONS."""
    return set(urls.allowed_methods(path)) - {"HEAD", "OPTIONS"}


class TestView(unittest.TestCase):
    def setUp(self):
        self.app = Flask(__name__)
        self.app.jinja_loader = DictLoader(
            {"home.html": "<h1>Hello World!!!</h1>", "about.html": "<h1>About</h1>"}
        )
        self.app.add_url_rule("/", view_func=BaseView.as_view("home", "home.html"))
        self.app.add_url_rule(
            "/about", view_func=BaseView.as_view("about", template_name="about.html")
        )

    def views(self) -> list[Callable]:
        return [self.app.view_functions[name] for name in ("home", "about")]

    def test_the_template_that_as_view_is_given_is_rendered(self):
        response = self.app.test_client().get("/")

        self.assertEqual(response.text, "<h1>Hello World!!!</h1>")

    def test_a_second_page_needs_no_second_class(self):
        response = self.app.test_client().get("/about")

        self.assertEqual(response.text, "<h1>About</h1>")
        self.assertEqual({view.view_class for view in self.views()}, {BaseView})

    def test_each_page_is_a_function_with_the_name_that_as_view_is_given(self):
        self.assertEqual([view.__name__ for view in self.views()], ["home", "about"])

    def test_dispatch_request_is_what_answers(self):
        with self.app.test_request_context():
            self.assertEqual(BaseView("about.html").dispatch_request(), "<h1>About</h1>")


class TestMethods(DatabaseTestCase):
    def card(self, **typed: str) -> ContactForm:
        typed = {"city": "London", "email": "john.willy@xyz.com", "phonenum": "", **typed}
        with self.app.test_request_context(method="POST", data=typed):
            return ContactForm()

    def stored(self) -> User:
        user = User(
            username="John Williams", contact=Contact(city="London", email="john.willy@xyz.com")
        )
        db.session.add(user)
        db.session.commit()
        return user

    def test_a_class_that_names_no_method_takes_get_alone(self):
        app = Flask(__name__)
        app.add_url_rule("/", view_func=BaseView.as_view("home", "home.html"))
        urls = app.url_map.bind("localhost")

        self.assertEqual(allowed(urls, "/"), {"GET"})
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            with self.subTest(method=method), self.assertRaises(MethodNotAllowed) as caught:
                urls.match("/", method=method)
            self.assertIn("GET", caught.exception.valid_methods)

    def test_a_class_that_names_its_methods_takes_these(self):
        app = Flask(__name__)
        app.add_url_rule("/contact", view_func=ContactView.as_view("contact"))

        self.assertEqual(allowed(app.url_map.bind("localhost"), "/contact"), {"GET", "POST"})

    def test_get_shows_the_card_and_stores_nothing(self):
        user = self.stored()

        with self.app.test_request_context("/contact?city=Paris"):
            session["user_id"] = user.id
            shown, status = ContactView().dispatch_request()

        self.assertEqual(status, 200)
        self.assertIn('value="London"', shown)
        self.assertEqual(user.contact.version, 1)

    def test_post_stores_the_card_and_goes_back_to_it(self):
        user = self.stored()
        typed = {"version": "1", "city": "Paris", "email": "john@xyz.com", "phonenum": "1"}

        with self.app.test_request_context("/contact", method="POST", data=typed):
            session["user_id"] = user.id
            response = make_response(ContactView().dispatch_request())

        db.session.rollback()
        self.assertEqual(response.location, "/contact")
        self.assertEqual((user.contact.city, user.contact.email), ("Paris", "john@xyz.com"))

    def test_a_first_card_is_made(self):
        user = User(username="Fordo Baggings")
        db.session.add(user)
        db.session.commit()

        store_contact(user, self.card(city="Chicago", phonenum="563-983-7682"))

        self.assertEqual((user.contact.city, user.contact.phonenum), ("Chicago", "563-983-7682"))

    def test_a_card_that_was_edited_is_changed_in_place(self):
        user = self.stored()

        store_contact(user, self.card(version="1", city="Paris"))

        db.session.rollback()
        self.assertEqual((user.contact.id, user.contact.city), (1, "Paris"))

    def test_a_card_of_another_version_is_not_the_one_that_was_edited(self):
        user = self.stored()

        for version in ("", "0", "2", "1.0", "one"):
            with self.subTest(version=version), self.assertRaisesRegex(Conflict, "meanwhile"):
                store_contact(user, self.card(version=version, city="Paris"))

        self.assertEqual(user.contact.city, "London")

    def test_a_first_card_with_a_version_was_deleted_meanwhile(self):
        user = User(username="Fordo Baggings")
        db.session.add(user)
        db.session.commit()

        with self.assertRaisesRegex(Conflict, "meanwhile"):
            store_contact(user, self.card(version="1"))

        self.assertIsNone(user.contact)

    def test_a_first_card_that_another_request_has_made_meanwhile_is_a_conflict(self):
        user = User(username="Fordo Baggings")
        db.session.add(user)
        db.session.commit()
        self.assertIsNone(user.contact)
        db.session.execute(
            text(
                "INSERT INTO contact (city, email, phonenum, version, userid) "
                "VALUES ('Chicago', 'fbaggin@abc.com', '', 1, 1)"
            )
        )

        with self.assertRaisesRegex(Conflict, "meanwhile"):
            store_contact(user, self.card())


class TestMethodView(DatabaseTestCase):
    def setUp(self):
        super().setUp()
        self.john, self.fordo = User(username="John Williams"), User(username="Fordo Baggings")
        db.session.add_all([self.john, self.fordo])
        commit("They are there.")

    def test_the_methods_of_the_class_are_those_of_http(self):
        self.assertEqual(UserAPI.methods, {"GET", "POST", "PUT", "DELETE"})

    def test_the_method_of_the_request_chooses_that_of_the_class(self):
        for method in ("GET", "POST", "PUT", "DELETE"):
            with (
                self.subTest(method=method),
                mock.patch.object(UserAPI, method.lower(), return_value=method) as chosen,
                self.app.test_request_context(method=method),
            ):
                self.assertEqual(UserAPI().dispatch_request(user_id=1), method)
                chosen.assert_called_once_with(user_id=1)

    def test_head_is_answered_by_get(self):
        with self.app.test_request_context(method="HEAD"):
            self.assertEqual(UserAPI().dispatch_request(user_id=1), as_json(self.john))

    def test_each_address_takes_the_methods_that_mean_something_there(self):
        app = Flask(__name__)
        app.register_blueprint(pages)
        urls = app.url_map.bind("localhost")

        self.assertEqual(allowed(urls, "/users/"), {"GET", "POST"})
        self.assertEqual(allowed(urls, "/users/1"), {"GET", "PUT", "DELETE"})

    def test_the_address_without_an_id_is_that_of_everyone(self):
        app = Flask(__name__)
        app.register_blueprint(pages)
        urls = app.url_map.bind("localhost")

        self.assertEqual(urls.match("/users/"), ("pages.user_api", {"user_id": None}))
        self.assertEqual(urls.match("/users/7"), ("pages.user_api", {"user_id": 7}))

    def test_a_person_is_described_by_id_and_name_alone(self):
        self.john.set_password("there and back again")

        self.assertEqual(as_json(self.john), {"id": 1, "username": "John Williams"})

    def test_get_with_an_id_gives_that_person(self):
        self.assertEqual(UserAPI().get(2), {"id": 2, "username": "Fordo Baggings"})

    def test_get_with_an_unknown_id_is_not_found(self):
        with self.assertRaises(NotFound):
            UserAPI().get(3)

    def test_get_without_an_id_gives_everyone_newest_first(self):
        with self.app.test_request_context():
            answer = UserAPI().get(None)

        self.assertEqual(answer, {"users": [as_json(self.fordo), as_json(self.john)], "next": None})

    def test_a_list_that_goes_on_says_where(self):
        db.session.add(User(username="The Third"))
        commit("They are there.")
        self.app.config["PAGE_SIZE"] = 2

        with self.app.test_request_context():
            answer = UserAPI().get(None)

        self.assertEqual([user["id"] for user in answer["users"]], [3, 2])
        self.assertEqual(answer["next"], "/users/?before=2")

    def test_oneself_is_whom_one_may_change(self):
        with self.app.test_request_context():
            session["user_id"] = self.john.id

            self.assertEqual(myself(self.john.id).id, self.john.id)

    def test_someone_else_is_forbidden(self):
        with self.app.test_request_context():
            session["user_id"] = self.john.id

            with self.assertRaisesRegex(Forbidden, "only yourself"):
                myself(self.fordo.id)

    def test_an_unknown_person_is_not_found(self):
        with self.app.test_request_context():
            session["user_id"] = self.john.id

            with self.assertRaises(NotFound):
                myself(3)

    def test_a_visitor_must_log_in_before_anything_is_looked_for(self):
        with self.app.test_request_context():
            for user_id in (self.john.id, 3):
                with self.subTest(user_id=user_id), self.assertRaises(Unauthorized):
                    myself(user_id)
