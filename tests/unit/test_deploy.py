"""The deployment files: what must match between them and the application.

The files are only parsed here; the system layer starts the servers.
"""

import ast
import re
import shlex
import unittest
from configparser import ConfigParser
from pathlib import Path

from app import create_app
from app.config import DEFAULTS
from tests.support.config import CONFIG

ROOT = Path(__file__).parents[2]
NGINX = (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
PROCFILE = (ROOT / "Procfile").read_text("utf-8")


def uwsgi_options() -> dict[str, str]:
    """Return the options in uwsgi.ini; an option that is set twice is an error."""
    # No interpolation, because `%` has a meaning of its own in uWSGI.
    parser = ConfigParser(interpolation=None)
    parser.read_string((ROOT / "deploy" / "uwsgi.ini").read_text("utf-8"))
    return dict(parser["uwsgi"])


def nginx_values(directive: str) -> list[str]:
    """Return the value of each occurrence of a directive in nginx.conf, comments excluded."""
    return re.findall(rf"^ *{directive} ([^;{{]+?) *[;{{]", NGINX, re.MULTILINE)


def names_in_wsgi_py() -> set[str]:
    """Return the names that wsgi.py assigns, without importing it and reading the environment."""
    tree = ast.parse((ROOT / "wsgi.py").read_text("utf-8"))
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}


class TestUwsgi(unittest.TestCase):
    def test_uwsgi_serves_the_application_in_wsgi_py(self):
        options = uwsgi_options()

        self.assertEqual(options["wsgi-file"], "wsgi.py")
        self.assertIn(options["callable"], names_in_wsgi_py())

    def test_uwsgi_listens_for_nginx_and_for_http_on_different_addresses(self):
        options = uwsgi_options()

        self.assertNotEqual(options["socket"], options["http-socket"])

    def test_uwsgi_listens_on_the_loopback_interface_only(self):
        options = uwsgi_options()

        for option in ("socket", "http-socket"):
            with self.subTest(option):
                self.assertRegex(options[option], r"^127\.0\.0\.1:\d+$")


class TestNginx(unittest.TestCase):
    def setUp(self):
        self.app = create_app(CONFIG)

    def test_nginx_passes_requests_to_the_uwsgi_protocol_socket(self):
        self.assertEqual(nginx_values("uwsgi_pass"), [uwsgi_options()["socket"]])

    def test_static_location_ends_with_a_slash(self):
        # Without the slash, /static../ would serve files next to the folder (path traversal).
        self.assertEqual(nginx_values("location"), ["/", f"{self.app.static_url_path}/"])

    def test_static_alias_is_the_static_folder_of_the_application(self):
        [alias] = nginx_values("alias")

        self.assertTrue(alias.endswith("/"))
        self.assertEqual(ROOT / alias, Path(self.app.static_folder))

    def test_nginx_knows_the_content_type_of_every_static_file(self):
        [types] = re.findall(r"types {(.+?)}", NGINX, re.DOTALL)
        files = [path for path in Path(self.app.static_folder).rglob("*") if path.is_file()]

        self.assertTrue(files)

        for file in files:
            with self.subTest(file.name):
                self.assertIn(f" {file.suffix[1:]};", types)

    def test_nginx_limits_attempts_on_pages_of_the_application(self):
        [paths] = re.findall(r"\^POST/\((.+)\)\$", NGINX)
        pages = self.app.url_map.bind("localhost")

        for path in paths.split("|"):
            with self.subTest(path):
                self.assertTrue(pages.match(f"/{path}", "POST"))

    def test_nginx_limits_attempts_to_delete_an_account(self):
        [pattern] = re.findall(r"~\^DELETE(\S+)\$ ", NGINX)
        path = "/users/12"

        self.assertTrue(self.app.url_map.bind("localhost").match(path, "DELETE"))
        self.assertIsNotNone(re.fullmatch(pattern, path))

    def test_nginx_body_limit_is_above_the_limit_of_the_application(self):
        [size] = nginx_values("client_max_body_size")
        [megabytes] = re.findall(r"^(\d+)m$", size)

        self.assertGreater(int(megabytes) * 1024 * 1024, DEFAULTS["MAX_CONTENT_LENGTH"])


class TestHeroku(unittest.TestCase):
    def setUp(self):
        lines = re.findall(r"^(\w+): (.+)$", PROCFILE, re.MULTILINE)
        self.processes = {name: shlex.split(command) for name, command in lines}

    def test_web_process_is_gunicorn_on_the_port_of_the_platform(self):
        program, *options, application = self.processes["web"]
        module, _, name = application.partition(":")

        self.assertEqual((program, module), ("gunicorn", "wsgi"))
        self.assertIn(name, names_in_wsgi_py())
        self.assertEqual(options[options.index("--bind") + 1], "0.0.0.0:$PORT")

    def test_release_process_runs_a_command_of_the_application(self):
        program, command = self.processes["release"]

        self.assertEqual(program, "flask")
        self.assertIn(command, create_app(CONFIG).cli.commands)

    def test_requirements_include_gunicorn_and_the_postgresql_driver(self):
        requirements = (ROOT / "requirements.txt").read_text("utf-8")

        for needed in ("flask", "gunicorn", "psycopg"):
            with self.subTest(needed):
                self.assertRegex(requirements, rf"(?m)^{needed}(\[binary\])?==")
