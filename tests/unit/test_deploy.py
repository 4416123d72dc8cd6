"""The deployment files, read: what they must agree on with each other and with the application."""

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


def uwsgi() -> dict[str, str]:
    """Give the options of uwsgi.ini."""
    # Without interpolation, as `%` is uWSGI's own. An option that is there twice is an error.
    parser = ConfigParser(interpolation=None)
    parser.read_string((ROOT / "deploy" / "uwsgi.ini").read_text("utf-8"))
    return dict(parser["uwsgi"])


def nginx(directive: str) -> list[str]:
    """Give what each such directive of nginx.conf says, outside of its comments."""
    return re.findall(rf"^ *{directive} ([^;{{]+?) *[;{{]", NGINX, re.MULTILINE)


def names_in_wsgi_py() -> set[str]:
    """Give the names that wsgi.py defines; importing it would read the environment."""
    tree = ast.parse((ROOT / "wsgi.py").read_text("utf-8"))
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}


class TestUwsgi(unittest.TestCase):
    def test_it_serves_the_application_of_wsgi_py(self):
        options = uwsgi()

        self.assertEqual(options["wsgi-file"], "wsgi.py")
        self.assertIn(options["callable"], names_in_wsgi_py())

    def test_it_has_an_address_for_nginx_and_another_for_http(self):
        options = uwsgi()

        self.assertNotEqual(options["socket"], options["http-socket"])

    def test_it_is_reached_from_its_own_machine_alone(self):
        options = uwsgi()

        for option in ("socket", "http-socket"):
            with self.subTest(option):
                self.assertRegex(options[option], r"^127\.0\.0\.1:\d+$")


class TestNginx(unittest.TestCase):
    def setUp(self):
        self.app = create_app(CONFIG)

    def test_it_asks_uwsgi_at_the_socket_that_speaks_its_protocol(self):
        self.assertEqual(nginx("uwsgi_pass"), [uwsgi()["socket"]])

    def test_the_static_location_is_that_of_the_application_with_its_slash(self):
        self.assertEqual(nginx("location"), ["/", f"{self.app.static_url_path}/"])

    def test_the_alias_is_the_applications_static_folder_with_its_slash(self):
        [alias] = nginx("alias")

        self.assertTrue(alias.endswith("/"))
        self.assertEqual(ROOT / alias, Path(self.app.static_folder))

    def test_every_static_file_is_of_a_kind_that_it_knows(self):
        [kinds] = re.findall(r"types {(.+?)}", NGINX, re.DOTALL)
        files = [path for path in Path(self.app.static_folder).rglob("*") if path.is_file()]

        self.assertTrue(files)
        for file in files:
            with self.subTest(file.name):
                self.assertIn(f" {file.suffix[1:]};", kinds)

    def test_it_lets_through_what_the_application_takes(self):
        [size] = nginx("client_max_body_size")
        [megabytes] = re.findall(r"^(\d+)m$", size)

        self.assertGreater(int(megabytes) * 1024 * 1024, DEFAULTS["MAX_CONTENT_LENGTH"])


class TestHeroku(unittest.TestCase):
    def setUp(self):
        lines = re.findall(r"^(\w+): (.+)$", PROCFILE, re.MULTILINE)
        self.processes = {name: shlex.split(command) for name, command in lines}

    def test_gunicorn_serves_the_application_of_wsgi_py_on_the_platforms_port(self):
        program, *options, application = self.processes["web"]
        module, _, name = application.partition(":")

        self.assertEqual((program, module), ("gunicorn", "wsgi"))
        self.assertIn(name, names_in_wsgi_py())
        self.assertEqual(options[options.index("--bind") + 1], "0.0.0.0:$PORT")

    def test_each_release_begins_with_a_command_of_the_application(self):
        program, command = self.processes["release"]

        self.assertEqual(program, "flask")
        self.assertIn(command, create_app(CONFIG).cli.commands)

    def test_the_platform_installs_what_the_procfile_and_postgresql_need(self):
        requirements = (ROOT / "requirements.txt").read_text("utf-8")

        for needed in ("flask", "gunicorn", "psycopg"):
            with self.subTest(needed):
                self.assertRegex(requirements, rf"(?m)^{needed}(\[binary\])?==")
