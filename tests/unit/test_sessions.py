"""The session in its signed cookie, and the functions that log a user in and out."""

import unittest
from base64 import urlsafe_b64decode
from unittest import mock
from urllib.parse import parse_qs, urlsplit

from flask import Flask, Response, json, request, session
from werkzeug.exceptions import Unauthorized
from werkzeug.security import check_password_hash

from app.config import add_headers
from app.database import db
from app.models import User
from app.sessions import (
    SessionInterface,
    authenticate,
    current_user,
    dummy_hash,
    fingerprint,
    is_safe_redirect,
    log_in,
    logout,
    require_user,
)
from tests.unit.cases import DatabaseTestCase

PASSWORD = "there and back again"


def bare_app(secret_key: str | None = "test") -> Flask:
    """Return an application without pages that stores its sessions as the blog does."""
    app = Flask(__name__)
    app.secret_key = secret_key
    app.session_interface = SessionInterface()
    return app


def save_session(app: Flask) -> Response:
    """Return an empty response with the cookie of the current session."""
    response = app.make_response("")
    app.session_interface.save_session(app, session, response)
    return response


def store(app: Flask, cookie: str = "", **values: object) -> str:
    """Send a request that stores these values in its session, and return the new cookie."""
    with app.test_request_context(headers={"Cookie": cookie}):
        session.update(values)
        response = save_session(app)
    return response.headers["Set-Cookie"].partition(";")[0]


def load(app: Flask, cookie: str) -> dict[str, object]:
    """Return the session of a request that sends this cookie."""
    with app.test_request_context(headers={"Cookie": cookie}):
        return dict(session)


def create_user(username: str, password: str | None = None) -> User:
    """Store and return a user, by default one without a password."""
    user = User(username=username)
    if password is not None:
        user.set_password(password)
    db.session.add(user)
    db.session.commit()
    return user


class TestStore(unittest.TestCase):
    def setUp(self):
        self.app = bare_app()

    def test_session_is_a_dictionary(self):
        with self.app.test_request_context():
            self.assertIsInstance(session._get_current_object(), dict)
            self.assertEqual(session, {})

    def test_next_request_loads_the_stored_values(self):
        cookie = store(self.app, user_id=1, words=["Hola", "Adiós"])

        self.assertEqual(load(self.app, cookie), {"user_id": 1, "words": ["Hola", "Adiós"]})

    def test_two_clients_have_two_sessions(self):
        john, fordo = store(self.app, user_id=1), store(self.app, user_id=2)

        self.assertEqual(load(self.app, john), {"user_id": 1})
        self.assertEqual(load(self.app, fordo), {"user_id": 2})

    def test_later_request_adds_to_the_session(self):
        cookie = store(self.app, user_id=1)

        cookie = store(self.app, cookie, theme="dark")

        self.assertEqual(load(self.app, cookie), {"user_id": 1, "theme": "dark"})

    def test_request_that_stores_nothing_sets_no_cookie(self):
        with self.app.test_request_context():
            response = save_session(self.app)

        self.assertNotIn("Set-Cookie", response.headers)

    def test_clearing_the_session_deletes_the_cookie(self):
        cookie = store(self.app, user_id=1)

        with self.app.test_request_context(headers={"Cookie": cookie}):
            session.clear()
            response = save_session(self.app)

        self.assertIn("session=; Expires=Thu, 01 Jan 1970", response.headers["Set-Cookie"])


class TestSigned(unittest.TestCase):
    """The cookie has three parts with dots between them: the values, the time, the signature."""

    def decode(self, cookie: str) -> dict[str, object]:
        """Return the values in a session cookie, as anyone can without the secret key."""
        values = cookie.removeprefix("session=").partition(".")[0]
        return json.loads(urlsafe_b64decode(values + "=" * (-len(values) % 4)))

    def test_cookie_is_readable_without_the_key_although_the_course_says_encrypted(self):
        cookie = store(bare_app(), user_id=1, note=PASSWORD)

        self.assertEqual(self.decode(cookie), {"user_id": 1, "note": PASSWORD})

    def test_session_is_in_the_cookie_although_the_course_says_on_the_server(self):
        cookie = store(bare_app(), user_id=1)

        # A second application has the same key, and has never seen this session.
        self.assertEqual(load(bare_app(), cookie), {"user_id": 1})

    def test_cookie_with_changed_values_is_ignored(self):
        app = bare_app()
        john, fordo = store(app, user_id=1), store(app, user_id=2)

        forged = f"{fordo.partition('.')[0]}.{john.partition('.')[2]}"

        self.assertEqual(self.decode(forged), {"user_id": 2})
        self.assertEqual(load(app, forged), {})

    def test_cookie_without_its_signature_is_ignored(self):
        app = bare_app()
        values, timestamp, signature = store(app, user_id=1).split(".")

        for forged in (
            values,
            f"{values}.{timestamp}",
            f"{values}.{timestamp}.",
            f"{values}.{signature}",
            f"{values}.{timestamp}.{signature[:-2]}",
            f"{values}.{timestamp}.{signature.swapcase()}",
            "session=",
            "session=.",
            "session={}",
        ):
            with self.subTest(forged=forged):
                self.assertEqual(load(app, forged), {})


