"""Configuration: defaults, environment variables, the secret key, proxies and headers."""

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
from limits.storage import RedisStorage
from werkzeug.datastructures import Headers

from app import config, create_app
from app.config import DEFAULTS, HEADERS, add_headers, database_uri, load_secret_key
from app.database import db
from app.models import TAGNAME_LENGTH, TEXT_LENGTH, TITLE_LENGTH
from app.posts import MAX_TAGS


class TestDefaults(unittest.TestCase):
    def test_passwords_are_hashed_with_scrypt(self):
        self.assertEqual(DEFAULTS["PASSWORD_METHOD"], "scrypt")

    def test_longest_post_fits_into_the_request_body_in_every_script(self):
        # An emoji takes twelve bytes, both percent-encoded and in JSON.
        letter = "\N{GRINNING FACE}"
        post = {
            "title": letter * TITLE_LENGTH,
            "text": letter * TEXT_LENGTH,
            "tags": ", ".join([letter * TAGNAME_LENGTH] * MAX_TAGS),
        }

        for body in (urlencode(post), json.dumps(post)):
            self.assertLess(len(body), DEFAULTS["MAX_CONTENT_LENGTH"])

    def test_csrf_token_expires_with_its_session_only(self):
        self.assertIsNone(DEFAULTS["WTF_CSRF_TIME_LIMIT"])


class TestEnvironment(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(TemporaryDirectory()))

    def app(self, **variables: str) -> Flask:
        """Return an application that is configured by these environment variables only."""
        others = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("FLASK_") and name != "DATABASE_URL"
        }
        settings = {"FLASK_INSTANCE_PATH": str(self.folder), **variables}
        with mock.patch.dict(os.environ, {**others, **settings}, clear=True):
            return create_app()

    def test_defaults_apply_without_environment_variables(self):
        app = self.app()

        self.assertEqual({name: app.config[name] for name in DEFAULTS}, DEFAULTS)

    def test_default_database_is_in_the_instance_folder(self):
        with self.app().app_context():
            url = db.engine.url

        self.assertEqual(
            (url.drivername, url.database), ("sqlite", str(self.folder / "blog.sqlite"))
        )

    def test_default_secret_key_is_stored_in_the_instance_folder(self):
        app = self.app()

        self.assertEqual(app.config["SECRET_KEY"], (self.folder / "secret_key").read_text())

    def test_numeric_setting_is_read_as_a_number(self):
        app = self.app(FLASK_PAGE_SIZE="5", FLASK_PREFERENCE_LIFETIME="60")

        self.assertEqual(app.config["PAGE_SIZE"], 5)
        self.assertEqual(app.config["PREFERENCE_LIFETIME"], 60)

    def test_secret_key_that_looks_like_json_stays_text(self):
        for key in ("12345", "1e9", "true", "null", '"quoted"'):
            with self.subTest(key=key):
                self.assertEqual(self.app(FLASK_SECRET_KEY=key).config["SECRET_KEY"], key)

    def test_secret_key_from_the_environment_is_not_written_to_disk(self):
        self.app(FLASK_SECRET_KEY="there and back again")

        self.assertFalse((self.folder / "secret_key").exists())

    def test_empty_secret_key_in_the_environment_is_ignored(self):
        app = self.app(FLASK_SECRET_KEY="")

        self.assertEqual(app.config["SECRET_KEY"], (self.folder / "secret_key").read_text())

    def test_database_url_of_the_platform_is_used(self):
        app = self.app(DATABASE_URL="postgres://localhost/blog")

        self.assertEqual(
            app.config["SQLALCHEMY_DATABASE_URI"], "postgresql+psycopg://localhost/blog"
        )

    def test_login_attempts_are_counted_in_the_configured_storage(self):
        # In memory, each worker would count for itself.
        app = self.app(FLASK_ATTEMPTS_STORAGE="redis://localhost")

        self.assertIsInstance(app.extensions["attempts"]().storage, RedisStorage)

    def test_settings_passed_to_the_factory_replace_the_environment(self):
        settings = {"SECRET_KEY": "test", "SQLALCHEMY_DATABASE_URI": "sqlite://"}

        with mock.patch.dict(os.environ, FLASK_PAGE_SIZE="5", DATABASE_URL="mysql://localhost"):
            app = create_app(settings)

        self.assertEqual(app.config["PAGE_SIZE"], DEFAULTS["PAGE_SIZE"])


