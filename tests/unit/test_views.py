"""Class-based views: `as_view`, the methods that a URL allows, and what each method does."""

import unittest
from unittest import mock

from flask import Flask, make_response
from jinja2 import DictLoader
from sqlalchemy import text
from werkzeug.exceptions import Conflict, Forbidden, NotFound, Unauthorized
from werkzeug.routing import MapAdapter

from app.database import db
from app.models import Contact, User
from app.sessions import log_in
from app.views import (
    BaseView,
    ContactForm,
    ContactView,
    UserAPI,
    as_json,
    bp,
    get_own_account,
    store_contact,
)
from tests.unit.cases import DatabaseTestCase

UNKNOWN_ID = 99


def allowed_methods(urls: MapAdapter, path: str) -> set[str]:
    """Return the methods of a URL, except HEAD and OPTIONS, which Flask adds to every route."""
    return set(urls.allowed_methods(path)) - {"HEAD", "OPTIONS"}


class TestView(unittest.TestCase):
    """`BaseView` on an application that has two pages and two templates."""

    def setUp(self):
        self.app = Flask(__name__)
        self.app.jinja_loader = DictLoader(
            {"home.html": "<h1>Hello World!!!</h1>", "about.html": "<h1>About</h1>"}
        )
        self.home = BaseView.as_view("home", "home.html")
        self.about = BaseView.as_view("about", template_name="about.html")

    def test_dispatch_request_renders_the_template_passed_to_the_constructor(self):
        with self.app.test_request_context():
            self.assertEqual(BaseView("about.html").dispatch_request(), "<h1>About</h1>")

    def test_as_view_returns_a_function_that_renders_its_template(self):
        with self.app.test_request_context():
            self.assertEqual(self.home(), "<h1>Hello World!!!</h1>")

    def test_as_view_sets_the_function_name_which_is_the_endpoint(self):
        self.app.add_url_rule("/", view_func=self.home)

        self.assertEqual(self.home.__name__, "home")
        self.assertIs(self.app.view_functions["home"], self.home)

    def test_second_page_needs_no_second_class(self):
        with self.app.test_request_context():
            self.assertEqual(self.about(), "<h1>About</h1>")

        self.assertIs(self.about.view_class, self.home.view_class)


class TestMethods(DatabaseTestCase):
    """`ContactView`, which allows GET and POST, and the function that stores its form."""

    def setUp(self):
        super().setUp()
        card = Contact(city="London", email="john.willy@xyz.com")
        self.john = User(username="John Williams", contact=card)
        self.fordo = User(username="Fordo Baggings")
        db.session.add_all([self.john, self.fordo])
        db.session.commit()

    def form(self, **fields: str) -> ContactForm:
        """Return a submitted contact form."""
        fields = {"city": "Paris", "email": "john.willy@xyz.com", "phonenum": "", **fields}
        with self.app.test_request_context(method="POST", data=fields):
            return ContactForm()

    def test_view_without_methods_allows_get_only(self):
        app = Flask(__name__)
        app.add_url_rule("/", view_func=BaseView.as_view("home", "home.html"))

        urls = app.url_map.bind("localhost")

        self.assertEqual(allowed_methods(urls, "/"), {"GET"})

    def test_view_with_methods_allows_only_the_methods_it_lists(self):
        app = Flask(__name__)
        app.add_url_rule("/contact", view_func=ContactView.as_view("contact"))

        urls = app.url_map.bind("localhost")

        self.assertEqual(allowed_methods(urls, "/contact"), {"GET", "POST"})

    def test_get_shows_the_contact_form_and_stores_nothing(self):
        # A query string must not fill in the form: a link on another site could contain one.
        with self.app.test_request_context("/contact?city=Paris"):
            log_in(self.john)
            page, status = ContactView().dispatch_request()

        self.assertEqual(status, 200)
        self.assertIn('value="London"', page)
        self.assertEqual(self.john.contact.city, "London")

    def test_post_stores_the_contact_and_redirects_back_to_the_form(self):
        fields = {"version": "1", "city": "Paris", "email": "john@xyz.com", "phonenum": "1"}

        with self.app.test_request_context("/contact", method="POST", data=fields):
            log_in(self.john)
            response = make_response(ContactView().dispatch_request())

        # A rollback undoes what was not committed; refresh() reads the row that is stored.
        db.session.rollback()
        contact = self.john.contact
        db.session.refresh(contact)
        self.assertEqual(response.location, "/contact")
        self.assertEqual((contact.city, contact.email), ("Paris", "john@xyz.com"))

    def test_contact_form_without_a_version_creates_the_contact(self):
        store_contact(self.fordo, self.form(city="Chicago", phonenum="563-983-7682"))

        db.session.expire(self.fordo)
        contact = self.fordo.contact
        self.assertEqual((contact.city, contact.phonenum), ("Chicago", "563-983-7682"))

    def test_contact_form_with_the_current_version_updates_the_contact(self):
        contact = self.john.contact

        store_contact(self.john, self.form(version="1", city="Paris"))

        # A rollback undoes what was not committed.
        db.session.rollback()
        self.assertIs(self.john.contact, contact)
        self.assertEqual(contact.city, "Paris")

    def test_contact_form_with_another_version_is_a_conflict(self):
        # Optimistic locking: the row has changed since the form was opened.
        for version in ("", "0", "2", "1.0", "one"):
            with self.subTest(version=version), self.assertRaises(Conflict):
                store_contact(self.john, self.form(version=version))

        self.assertEqual(self.john.contact.city, "London")

    def test_contact_form_for_a_deleted_contact_is_a_conflict(self):
        # The form was opened when the contact existed, as version 1.
        with self.assertRaises(Conflict):
            store_contact(self.fordo, self.form(version="1"))

        self.assertIsNone(self.fordo.contact)

    def test_contact_created_by_two_requests_at_once_is_a_conflict(self):
        # A race condition: this request has loaded the user without a contact when the other one
        # inserts a contact.
        self.assertIsNone(self.fordo.contact)
        insert = text(
            "INSERT INTO contact (city, email, phonenum, version, userid) "
            "VALUES ('Chicago', 'fbaggin@abc.com', '', 1, :userid)"
        )
        db.session.execute(insert, {"userid": self.fordo.id})

        with self.assertRaises(Conflict):
            store_contact(self.fordo, self.form())


