"""An error is answered as a page or as JSON, whichever the client would rather have."""

import unittest

from flask import Flask, json
from jinja2 import DictLoader
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import MethodNotAllowed, NotFound, RequestEntityTooLarge

from app.errors import answer, database_is_away, wants_json

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class ErrorTestCase(unittest.TestCase):
    """Gives each test an application with an error page, and nothing else."""

    def setUp(self):
        self.app = Flask(__name__)
        self.app.jinja_loader = DictLoader({"error.html": "<h1>{{ error.name }}</h1>"})


class TestWantsJson(ErrorTestCase):
    def wants_json(self, path: str = "/", accept: str | None = None, **request: object) -> bool:
        headers = {} if accept is None else {"Accept": accept}
        with self.app.test_request_context(path, headers=headers, **request):
            return wants_json()

    def test_a_browser_gets_a_page_everywhere(self):
        for path in ("/", "/posts/1", "/users/1"):
            with self.subTest(path=path):
                self.assertFalse(self.wants_json(path, BROWSER))

    def test_whoever_has_no_preference_gets_a_page(self):
        for accept in (None, "", "*/*", "text/html,application/json"):
            with self.subTest(accept=accept):
                self.assertFalse(self.wants_json("/", accept))

    def test_whoever_has_no_preference_gets_json_from_the_api(self):
        for accept in (None, "", "*/*", "text/html,application/json"):
            with self.subTest(accept=accept):
                self.assertTrue(self.wants_json("/users/1", accept))

    def test_whoever_sends_json_and_has_no_preference_gets_json(self):
        self.assertTrue(self.wants_json("/signup", method="POST", json={}))

    def test_whoever_asks_for_json_gets_it_everywhere(self):
        for accept in ("application/json", "application/*", "text/html;q=0.5, application/json"):
            with self.subTest(accept=accept):
                self.assertTrue(self.wants_json("/", accept))

    def test_whoever_sends_json_may_still_ask_for_a_page(self):
        self.assertFalse(self.wants_json("/users/", "text/html", method="POST", json={}))

    def test_whoever_takes_neither_gets_what_the_address_has(self):
        self.assertFalse(self.wants_json("/", "image/png"))
        self.assertTrue(self.wants_json("/users/1", "image/png"))

    def test_an_address_that_only_resembles_the_api_is_a_page(self):
        for path in ("/users", "/posts/users/", "/usersmanual/"):
            with self.subTest(path=path):
                self.assertFalse(self.wants_json(path))


class TestAnswer(ErrorTestCase):
    def test_a_page_has_the_status_and_the_name_of_the_error(self):
        with self.app.test_request_context("/"):
            response = answer(NotFound())

        self.assertEqual(response.status_code, 404)
        self.assertEqual(response.content_type, "text/html; charset=utf-8")
        self.assertEqual(response.get_data(as_text=True), "<h1>Not Found</h1>")

    def test_json_has_the_status_the_name_and_the_message(self):
        with self.app.test_request_context("/users/9"):
            response = answer(NotFound("There is nobody of this id."))

        self.assertEqual(response.status_code, 404)
        self.assertEqual(response.content_type, "application/json")
        self.assertEqual(
            json.loads(response.data),
            {"code": 404, "name": "Not Found", "message": "There is nobody of this id."},
        )

    def test_a_wrong_method_names_the_right_ones(self):
        with self.app.test_request_context("/"):
            response = answer(MethodNotAllowed(["GET", "HEAD"]))

        self.assertEqual(response.headers["Allow"], "GET, HEAD")

    def test_a_cache_is_told_that_the_answer_depends_on_what_was_asked_for(self):
        with self.app.test_request_context("/"):
            response = answer(RequestEntityTooLarge())

        self.assertIn("Accept", response.vary)


class TestDatabaseIsAway(ErrorTestCase):
    def test_it_is_unavailable_and_may_pass(self):
        error = OperationalError("SELECT secret", {}, Exception("no such table"))

        with self.app.test_request_context("/users/"), self.assertLogs(self.app.logger):
            response = database_is_away(error)

        self.assertEqual(response.status_code, 503)
        self.assertNotIn("SELECT", response.get_data(as_text=True))

    def test_what_happened_is_logged_with_what_to_do(self):
        error = OperationalError("SELECT 1", {}, Exception("no such table: user"))

        with self.app.test_request_context("/"), self.assertLogs(self.app.logger) as logs:
            database_is_away(error)

        [record] = logs.records
        self.assertIn("flask init-db", record.getMessage())
        self.assertIs(record.exc_info[1], error)
