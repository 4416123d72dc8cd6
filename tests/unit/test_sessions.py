"""The session as it travels in its cookie, and the functions that log someone in and out."""

import unittest
from base64 import urlsafe_b64decode
from unittest import mock
from urllib.parse import parse_qs, urlsplit

from flask import Flask, Response, json, session
from werkzeug.exceptions import Unauthorized
from werkzeug.security import check_password_hash

from app.models import User, db
from app.sessions import (
    SessionInterface,
    authenticate,
    current_user,
    is_local,
    log_in,
    logged_in_user,
    login_required,
    logout,
    nobodys_hash,
)
from tests.unit.cases import DatabaseTestCase


def bare_app(secret_key: str | None = "test") -> Flask:
    """Make an application that has this one's sessions, and nothing else."""
    app = Flask(__name__)
    app.secret_key = secret_key
    app.session_interface = SessionInterface()
    return app


def save_session(app: Flask) -> Response:
    """Return an empty response that carries the cookie of the current session."""
    response = app.make_response("")
    app.session_interface.save_session(app, session, response)
    return response


def cookie(app: Flask, sent: str = "", **values: object) -> str:
    """Give the cookie that a request gets which stores these values in its session."""
    with app.test_request_context(headers={"Cookie": sent}):
        session.update(values)
        response = save_session(app)
    return response.headers["Set-Cookie"].partition(";")[0]


def read(app: Flask, sent: str) -> dict[str, object]:
    """Give what a request finds in the session that brings this cookie."""
    with app.test_request_context(headers={"Cookie": sent}):
        return dict(session)


class TestStore(unittest.TestCase):
    def test_the_session_is_a_dictionary(self):
        with bare_app().test_request_context():
            self.assertIsInstance(session._get_current_object(), dict)
            self.assertEqual(session, {})

    def test_what_one_request_stores_the_next_one_finds(self):
        app = bare_app()

        sent = cookie(app, user_id=1, words=["Hola", "Adiós"])

        self.assertEqual(read(app, sent), {"user_id": 1, "words": ["Hola", "Adiós"]})

    def test_another_client_finds_nothing_of_it(self):
        app = bare_app()
        cookie(app, user_id=1)

        self.assertEqual(read(app, ""), {})

    def test_two_clients_have_two_sessions(self):
        app = bare_app()

        john, fordo = cookie(app, user_id=1), cookie(app, user_id=2)

        self.assertEqual(read(app, john), {"user_id": 1})
        self.assertEqual(read(app, fordo), {"user_id": 2})

    def test_what_is_stored_later_is_added(self):
        app = bare_app()

        sent = cookie(app, cookie(app, user_id=1), theme="dark")

        self.assertEqual(read(app, sent), {"user_id": 1, "theme": "dark"})

    def test_a_request_that_stores_nothing_gets_no_cookie(self):
        app = bare_app()

        with app.test_request_context():
            response = save_session(app)

        self.assertNotIn("Set-Cookie", response.headers)

    def test_a_session_that_is_emptied_is_taken_back(self):
        app = bare_app()

        with app.test_request_context(headers={"Cookie": cookie(app, user_id=1)}):
            session.clear()
            response = save_session(app)

        self.assertIn("session=; Expires=Thu, 01 Jan 1970", response.headers["Set-Cookie"])


class TestSigned(unittest.TestCase):
    def decoded(self, sent: str) -> dict[str, object]:
        """Give what is in a session's cookie, as anyone can who finds it: no key is needed."""
        payload = sent.removeprefix("session=").partition(".")[0]
        return json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))

    def test_anyone_can_read_it_without_the_key_though_the_course_calls_it_encrypted(self):
        sent = cookie(bare_app(), user_id=1, note="there and back again")

        self.assertEqual(self.decoded(sent), {"user_id": 1, "note": "there and back again"})

    def test_it_is_all_in_the_cookie_though_the_course_keeps_it_on_the_server(self):
        app = bare_app()

        sent = cookie(app, user_id=1, words=["Hola", "Adiós"])

        serializer = app.session_interface.get_signing_serializer(app)
        self.assertEqual(serializer.loads(sent.removeprefix("session=")), read(app, sent))
        self.assertEqual(read(app, sent), {"user_id": 1, "words": ["Hola", "Adiós"]})

    def test_a_changed_one_is_ignored(self):
        app = bare_app()
        mine, yours = cookie(app, user_id=1), cookie(app, user_id=2)
        signature = mine.partition(".")[2]

        forged = f"{yours.partition('.')[0]}.{signature}"

        self.assertEqual(self.decoded(forged), {"user_id": 2})
        self.assertEqual(read(app, forged), {})

    def test_one_without_its_signature_is_ignored(self):
        app = bare_app()
        content, time, signature = cookie(app, user_id=1).split(".")

        for forged in (
            content,
            f"{content}.{time}",
            f"{content}.{time}.",
            f"{content}.{signature}",
            f"{content}.{time}.{signature[:-2]}",
            f"{content}.{time}.{signature.swapcase()}",
            "session=",
            "session=.",
            "session={}",
        ):
            with self.subTest(forged=forged):
                self.assertEqual(read(app, forged), {})