class TestMethodView(DatabaseTestCase):
    """`UserAPI`, with one method of the class for each HTTP method."""

    def setUp(self):
        super().setUp()
        self.john, self.fordo = User(username="John Williams"), User(username="Fordo Baggings")
        db.session.add_all([self.john, self.fordo])
        db.session.commit()

    def urls(self) -> MapAdapter:
        """Return the URLs of the `pages` blueprint, to be matched without a request."""
        app = Flask(__name__)
        app.register_blueprint(bp)
        return app.url_map.bind("localhost")

    def start_request_as(self, user: User) -> None:
        """Start a request of this user, logged in; it ends with the test."""
        self.enterContext(self.app.test_request_context())
        log_in(user)

    def test_method_view_allows_the_http_methods_that_it_defines(self):
        self.assertEqual(UserAPI.methods, {"GET", "POST", "PUT", "DELETE"})

    def test_method_view_calls_the_method_named_like_the_http_method(self):
        for method in ("GET", "POST", "PUT", "DELETE"):
            with (
                self.subTest(method=method),
                mock.patch.object(UserAPI, method.lower(), return_value=method) as called,
                self.app.test_request_context(method=method),
            ):
                response = UserAPI().dispatch_request(user_id=1)

                self.assertEqual(response, method)
                called.assert_called_once_with(user_id=1)

    def test_method_view_calls_get_for_a_head_request(self):
        with self.app.test_request_context(method="HEAD"):
            self.assertEqual(UserAPI().dispatch_request(user_id=self.john.id), as_json(self.john))

    def test_users_url_and_user_url_allow_different_methods(self):
        urls = self.urls()

        self.assertEqual(allowed_methods(urls, "/users/"), {"GET", "POST"})
        self.assertEqual(allowed_methods(urls, "/users/1"), {"GET", "PUT", "DELETE"})

    def test_users_url_passes_none_in_place_of_a_user_id(self):
        urls = self.urls()

        self.assertEqual(urls.match("/users/"), ("pages.user_api", {"user_id": None}))
        self.assertEqual(urls.match("/users/7"), ("pages.user_api", {"user_id": 7}))

    def test_json_of_a_user_has_the_id_and_the_username_only(self):
        self.john.set_password("there and back again")

        self.assertEqual(as_json(self.john), {"id": self.john.id, "username": "John Williams"})

    def test_api_get_returns_the_user_with_this_id(self):
        self.assertEqual(UserAPI().get(self.fordo.id), as_json(self.fordo))

    def test_api_get_with_an_unknown_id_is_not_found(self):
        with self.assertRaises(NotFound):
            UserAPI().get(UNKNOWN_ID)

    def test_api_get_without_an_id_returns_all_users_newest_first(self):
        with self.app.test_request_context():
            response = UserAPI().get(None)

        self.assertEqual(response["users"], [as_json(self.fordo), as_json(self.john)])
        self.assertIsNone(response["next"])

    def test_api_get_without_an_id_links_to_the_next_page(self):
        self.app.config["PAGE_SIZE"] = 2
        sam = User(username="Sam Gamgee")
        db.session.add(sam)
        db.session.commit()

        with self.app.test_request_context():
            response = UserAPI().get(None)

        self.assertEqual(response["users"], [as_json(sam), as_json(self.fordo)])
        self.assertEqual(response["next"], f"/users/?before={self.fordo.id}")

    def test_user_may_change_their_own_account(self):
        self.start_request_as(self.john)

        self.assertEqual(get_own_account(self.john.id).id, self.john.id)

    def test_user_may_not_change_another_account(self):
        self.start_request_as(self.john)

        with self.assertRaises(Forbidden):
            get_own_account(self.fordo.id)

    def test_user_may_not_change_an_unknown_account(self):
        self.start_request_as(self.john)

        with self.assertRaises(NotFound):
            get_own_account(UNKNOWN_ID)

    def test_visitor_is_unauthorized_whether_or_not_the_account_exists(self):
        # The login is checked first: a 404 would tell which ids are in use (user enumeration).
        for user_id in (self.john.id, UNKNOWN_ID):
            with (
                self.subTest(user_id=user_id),
                self.app.test_request_context(),
                self.assertRaises(Unauthorized),
            ):
                get_own_account(user_id)