class TestDatabaseUri(unittest.TestCase):
    def test_database_url_is_converted_for_sqlalchemy(self):
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

    def test_url_of_another_database_is_rejected(self):
        for url in ("mysql://host/blog", "blog.sqlite", "postgres:host", "://host"):
            with self.subTest(url=url), self.assertRaisesRegex(ValueError, "^DATABASE_URL must"):
                database_uri(url)


class TestSecretKey(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(TemporaryDirectory()))

    def test_secret_key_has_256_random_bits(self):
        self.assertRegex(load_secret_key(self.folder), "^[0-9a-f]{64}$")

    def test_secret_key_differs_between_folders(self):
        self.assertNotEqual(
            load_secret_key(self.folder / "one"), load_secret_key(self.folder / "two")
        )

    def test_secret_key_of_a_folder_stays_the_same(self):
        self.assertEqual(load_secret_key(self.folder), load_secret_key(self.folder))

    def test_existing_secret_key_is_read_from_a_read_only_folder(self):
        key = load_secret_key(self.folder)

        with mock.patch("tempfile.mkdtemp", side_effect=PermissionError):
            self.assertEqual(load_secret_key(self.folder), key)

    def test_missing_instance_folder_is_created(self):
        folder = self.folder / "var" / "instance"

        load_secret_key(folder)

        self.assertEqual([path.name for path in folder.iterdir()], ["secret_key"])

    def test_only_the_owner_can_read_the_secret_key(self):
        self.addCleanup(os.umask, os.umask(0))
        # On Windows the permissions are those of the folder; every writable file has this mode.
        private = 0o600 if os.name == "posix" else 0o666

        load_secret_key(self.folder)

        mode = (self.folder / "secret_key").stat().st_mode
        self.assertEqual(stat.S_IMODE(mode), private)

    def test_second_process_uses_the_secret_key_of_the_first(self):
        # A race condition: the other process stores its key while this one generates its own.
        def token_hex() -> str:
            (self.folder / "secret_key").write_text("first")
            return "second"

        with mock.patch("secrets.token_hex", token_hex):
            key = load_secret_key(self.folder)

        self.assertEqual(key, "first")
        self.assertEqual([path.name for path in self.folder.iterdir()], ["secret_key"])

    def test_failure_to_store_the_secret_key_leaves_no_file_behind(self):
        # This happens on a file system without hard links.
        function = "os.link" if os.name == "posix" else "os.rename"

        with mock.patch(function, side_effect=OSError), self.assertRaises(RuntimeError):
            load_secret_key(self.folder)

        self.assertEqual(list(self.folder.iterdir()), [])

    def test_secret_key_is_created_without_a_folder_for_temporary_files(self):
        # The draft is in the folder of the key: a hard link cannot lead to another file system.
        with mock.patch("tempfile.tempdir", str(self.folder / "missing")):
            key = load_secret_key(self.folder)

        self.assertEqual((self.folder / "secret_key").read_text(), key)

    def test_workers_that_start_at_once_use_the_same_secret_key(self):
        start = Barrier(8)

        def worker(_number: int) -> str:
            start.wait(timeout=60)
            return load_secret_key(self.folder)

        with ThreadPoolExecutor(8) as workers:
            keys = set(workers.map(worker, range(8)))

        self.assertEqual(keys, {(self.folder / "secret_key").read_text()})
        self.assertEqual([path.name for path in self.folder.iterdir()], ["secret_key"])

    def test_worker_that_has_lost_the_race_uses_the_key_of_the_first_one(self):
        # Each worker has looked for a key before the other has stored one.
        with mock.patch.object(Path, "exists", return_value=False):
            first, second = (load_secret_key(self.folder) for _ in range(2))

        self.assertEqual(first, second)

    def test_unwritable_instance_folder_is_an_error_that_says_what_to_do(self):
        # Not even root can write into a file as if it were a folder.
        folder = self.folder / "instance"
        folder.touch()

        with self.assertRaisesRegex(RuntimeError, "set FLASK_SECRET_KEY"):
            load_secret_key(folder)

    def test_unreadable_secret_key_is_an_error_that_says_what_to_do(self):
        # Not even root can read a folder as if it were a file.
        (self.folder / "secret_key").mkdir()

        with self.assertRaisesRegex(RuntimeError, "set FLASK_SECRET_KEY"):
            load_secret_key(self.folder)

    def test_empty_secret_key_file_is_an_error_that_says_what_to_do(self):
        (self.folder / "secret_key").touch()

        with self.assertRaisesRegex(RuntimeError, "secret_key is empty"):
            load_secret_key(self.folder)


