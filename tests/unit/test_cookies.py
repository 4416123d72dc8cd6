"""The cookie that stores the theme: how it is read, set, expired and protected.

The views are called as functions; the tests look at the `Set-Cookie` header of what they return.
"""

import unittest
from datetime import timedelta
from http.cookies import Morsel, SimpleCookie

from flask import Flask, Response, make_response, request, session

from app import create_app
from app.cookies import preferences, reset, theme
from tests.support.config import CONFIG

HTTP, HTTPS = "http://localhost/", "https://localhost/"


class CookieTestCase(unittest.TestCase):
    """Base class with a new application for each test."""

    def setUp(self):
        self.app = create_app(CONFIG)

    def choose(self, value: str, base_url: str = HTTP) -> Response:
        """Return the response to a preferences form with this theme."""
        with self.app.test_request_context("/", base_url, method="POST", data={"theme": value}):
            return make_response(preferences())

    def forget(self) -> Response:
        """Return the response to the form that forgets the preference."""
        with self.app.test_request_context(method="POST"):
            return make_response(reset())

    def log_in(self, base_url: str = HTTP) -> Response:
        """Return a response that sets the session cookie."""
        response = self.app.make_response("")
        with self.app.test_request_context("/", base_url):
            session["user_id"] = 1
            self.app.session_interface.save_session(self.app, session, response)
        return response

    def cookie(self, response: Response) -> Morsel:
        """Return the only cookie that the response sets; its attributes are dictionary items."""
        [header] = response.headers.getlist("Set-Cookie")
        [cookie] = SimpleCookie(header).values()
        return cookie


class TestRead(unittest.TestCase):
    def theme_for(self, **headers: str) -> str:
        with Flask(__name__).test_request_context(headers=headers):
            return theme()

    def test_request_cookies_is_a_dictionary_of_the_cookies_sent(self):
        with Flask(__name__).test_request_context(headers={"Cookie": "theme=dark; seen=1"}):
            self.assertIsInstance(request.cookies, dict)
            self.assertEqual(request.cookies.to_dict(), {"theme": "dark", "seen": "1"})

    def test_request_cookies_is_empty_without_a_cookie(self):
        with Flask(__name__).test_request_context():
            self.assertEqual(request.cookies.to_dict(), {})
            self.assertIsNone(request.cookies.get("theme"))

    def test_request_cookies_is_read_only(self):
        with Flask(__name__).test_request_context(), self.assertRaises(TypeError):
            request.cookies["theme"] = "dark"

    def test_theme_is_the_value_of_the_cookie(self):
        for name in ("system", "light", "dark"):
            with self.subTest(name=name):
                self.assertEqual(self.theme_for(Cookie=f"theme={name}"), name)

    def test_theme_follows_the_system_without_a_cookie(self):
        self.assertEqual(self.theme_for(), "system")

    def test_unknown_theme_in_the_cookie_is_ignored(self):
        # Cookies are user input: anyone can send any value.
        for value in ("", "plaid", "Dark", "darker", '"><script>', "../dark", "\xff"):
            with self.subTest(value=value):
                self.assertEqual(self.theme_for(Cookie=f"theme={value}"), "system")


class TestSet(CookieTestCase):
    def test_choosing_a_theme_sets_the_cookie_for_every_page(self):
        cookie = self.cookie(self.choose("dark"))

        self.assertEqual((cookie.key, cookie.value), ("theme", "dark"))
        self.assertEqual(cookie["path"], "/")

    def test_next_request_sends_the_cookie_back(self):
        cookie = self.cookie(self.choose("dark"))

        with self.app.test_request_context(headers={"Cookie": f"{cookie.key}={cookie.value}"}):
            self.assertEqual(theme(), "dark")

    def test_cookie_without_a_domain_is_sent_to_this_host_only(self):
        cookie = self.cookie(self.choose("dark"))

        self.assertEqual(cookie["domain"], "")

    def test_unknown_theme_sets_no_cookie(self):
        response = self.choose("plaid")

        self.assertNotIn("Set-Cookie", response.headers)


class TestExpire(CookieTestCase):
    def test_preference_cookie_expires_after_one_year(self):
        cookie = self.cookie(self.choose("dark"))

        self.assertEqual(cookie["max-age"], "31536000")

    def test_preference_cookie_lifetime_is_configurable(self):
        self.app.config["PREFERENCE_LIFETIME"] = timedelta(minutes=1)

        cookie = self.cookie(self.choose("dark"))

        self.assertEqual(cookie["max-age"], "60")

    def test_reset_deletes_the_cookie_at_once(self):
        cookie = self.cookie(self.choose("dark"))

        deleted = self.cookie(self.forget())

        # A browser deletes the cookie with the same name, path and domain.
        self.assertEqual(deleted.key, cookie.key)
        self.assertEqual(deleted["path"], cookie["path"])
        self.assertEqual(deleted["domain"], cookie["domain"])
        self.assertEqual(deleted["max-age"], "0")


class TestFlags(CookieTestCase):
    """The flags of the preference cookie and of the session cookie."""

    def test_httponly_hides_the_cookie_from_scripts(self):
        # Otherwise cross-site scripting could steal the session.
        for response in (self.choose("dark"), self.log_in()):
            with self.subTest(response=response.headers["Set-Cookie"]):
                self.assertTrue(self.cookie(response)["httponly"])

    def test_samesite_lax_keeps_the_cookie_out_of_posts_from_other_sites(self):
        # A second defence against cross-site request forgery, besides the CSRF token.
        for response in (self.choose("dark"), self.log_in()):
            with self.subTest(response=response.headers["Set-Cookie"]):
                self.assertEqual(self.cookie(response)["samesite"], "Lax")

    def test_cookie_set_over_https_is_secure_and_not_sent_over_http(self):
        for response in (self.choose("dark", HTTPS), self.log_in(HTTPS)):
            with self.subTest(response=response.headers["Set-Cookie"]):
                self.assertTrue(self.cookie(response)["secure"])

    def test_session_cookie_has_a_name_of_its_own(self):
        # Ports share cookies: another Flask application on 127.0.0.1 would replace "session".
        self.assertEqual(self.cookie(self.log_in()).key, "blog_session")

    def test_session_cookie_set_over_https_has_the_host_prefix(self):
        # Browsers accept such a cookie only if it is secure, has no domain and is for all paths.
        cookie = self.cookie(self.log_in(HTTPS))

        self.assertEqual(cookie.key, "__Host-blog_session")
        self.assertTrue(cookie["secure"])
        self.assertEqual((cookie["domain"], cookie["path"]), ("", "/"))

    def test_cookie_set_over_http_is_not_secure_so_it_is_sent_back(self):
        for response in (self.choose("dark"), self.log_in()):
            with self.subTest(response=response.headers["Set-Cookie"]):
                self.assertFalse(self.cookie(response)["secure"])