class TestSecretKey(unittest.TestCase):
    def test_without_one_nothing_can_be_stored_and_the_error_says_why(self):
        with (
            bare_app(secret_key=None).test_request_context(),
            self.assertRaisesRegex(RuntimeError, "no secret key was set"),
        ):
            session["user_id"] = 1

    def test_without_one_there_is_nothing_to_read(self):
        self.assertEqual(read(bare_app(secret_key=None), cookie(bare_app(), user_id=1)), {})

    def test_another_one_does_not_read_the_cookie(self):
        sent = cookie(bare_app("one key"), user_id=1)

        self.assertEqual(read(bare_app("another key"), sent), {})
        self.assertEqual(read(bare_app("one key"), sent), {"user_id": 1})


class TestLogin(DatabaseTestCase):
    def sign_up(self, username: str, password: str | None = None) -> User:
        user = User(username=username)
        if password is not None:
            user.set_password(password)
        db.session.add(user)
        db.session.commit()
        return user

    def test_a_name_and_its_password_give_the_user(self):
        user = self.sign_up("John Williams", "there and back again")

        self.assertIs(authenticate("John Williams", "there and back again"), user)

    def test_anything_else_gives_nobody(self):
        self.sign_up("John Williams", "there and back again")
        self.sign_up("Fordo Baggings", "one to rule them all")
        self.sign_up("Nobody")

        for username, password in (
            ("John Williams", "there and back"),
            ("John Williams", "There and back again"),
            ("John Williams", "there and back again "),
            ("John Williams", "one to rule them all"),
            ("John Williams", ""),
            ("John", "there and back again"),
            ("john williams", "there and back again"),
            ("' OR 1=1 --", "there and back again"),
            ("Nobody", ""),
            ("Nobody", "None"),
            ("", ""),
        ):
            with self.subTest(username=username, password=password):
                self.assertIsNone(authenticate(username, password))

    def test_whoever_is_refused_costs_the_work_of_one_password_of_the_same_kind(self):
        """Its time would otherwise tell which names exist; a test counts the work instead."""
        self.sign_up("John Williams", "there and back again")
        self.sign_up("Nobody")

        for username in ("John Williams", "Nobody", "Unknown"):
            with (
                self.subTest(username=username),
                mock.patch("app.sessions.check_password_hash", wraps=check_password_hash) as check,
            ):
                authenticate(username, "wrong")

                [(stored, password)] = [call.args for call in check.call_args_list]
                self.assertEqual(stored.partition("$")[0], self.app.config["PASSWORD_METHOD"])
                self.assertEqual(password, "wrong")

    def test_the_hash_of_nobody_is_made_once(self):
        method = self.app.config["PASSWORD_METHOD"]

        self.assertIs(nobodys_hash(method), nobodys_hash(method))

    def test_a_password_is_not_kept_but_its_hash_as_the_setting_says(self):
        user = User()

        user.set_password("there and back again")

        self.assertTrue(user.password_hash.startswith(self.app.config["PASSWORD_METHOD"] + "$"))
        self.assertNotIn("there and back again", user.password_hash)

    def test_one_password_of_two_people_has_two_hashes(self):
        john, fordo = User(), User()

        john.set_password("there and back again")
        fordo.set_password("there and back again")

        self.assertNotEqual(john.password_hash, fordo.password_hash)

    def test_a_login_keeps_nothing_of_the_session_before(self):
        self.sign_up("John Williams")
        user = self.sign_up("Fordo Baggings")

        with self.app.test_request_context():
            session["user_id"] = 99
            session["left"] = "by someone else"
            log_in(user)

            self.assertEqual(session, {"user_id": 2})

    def test_a_logout_keeps_nothing(self):
        with self.app.test_request_context():
            session.update(user_id=1, left="by someone")
            logout()

            self.assertEqual(session, {})

    def test_whoever_is_logged_in_is_the_user_that_the_session_names(self):
        user = self.sign_up("John Williams")

        with self.app.test_request_context():
            log_in(user)

            self.assertEqual((current_user().id, logged_in_user().id), (user.id, user.id))

    def test_a_visitor_is_nobody(self):
        with self.app.test_request_context():
            self.assertIsNone(current_user())

    def test_a_session_whose_account_is_gone_is_nobody(self):
        with self.app.test_request_context():
            session["user_id"] = 99

            self.assertIsNone(current_user())

    def test_a_visitor_is_unauthorized_where_a_user_is_needed(self):
        with self.app.test_request_context(), self.assertRaisesRegex(Unauthorized, "Log in first"):
            logged_in_user()

    def ask_for_a_page(self, path: str, user_id: int | None = None, **request: object) -> object:
        """Call a view that needs a login; give what it returns, or what stands in its way."""

        @login_required
        def page(number: int) -> str:
            return f"Page {number}"

        with self.app.test_request_context(path, **request):
            if user_id is not None:
                session["user_id"] = user_id
            return page(number=7)

    def test_whoever_is_logged_in_sees_the_page(self):
        user = self.sign_up("John Williams")

        self.assertEqual(self.ask_for_a_page("/posts/new", user.id), "Page 7")

    def test_a_visitor_is_sent_to_the_login_which_knows_the_way_back(self):
        for path in ("/posts/new", "/posts/7/edit?draft=1&tag=a%26b", "/es/Adi%C3%B3s"):
            with self.subTest(path=path):
                login = urlsplit(self.ask_for_a_page(path).location)

                [back] = parse_qs(login.query)["next"]
                self.assertEqual(login.path, "/login")
                self.assertTrue(is_local(back))
                with self.app.test_request_context(path) as there:
                    expected = there.request.full_path
                with self.app.test_request_context(back) as here:
                    self.assertEqual(here.request.full_path, expected)

    def test_a_program_that_looks_first_is_sent_where_a_browser_is(self):
        response = self.ask_for_a_page("/posts/new", method="HEAD")

        self.assertEqual(response.location, "/login?next=/posts/new")

    def test_what_a_visitor_posted_is_no_page_to_come_back_to(self):
        response = self.ask_for_a_page("/posts/new", method="POST")

        self.assertEqual(response.location, "/login")

    def test_a_session_whose_account_is_gone_needs_a_new_login(self):
        response = self.ask_for_a_page("/posts/new", user_id=99)

        self.assertEqual(response.location, "/login?next=/posts/new")

    def test_a_program_is_told_that_it_must_log_in_first(self):
        with self.assertRaisesRegex(Unauthorized, "Log in first"):
            self.ask_for_a_page("/contact", headers={"Accept": "application/json"})

    def test_a_view_that_needs_a_login_keeps_its_name(self):
        @login_required
        def page() -> str:
            return ""

        self.assertEqual(page.__name__, "page")

    def test_the_way_back_may_lead_anywhere_on_this_site(self):
        for target in (
            "/",
            "/posts/",
            "/posts/?before=3&x=//",
            "/es/Adi%C3%B3s",
            "/es/Ñandú",
            "/login?next=/posts/new",
            "/a//b",
            "/john@localhost:80/#end",
        ):
            with self.subTest(target=target):
                self.assertTrue(is_local(target))

    def test_the_way_back_never_leads_to_another_site(self):
        for target in (
            "",
            "evil.example",
            "//evil.example",
            "///evil.example",
            "////evil.example/..",
            "//",
            "//user@evil.example",
            "http://evil.example",
            "https://evil.example",
            "HTTPS://evil.example",
            "https:evil.example",
            "https:/evil.example",
            "javascript:alert(1)",
            "data:text/html,evil",
            "mailto:evil@example",
            "?next=//evil.example",
            "#//evil.example",
            ".//evil.example",
        ):
            with self.subTest(target=target):
                self.assertFalse(is_local(target))

    def test_the_way_back_has_no_backslash_which_browsers_take_for_a_slash(self):
        for target in (
            "/\\evil.example",
            "\\/evil.example",
            "\\\\evil.example",
            "/\\/evil.example",
            "/..\\..\\evil.example",
            "/posts\\",
        ):
            with self.subTest(target=target):
                self.assertFalse(is_local(target))

    def test_the_way_back_has_no_character_that_browsers_drop(self):
        for target in (
            "/\t/evil.example",
            "/\n/evil.example",
            "/\r/evil.example",
            "\t//evil.example",
            " //evil.example",
            "/ /evil.example",
            "//evil.example\n",
            "/posts\n",
            "/posts\r\nSet-Cookie: user_id=1",
            "/\0/evil.example",
            "/\x1f/evil.example",
            "/\x7f/evil.example",
            "/\x85/evil.example",
            "/\N{NO-BREAK SPACE}/evil.example",
            "/\N{LINE SEPARATOR}/evil.example",
        ):
            with self.subTest(target=target):
                self.assertFalse(is_local(target))
