"""Where each setting comes from, the secret key, the proxies in front, and the headers."""

import os
import stat
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier
from unittest import mock
from urllib.parse import urlencode

from flask import Flask, Response, json, request

from app import config, create_app
from app.config import DEFAULTS, HEADERS, add_headers, database_uri, secret_key
from app.models import TAGNAME_LENGTH, TEXT_LENGTH, TITLE_LENGTH, db
from app.posts import TAGS_OF_A_POST


class TestDefaults(unittest.TestCase):
    def test_passwords_are_hashed_by_scrypt(self):
        self.assertEqual(DEFAULTS["PASSWORD_METHOD"], "scrypt")

    def test_the_longest_post_can_be_sent_in_any_script(self):
        letter = "\N{GRINNING FACE}"  # twelve bytes, percent-encoded and in JSON alike
        post = {
            "title": letter * TITLE_LENGTH,
            "text": letter * TEXT_LENGTH,
            "tags": ", ".join([letter * TAGNAME_LENGTH] * TAGS_OF_A_POST),
        }

        for body in (urlencode(post), json.dumps(post)):
            self.assertLess(len(body), DEFAULTS["MAX_CONTENT_LENGTH"])

    def test_a_token_lives_as_long_as_its_session(self):
        self.assertIsNone(DEFAULTS["WTF_CSRF_TIME_LIMIT"])


