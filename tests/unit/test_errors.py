"""Error responses: a page or JSON, depending on what the client accepts."""

import unittest
from unittest import mock

from flask import Flask, json
from jinja2 import DictLoader
from sqlalchemy import exc
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.wrappers import Response

from app.errors import handle_database_error, handle_http_error, init_app, wants_json

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
NO_PREFERENCE = (None, "", "*/*", "text/html,application/json")


class ErrorTestCase(unittest.TestCase):
    """Base class with an application that has an error page and no other page."""

    def setUp(self):
        self.app = Flask(__name__)
        self.app.jinja_loader = DictLoader({"error.html": "<h1>{{ error.name }}</h1>"})


class TestWantsJson(ErrorTestCase):
    def wants_json(self, path: str = "/", accept: str | None = None, **request: object) -> bool:
        """Return True if a request with this `Accept` header wants JSON."""
        headers = {} if accept is None else {"Accept": accept}
        with self.app.test_request_context(path, headers=headers, **request):
            return wants_json()

    def test_browser_gets_a_page_at_every_url(self):
        for path in ("/", "/posts/1", "/users/1"):
            with self.subTest(path=path):
                self.assertFalse(self.wants_json(path, BROWSER))

    def test_client_without_a_preference_gets_a_page(self):
        for accept in NO_PREFERENCE:
            with self.subTest(accept=accept):
                self.assertFalse(self.wants_json("/", accept))

    def test_client_without_a_preference_gets_json_from_the_api(self):
        for accept in NO_PREFERENCE:
            with self.subTest(accept=accept):
                self.assertTrue(self.wants_json("/users/1", accept))

    def test_client_without_a_preference_gets_json_in_response_to_json(self):
        self.assertTrue(self.wants_json("/signup", method="POST", json={}))

    def test_client_that_accepts_json_gets_it_at_every_url(self):
        for accept in ("application/json", "application/*", "text/html;q=0.5, application/json"):
            with self.subTest(accept=accept):
                self.assertTrue(self.wants_json("/", accept))

    def test_client_that_sends_json_but_accepts_html_gets_a_page(self):
        self.assertFalse(self.wants_json("/users/", "text/html", method="POST", json={}))

    def test_client_that_accepts_neither_html_nor_json_gets_the_default(self):
        self.assertFalse(self.wants_json("/", "image/png"))
        self.assertTrue(self.wants_json("/users/1", "image/png"))

    def test_url_that_resembles_the_api_returns_a_page(self):
        for path in ("/users", "/posts/users/", "/usersmanual/"):
            with self.subTest(path=path):
                self.assertFalse(self.wants_json(path))


class TestHandleHttpError(ErrorTestCase):
    def respond(self, path: str, error: HTTPException) -> Response:
        with self.app.test_request_context(path):
            return handle_http_error(error)

    def test_error_page_has_the_status_and_the_name_of_the_error(self):
        response = self.respond("/", NotFound())

        self.assertEqual(response.status_code, 404)
        self.assertEqual(response.content_type, "text/html; charset=utf-8")
        self.assertEqual(response.get_data(as_text=True), "<h1>Not Found</h1>")

    def test_json_error_has_the_status_the_name_and_the_message(self):
        response = self.respond("/users/9", NotFound("No such user."))

        self.assertEqual(response.status_code, 404)
        self.assertEqual(response.content_type, "application/json")
        self.assertEqual(
            json.loads(response.data),
            {"code": 404, "name": "Not Found", "message": "No such user."},
        )

    def test_method_not_allowed_lists_the_allowed_methods(self):
        response = self.respond("/", MethodNotAllowed(["GET", "HEAD"]))

        self.assertEqual(response.headers["Allow"], "GET, HEAD")

    def test_vary_header_tells_caches_that_the_response_depends_on_accept(self):
        response = self.respond("/", NotFound())

        self.assertIn("Accept", response.vary)


class TestHandleDatabaseError(ErrorTestCase):
    def test_error_of_each_kind_of_failure_is_a_503(self):
        init_app(self.app)
        self.app.add_url_rule("/", "page")
        for failure, error in (
            ("unreachable", exc.OperationalError("SELECT 1", {}, Exception())),
            ("no tables", exc.ProgrammingError("SELECT 1", {}, Exception())),
            ("read-only", exc.InternalError("INSERT", {}, Exception())),
            ("no free connection", exc.TimeoutError()),
        ):
            with (
                self.subTest(failure),
                mock.patch.dict(self.app.view_functions, page=mock.Mock(side_effect=error)),
                self.assertLogs(self.app.logger),
            ):
                self.assertEqual(self.app.test_client().get("/").status_code, 503)

    def test_database_error_is_a_503_that_does_not_show_the_statement(self):
        error = exc.OperationalError("SELECT secret", {}, Exception("no such table"))

        with self.app.test_request_context("/users/"), self.assertLogs(self.app.logger):
            response = handle_database_error(error)

        self.assertEqual(response.status_code, 503)
        self.assertNotIn("SELECT", response.get_data(as_text=True))

    def test_database_error_is_logged_with_the_command_that_may_fix_it(self):
        error = exc.OperationalError("SELECT 1", {}, Exception("no such table: user"))

        with self.app.test_request_context("/"), self.assertLogs(self.app.logger) as logs:
            handle_database_error(error)

        [record] = logs.records
        self.assertIn("flask init-db", record.getMessage())
        self.assertIs(record.exc_info[1], error)