class TestSecretKey(unittest.TestCase):
    def test_storing_without_a_secret_key_raises_an_error_that_names_the_key(self):
        with (
            bare_app(secret_key=None).test_request_context(),
            self.assertRaisesRegex(RuntimeError, "no secret key was set"),
        ):
            session["user_id"] = 1

    def test_session_is_empty_without_a_secret_key(self):
        cookie = store(bare_app(), user_id=1)

        self.assertEqual(load(bare_app(secret_key=None), cookie), {})

    def test_cookie_signed_with_another_key_is_ignored(self):
        cookie = store(bare_app("one key"), user_id=1)

        self.assertEqual(load(bare_app("another key"), cookie), {})


class TestLogin(DatabaseTestCase):
    def start_request(self, **values: object) -> None:
        """Start a request with these values in its session; it ends with the test."""
        self.enterContext(self.app.test_request_context())
        session.update(values)

    def test_authenticate_returns_the_user_with_this_username_and_password(self):
        john = create_user("John Williams", PASSWORD)

        self.assertIs(authenticate("John Williams", PASSWORD), john)

    def test_authenticate_returns_none_for_any_other_username_or_password(self):
        create_user("John Williams", PASSWORD)
        create_user("Fordo Baggings", "one to rule them all")
        create_user("Passwordless")

        for username, password in (
            ("John Williams", "there and back"),
            ("John Williams", "There and back again"),
            ("John Williams", "there and back again "),
            ("John Williams", "one to rule them all"),
            ("John Williams", ""),
            ("John", PASSWORD),
            ("john williams", PASSWORD),
            ("' OR 1=1 --", PASSWORD),
            ("Passwordless", ""),
            ("Passwordless", "None"),
            ("", ""),
        ):
            with self.subTest(username=username, password=password):
                self.assertIsNone(authenticate(username, password))

    def test_password_accents_may_be_composed_or_decomposed(self):
        # Which of the two a keyboard sends depends on the operating system.
        composed, decomposed = "caf\u00e9 noir", "cafe\u0301 noir"
        john, fordo = create_user("John", composed), create_user("Fordo", decomposed)

        self.assertIs(authenticate("John", decomposed), john)
        self.assertIs(authenticate("Fordo", composed), fordo)

    def test_failed_login_checks_one_hash_even_for_an_unknown_username(self):
        # Otherwise the response time would tell which usernames exist: user enumeration by a
        # timing attack. A test of the time would be flaky, so this one counts the checks.
        create_user("John Williams", PASSWORD)
        create_user("Passwordless")

        for username in ("John Williams", "Passwordless", "Unknown"):
            with (
                self.subTest(username=username),
                # A test double (a spy): it counts the calls, and the real function still runs.
                mock.patch("app.sessions.check_password_hash", wraps=check_password_hash) as check,
            ):
                authenticate(username, "wrong")

                [(stored, password)] = [call.args for call in check.call_args_list]
                self.assertEqual(stored.partition("$")[0], self.app.config["PASSWORD_METHOD"])
                self.assertEqual(password, "wrong")

    def test_hash_for_unknown_usernames_is_computed_once(self):
        method = self.app.config["PASSWORD_METHOD"]

        self.assertIs(dummy_hash(method), dummy_hash(method))

    def test_login_clears_the_session(self):
        # Prevents session fixation: nothing that an attacker put into the session survives.
        fordo = create_user("Fordo Baggings")
        self.start_request(user_id=99, note="planted")

        log_in(fordo)

        self.assertEqual(session["user_id"], fordo.id)
        self.assertNotIn("note", session)

    def test_logout_clears_the_session(self):
        self.start_request(user_id=1, note="private")

        logout()

        self.assertEqual(session, {})

    def test_browser_must_not_store_the_page_of_a_logged_in_user(self):
        # After logging out, the Back button would show it to the next person at the computer.
        self.start_request(user_id=1)

        self.assertEqual(add_headers(Response()).headers["Cache-Control"], "no-store")

    def test_browser_may_store_the_page_of_a_visitor(self):
        self.start_request()

        self.assertNotIn("Cache-Control", add_headers(Response()).headers)

    def test_current_user_is_the_user_in_the_session(self):
        john = create_user("John Williams")
        self.start_request(user_id=john.id, fingerprint=fingerprint(john))

        self.assertEqual(current_user().id, john.id)
        self.assertEqual(require_user().id, john.id)

    def test_current_user_of_a_visitor_is_none(self):
        self.start_request()

        self.assertIsNone(current_user())

    def test_current_user_of_a_deleted_account_is_none(self):
        self.start_request(user_id=99)

        self.assertIsNone(current_user())

    def test_visitor_is_unauthorized_where_a_user_is_required(self):
        self.start_request()

        with self.assertRaises(Unauthorized):
            require_user()

    def unauthorized(self, path: str, user_id: int | None = None, **options: object) -> Response:
        """Return the response to a visitor, or to this user, where a login is required."""
        with self.app.test_request_context(path, **options):
            if user_id is not None:
                session["user_id"] = user_id
            return self.app.handle_user_exception(Unauthorized("Log in to see this page."))

    def full_path(self, url: str) -> str:
        """Return the path and the query string, decoded as the application sees them."""
        with self.app.test_request_context(url):
            return request.full_path

    def test_visitor_is_redirected_to_the_login_and_then_back(self):
        for path in ("/posts/new", "/posts/7/edit?draft=1&tag=a%26b", "/es/Adi%C3%B3s"):
            with self.subTest(path=path):
                login = urlsplit(self.unauthorized(path).location)
                [back] = parse_qs(login.query)["next"]

                self.assertEqual(login.path, "/login")
                self.assertTrue(is_safe_redirect(back))
                self.assertEqual(self.full_path(back), self.full_path(path))

    def test_head_request_of_a_visitor_is_redirected_like_get(self):
        response = self.unauthorized("/posts/new", method="HEAD")

        self.assertEqual(response.location, "/login?next=/posts/new")

    def test_post_request_of_a_visitor_is_redirected_to_the_login_without_next(self):
        # The posted form is lost by then, so there is no page to go back to.
        response = self.unauthorized("/posts/new", method="POST")

        self.assertEqual(response.location, "/login")

    def test_user_whose_account_was_deleted_is_redirected_to_the_login(self):
        response = self.unauthorized("/posts/new", user_id=99)

        self.assertEqual(response.location, "/login?next=/posts/new")

    def test_visitor_that_accepts_json_gets_the_message_and_no_redirect(self):
        response = self.unauthorized("/contact", headers={"Accept": "application/json"})

        self.assertEqual(response.status_code, 401)
        self.assertEqual(response.json["message"], "Log in to see this page.")