class TestEnvironment(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(TemporaryDirectory()))

    def app(self, **variables: str) -> Flask:
        """Make an application in an environment that has no other setting than these."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("FLASK_") and name != "DATABASE_URL"
        }
        settings = {"FLASK_INSTANCE_PATH": str(self.folder), **variables}
        with mock.patch.dict(os.environ, {**kept, **settings}, clear=True):
            return create_app()

    def test_without_any_the_defaults_hold(self):
        app = self.app()

        self.assertEqual({name: app.config[name] for name in DEFAULTS}, DEFAULTS)

    def test_without_any_the_database_lies_in_the_instance_folder(self):
        with self.app().app_context():
            url = db.engine.url

        self.assertEqual(
            (url.drivername, url.database), ("sqlite", str(self.folder / "blog.sqlite"))
        )

    def test_without_any_the_secret_key_is_kept_in_the_instance_folder(self):
        app = self.app()

        self.assertEqual(app.config["SECRET_KEY"], (self.folder / "secret_key").read_text())

    def test_a_setting_is_read_with_its_type(self):
        app = self.app(FLASK_PAGE_SIZE="5", FLASK_PREFERENCE_LIFETIME="60")

        self.assertEqual(app.config["PAGE_SIZE"], 5)
        self.assertEqual(app.config["PREFERENCE_LIFETIME"], 60)

    def test_a_secret_key_stays_text_though_it_looks_like_a_number(self):
        for key in ("12345", "1e9", "true", "null", '"quoted"'):
            with self.subTest(key=key):
                self.assertEqual(self.app(FLASK_SECRET_KEY=key).config["SECRET_KEY"], key)

    def test_a_secret_key_that_is_given_is_not_written_down(self):
        self.app(FLASK_SECRET_KEY="there and back again")

        self.assertFalse((self.folder / "secret_key").exists())

    def test_an_empty_secret_key_is_none(self):
        app = self.app(FLASK_SECRET_KEY="")

        self.assertEqual(app.config["SECRET_KEY"], (self.folder / "secret_key").read_text())

    def test_the_database_is_the_platforms(self):
        app = self.app(DATABASE_URL="postgres://localhost/blog")

        self.assertEqual(
            app.config["SQLALCHEMY_DATABASE_URI"], "postgresql+psycopg://localhost/blog"
        )

    def test_settings_that_are_passed_in_hide_the_environment(self):
        settings = {"SECRET_KEY": "test", "SQLALCHEMY_DATABASE_URI": "sqlite://"}

        with mock.patch.dict(os.environ, FLASK_PAGE_SIZE="5", DATABASE_URL="mysql://localhost"):
            app = create_app(settings)

        self.assertEqual(app.config["PAGE_SIZE"], DEFAULTS["PAGE_SIZE"])


class TestDatabaseUri(unittest.TestCase):
    def test_each_form_of_a_platform_becomes_the_one_of_sqlalchemy(self):
        for url, uri in (
            ("postgres://u:p@host:5432/db", "postgresql+psycopg://u:p@host:5432/db"),
            ("postgresql://u:p@host/db?sslmode=x", "postgresql+psycopg://u:p@host/db?sslmode=x"),
            ("postgresql+psycopg://u:p@host/db", "postgresql+psycopg://u:p@host/db"),
            ("postgres://u:a://b@host/db", "postgresql+psycopg://u:a://b@host/db"),
            ("sqlite:///blog.sqlite", "sqlite:///blog.sqlite"),
            ("sqlite://", "sqlite://"),
        ):
            with self.subTest(url=url):
                self.assertEqual(database_uri(url), uri)

    def test_any_other_database_is_refused_by_its_name(self):
        with self.assertRaisesRegex(ValueError, "postgresql:// or sqlite://, and not with 'mysql'"):
            database_uri("mysql://john:secret@localhost/blog")

    def test_what_is_no_address_is_refused(self):
        for url in ("blog.sqlite", "postgres:host", "://host"):
            with self.subTest(url=url), self.assertRaisesRegex(ValueError, "^DATABASE_URL must"):
                database_uri(url)

    def test_the_refusal_does_not_show_the_password(self):
        with self.assertRaises(ValueError) as caught:
            database_uri("mysql://john:secret@localhost/blog")

        self.assertNotIn("secret", str(caught.exception))


class TestSecretKey(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(TemporaryDirectory()))

    def test_a_key_is_made_of_256_random_bits(self):
        self.assertRegex(secret_key(self.folder), "^[0-9a-f]{64}$")

    def test_each_folder_has_its_own(self):
        self.assertNotEqual(secret_key(self.folder / "one"), secret_key(self.folder / "two"))

    def test_the_key_stays_the_same(self):
        self.assertEqual(secret_key(self.folder), secret_key(self.folder))

    def test_a_key_that_is_there_is_read_where_nothing_can_be_written(self):
        key = secret_key(self.folder)

        with mock.patch("tempfile.mkstemp", side_effect=PermissionError):
            self.assertEqual(secret_key(self.folder), key)

    def test_the_folder_is_made_where_it_is_missing(self):
        folder = self.folder / "var" / "instance"

        secret_key(folder)

        self.assertEqual([path.name for path in folder.iterdir()], ["secret_key"])

    def test_its_owner_alone_can_read_it(self):
        self.addCleanup(os.umask, os.umask(0))
        # Windows has one mode for all files that can be written to: its folders have the rights.
        private = 0o600 if os.name == "posix" else 0o666

        secret_key(self.folder)

        mode = (self.folder / "secret_key").stat().st_mode
        self.assertEqual(stat.S_IMODE(mode), private)

    def test_whoever_comes_second_takes_the_key_of_the_first(self):
        def overtaken() -> str:
            (self.folder / "secret_key").write_text("of the first")
            return "of the second"

        with mock.patch("secrets.token_hex", overtaken):
            key = secret_key(self.folder)

        self.assertEqual(key, "of the first")
        self.assertEqual([path.name for path in self.folder.iterdir()], ["secret_key"])

    def test_a_key_that_cannot_be_put_in_its_place_leaves_nothing(self):
        # As on a file system without hard links.
        with (
            mock.patch("os.link" if os.name == "posix" else "os.rename", side_effect=OSError),
            self.assertRaises(RuntimeError),
        ):
            secret_key(self.folder)

        self.assertEqual(list(self.folder.iterdir()), [])

    def test_workers_that_start_at_once_agree_on_one(self):
        start = Barrier(8)

        def worker(_number: int) -> str:
            start.wait(timeout=60)
            return secret_key(self.folder)

        with ThreadPoolExecutor(8) as workers:
            keys = set(workers.map(worker, range(8)))

        self.assertEqual(keys, {(self.folder / "secret_key").read_text()})
        self.assertEqual([path.name for path in self.folder.iterdir()], ["secret_key"])

    def test_a_folder_that_cannot_be_written_to_is_reported_with_what_to_do(self):
        # A file in its place: even root cannot write into that.
        folder = self.folder / "instance"
        folder.touch()

        with self.assertRaisesRegex(RuntimeError, "neither be read nor made .* set FLASK_"):
            secret_key(folder)

    def test_a_key_that_cannot_be_read_is_reported_with_what_to_do(self):
        # A folder in its place: even root cannot read that.
        (self.folder / "secret_key").mkdir()

        with self.assertRaisesRegex(RuntimeError, "neither be read nor made .* set FLASK_"):
            secret_key(self.folder)

    def test_a_key_that_is_empty_is_reported_with_what_to_do(self):
        (self.folder / "secret_key").touch()

        with self.assertRaisesRegex(RuntimeError, "secret_key is empty: remove it"):
            secret_key(self.folder)


class TestProxy(unittest.TestCase):
    FORWARDED = {
        "X-Forwarded-For": "198.51.100.7",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "blog.example",
    }

    def seen(self, headers: dict[str, str], **settings: object) -> list[str | None]:
        """Give what the application takes for the client's address and for its own."""
        app = Flask(__name__)
        config.init_app(app, {"SECRET_KEY": "test", **settings})
        app.add_url_rule("/", view_func=lambda: [request.remote_addr, request.url])
        return app.test_client().get("/", headers=headers).json

    def test_what_is_no_number_of_proxies_is_refused(self):
        for hops in ("x", -1, 1.5, None, True):
            with self.subTest(hops), self.assertRaisesRegex(ValueError, "FLASK_PROXY_HOPS must"):
                self.seen({}, PROXY_HOPS=hops)

    def test_what_a_client_says_of_itself_is_not_believed(self):
        self.assertEqual(self.seen(self.FORWARDED), ["127.0.0.1", "http://localhost/"])

    def test_what_the_configured_proxy_says_is_believed(self):
        seen = self.seen(self.FORWARDED, PROXY_HOPS=1)

        self.assertEqual(seen, ["198.51.100.7", "https://blog.example/"])

    def test_what_no_proxy_is_said_to_set_is_not_believed(self):
        headers = {"X-Forwarded-Port": "8443", "X-Forwarded-Prefix": "//evil.example"}

        seen = self.seen({**self.FORWARDED, **headers}, PROXY_HOPS=1)

        self.assertEqual(seen, ["198.51.100.7", "https://blog.example/"])

    def test_what_stands_before_the_proxy_that_is_configured_is_not_believed(self):
        headers = {name: f"forged, {value}" for name, value in self.FORWARDED.items()}

        seen = self.seen(headers, PROXY_HOPS=1)

        self.assertEqual(seen, ["198.51.100.7", "https://blog.example/"])

    def test_behind_two_proxies_the_outer_one_is_believed(self):
        headers = {name: f"{value}, inner" for name, value in self.FORWARDED.items()}

        seen = self.seen(headers, PROXY_HOPS=2)

        self.assertEqual(seen, ["198.51.100.7", "https://blog.example/"])


class TestHeaders(unittest.TestCase):
    def test_each_header_is_added(self):
        response = add_headers(Response())

        self.assertLessEqual(set(HEADERS.items()), set(response.headers.items()))

    def test_a_header_that_a_view_has_set_stays(self):
        response = add_headers(Response(headers={"Referrer-Policy": "no-referrer"}))

        self.assertEqual(response.headers.getlist("Referrer-Policy"), ["no-referrer"])

    def test_a_page_deals_with_this_site_alone_and_runs_no_inline_script(self):
        policy = HEADERS["Content-Security-Policy"]

        self.assertEqual(
            dict(directive.split(" ", 1) for directive in policy.split("; ")),
            {
                "default-src": "'self'",  # of which 'unsafe-inline' would be an exception
                "base-uri": "'none'",
                "form-action": "'self'",
                "frame-ancestors": "'none'",
                "object-src": "'none'",
            },
        )

    def test_a_browser_guesses_no_type_and_tells_no_other_site_where_one_came_from(self):
        self.assertEqual(HEADERS["X-Content-Type-Options"], "nosniff")
        self.assertEqual(HEADERS["Referrer-Policy"], "same-origin")