class TestProxy(unittest.TestCase):
    FORWARDED = {
        "X-Forwarded-For": "198.51.100.7",
        "X-Forwarded-Proto": "https",
    }

    def seen(self, headers: dict[str, str], **settings: object) -> list[str | None]:
        """Return the client address and the URL that the application sees."""
        app = Flask(__name__)
        config.init_app(app, {"SECRET_KEY": "test", **settings})
        app.add_url_rule("/", view_func=lambda: [request.remote_addr, request.url])
        return app.test_client().get("/", headers=headers).json

    def test_invalid_number_of_proxies_is_rejected(self):
        for hops in ("many", -1, 1.5, None):
            with self.subTest(hops), self.assertRaisesRegex(ValueError, "^FLASK_PROXY_HOPS must"):
                self.seen({}, PROXY_HOPS=hops)

    def test_forwarded_headers_are_ignored_without_a_proxy(self):
        self.assertEqual(self.seen(self.FORWARDED), ["127.0.0.1", "http://localhost/"])

    def test_forwarded_headers_of_a_configured_proxy_are_trusted(self):
        seen = self.seen(self.FORWARDED, PROXY_HOPS=1)

        self.assertEqual(seen, ["198.51.100.7", "https://localhost/"])

    def test_forwarded_host_port_and_prefix_are_ignored(self):
        # Many proxies do not set these, so that a client could (open redirect).
        headers = {
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Port": "8443",
            "X-Forwarded-Prefix": "//evil.example",
        }

        seen = self.seen({**self.FORWARDED, **headers}, PROXY_HOPS=1)

        self.assertEqual(seen, ["198.51.100.7", "https://localhost/"])

    def test_forwarded_values_forged_by_the_client_are_ignored(self):
        # A proxy appends its own value to what the client sent.
        headers = {name: f"forged, {value}" for name, value in self.FORWARDED.items()}

        seen = self.seen(headers, PROXY_HOPS=1)

        self.assertEqual(seen, ["198.51.100.7", "https://localhost/"])

    def test_outer_one_of_two_proxies_is_trusted(self):
        headers = {name: f"{value}, inner" for name, value in self.FORWARDED.items()}

        seen = self.seen(headers, PROXY_HOPS=2)

        self.assertEqual(seen, ["198.51.100.7", "https://localhost/"])


class TestHeaders(unittest.TestCase):
    def headers(self, base_url: str = "http://localhost", **set_by_view: str) -> Headers:
        """Return the headers of a response after the security headers were added."""
        with Flask(__name__).test_request_context(base_url=base_url):
            return add_headers(Response(headers=set_by_view)).headers

    def test_security_headers_are_added_to_every_response(self):
        self.assertLessEqual(set(HEADERS.items()), set(self.headers().items()))

    def test_security_header_set_by_a_view_is_kept(self):
        headers = self.headers(**{"Referrer-Policy": "no-referrer"})

        self.assertEqual(headers.getlist("Referrer-Policy"), ["no-referrer"])

    def test_browser_is_told_over_https_to_use_https_for_a_year(self):
        # HSTS: a later visit over HTTP could be intercepted before it is redirected.
        headers = self.headers("https://blog.example")

        self.assertEqual(headers["Strict-Transport-Security"], f"max-age={365 * 24 * 60 * 60}")

    def test_browser_is_not_told_over_http_to_use_https(self):
        self.assertNotIn("Strict-Transport-Security", self.headers("http://blog.example"))

    def test_content_security_policy_allows_this_site_and_no_inline_script(self):
        # A second defence against cross-site scripting, besides the escaping of the templates.
        policy = HEADERS["Content-Security-Policy"]

        self.assertEqual(
            dict(directive.split(" ", 1) for directive in policy.split("; ")),
            {
                "default-src": "'self'",
                "base-uri": "'none'",
                "form-action": "'self'",
                "frame-ancestors": "'none'",
                "object-src": "'none'",
            },
        )

    def test_browser_sniffs_no_content_type_and_sends_no_referrer_to_other_sites(self):
        self.assertEqual(HEADERS["X-Content-Type-Options"], "nosniff")
        self.assertEqual(HEADERS["Referrer-Policy"], "same-origin")
