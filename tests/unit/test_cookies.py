"""What the preference's cookie says, and what a client that follows the rules does with it."""

import unittest
from datetime import timedelta
from email.message import Message
from http.cookiejar import CookieJar
from http.cookies import Morsel, SimpleCookie
from time import time
from types import SimpleNamespace
from unittest import mock
from urllib.request import Request

from flask import Flask, make_response, request, session
from werkzeug.http import parse_cookie
from werkzeug.wrappers import Response

from app import create_app
from app.cookies import forget, preferences, theme
from tests.support.config import CONFIG

HTTP, HTTPS = "http://localhost/", "https://localhost/"


class Browser:
    """Keeps cookies by the rules of the standard library, at whatever time the test says."""

    def __init__(self) -> None:
        self.jar = CookieJar()

    def receive(self, response: Response, url: str = HTTP) -> None:
        headers = Message()
        for cookie in response.headers.getlist("Set-Cookie"):
            headers["Set-Cookie"] = cookie
        self.jar.extract_cookies(SimpleNamespace(info=lambda: headers), Request(url))  # type: ignore[arg-type]  # noqa: S310 - nothing is opened

    def sends(self, url: str = HTTP, later: timedelta = timedelta()) -> dict[str, str]:
        request = Request(url)  # noqa: S310 - nothing is opened
        with mock.patch("time.time", return_value=time() + later.total_seconds()):
            self.jar.add_cookie_header(request)
        return dict(parse_cookie(request.get_header("Cookie")))


class CookieTestCase(unittest.TestCase):
    """Gives each test the application, whose views it calls as functions."""

    def setUp(self):
        self.app = create_app(CONFIG)

    def choose(self, value: str, url: str = HTTP) -> Response:
        with self.app.test_request_context("/", url, method="POST", data={"theme": value}):
            return make_response(preferences())

    def forget(self) -> Response:
        with self.app.test_request_context(method="POST"):
            return make_response(forget())

    def parsed(self, response: Response) -> Morsel:
        """Give the one cookie that is set, with its attributes."""
        [header] = response.headers.getlist("Set-Cookie")
        [morsel] = SimpleCookie(header).values()
        return morsel


class TestRead(unittest.TestCase):
    def theme(self, **headers: str) -> str:
        with Flask(__name__).test_request_context(headers=headers):
            return theme()

    def test_the_cookies_are_a_dictionary_of_what_the_client_sent(self):
        with Flask(__name__).test_request_context(headers={"Cookie": "theme=dark; seen=1"}):
            self.assertIsInstance(request.cookies, dict)
            self.assertEqual(request.cookies.to_dict(), {"theme": "dark", "seen": "1"})

    def test_no_cookie_is_an_empty_dictionary(self):
        with Flask(__name__).test_request_context():
            self.assertEqual(request.cookies.to_dict(), {})
            self.assertIsNone(request.cookies.get("theme"))

    def test_what_the_client_sent_cannot_be_changed_by_the_server(self):
        with Flask(__name__).test_request_context(), self.assertRaises(TypeError):
            request.cookies["theme"] = "dark"

    def test_the_theme_is_the_one_that_the_cookie_names(self):
        for name in ("light", "dark"):
            with self.subTest(name=name):
                self.assertEqual(self.theme(Cookie=f"theme={name}"), name)

    def test_without_a_cookie_the_theme_is_light(self):
        self.assertEqual(self.theme(), "light")

    def test_a_cookie_with_another_value_is_as_good_as_none(self):
        for sent in ("", "plaid", "Dark", "darker", '"><script>', "../dark", "\xff"):
            with self.subTest(sent=sent):
                self.assertEqual(self.theme(Cookie=f"theme={sent}"), "light")


class TestSet(CookieTestCase):
    def test_the_response_names_the_cookie_and_its_value(self):
        cookie = self.parsed(self.choose("dark"))

        self.assertEqual((cookie.key, cookie.value), ("theme", "dark"))

    def test_the_next_request_brings_it_back_to_every_page(self):
        browser = Browser()

        browser.receive(self.choose("dark"))

        for path in ("", "preferences", "posts/1/edit"):
            with self.subTest(path=path):
                self.assertEqual(browser.sends(HTTP + path), {"theme": "dark"})

    def test_no_other_site_gets_it(self):
        browser = Browser()

        browser.receive(self.choose("dark"))

        self.assertEqual(browser.sends("http://other.example/"), {})

    def test_a_second_choice_takes_the_place_of_the_first(self):
        browser = Browser()

        browser.receive(self.choose("dark"))
        browser.receive(self.choose("light"))

        self.assertEqual(browser.sends(), {"theme": "light"})

    def test_what_nobody_offers_is_not_set(self):
        response = self.choose("plaid")

        self.assertEqual(response.headers.getlist("Set-Cookie"), [])


class TestExpire(CookieTestCase):
    def test_it_is_kept_for_a_year(self):
        browser = Browser()

        browser.receive(self.choose("dark"))

        self.assertEqual(browser.sends(later=timedelta(days=364)), {"theme": "dark"})

    def test_it_is_gone_after_a_year(self):
        browser = Browser()

        browser.receive(self.choose("dark"))

        self.assertEqual(browser.sends(later=timedelta(days=366)), {})

    def test_its_time_is_a_setting(self):
        self.app.config["PREFERENCE_LIFETIME"] = timedelta(minutes=1)
        browser = Browser()

        browser.receive(self.choose("dark"))

        self.assertEqual(browser.sends(later=timedelta(seconds=50)), {"theme": "dark"})
        self.assertEqual(browser.sends(later=timedelta(seconds=70)), {})

    def test_one_that_is_deleted_is_gone_at_once(self):
        browser = Browser()
        browser.receive(self.choose("dark"))

        browser.receive(self.forget())

        self.assertEqual(browser.sends(), {})


class TestFlags(CookieTestCase):
    def store_in_session(self, url: str) -> Response:
        """Store a value in the session and return a response that carries its cookie."""
        response = self.app.make_response("")
        with self.app.test_request_context("/", url):
            session["user_id"] = 1
            self.app.session_interface.save_session(self.app, session, response)
        return response

    def test_no_script_can_read_a_cookie(self):
        for response in (self.choose("dark"), self.store_in_session(HTTP)):
            with self.subTest(response=response.headers["Set-Cookie"]):
                self.assertTrue(self.parsed(response)["httponly"])

    def test_no_other_site_can_post_with_a_cookie(self):
        for response in (self.choose("dark"), self.store_in_session(HTTP)):
            with self.subTest(response=response.headers["Set-Cookie"]):
                self.assertEqual(self.parsed(response)["samesite"], "Lax")

    def test_a_cookie_set_over_https_never_goes_back_over_http(self):
        for response in (self.choose("dark", HTTPS), self.store_in_session(HTTPS)):
            with self.subTest(response=response.headers["Set-Cookie"]):
                browser = Browser()
                browser.receive(response, HTTPS)

                self.assertTrue(self.parsed(response)["secure"])
                self.assertEqual(browser.sends(HTTP), {})
                self.assertEqual(len(browser.sends(HTTPS)), 1)

    def test_a_cookie_set_over_http_goes_back_over_http(self):
        for response in (self.choose("dark"), self.store_in_session(HTTP)):
            with self.subTest(response=response.headers["Set-Cookie"]):
                browser = Browser()
                browser.receive(response)

                self.assertEqual(len(browser.sends(HTTP)), 1)