class TestRevoke(DatabaseTestCase):
    def test_session_ends_when_the_password_changes(self):
        self.enterContext(self.app.test_request_context())
        john = create_user("John Williams", PASSWORD)
        log_in(john)

        john.set_password("second breakfast")

        self.assertIsNone(current_user())

    def test_session_ends_when_the_same_password_is_set_again(self):
        # The hash has a new salt.
        self.enterContext(self.app.test_request_context())
        john = create_user("John Williams", PASSWORD)
        log_in(john)

        john.set_password(PASSWORD)

        self.assertIsNone(current_user())

    def test_session_ends_when_the_first_password_is_set(self):
        self.enterContext(self.app.test_request_context())
        john = create_user("John Williams")
        log_in(john)

        john.set_password(PASSWORD)

        self.assertIsNone(current_user())

    def test_session_survives_a_new_username(self):
        self.enterContext(self.app.test_request_context())
        john = create_user("John Williams", PASSWORD)
        log_in(john)

        john.username = "John Silver"

        self.assertIs(current_user(), john)

    def test_session_with_another_fingerprint_is_invalid(self):
        john = create_user("John Williams", PASSWORD)

        for values in ({}, {"fingerprint": ""}, {"fingerprint": fingerprint(User())}):
            with self.subTest(values), self.app.test_request_context():
                session.update(user_id=john.id, **values)

                self.assertIsNone(current_user())

    def test_fingerprint_reveals_no_part_of_the_hash(self):
        # The session cookie is readable.
        john = create_user("John Williams", PASSWORD)

        self.assertEqual(len(fingerprint(john)), 16)
        self.assertNotIn(fingerprint(john), john.password_hash)
