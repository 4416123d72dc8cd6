"""Flask-Testing's `LiveServerTestCase`, as the shim mends it: a real socket for each test."""

import subprocess
import sys
import threading
from pathlib import Path
from socket import create_connection
from threading import Barrier, Thread
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

import pytest
from flask import Flask
from selenium.webdriver.common.by import By

from tests.support.flask_testing_shim import LiveServerTestCase
from tests.system.browser import Browser

ROOT = Path(__file__).parents[2]

# One file of live-server tests, for a process of its own: with the library or with the shim, under
# any start method, with any port in the library's setting.
CASE = """
import importlib
import multiprocessing
import sys
import unittest
from urllib.request import ProxyHandler, build_opener

from flask import Flask

module, start_method, port, test = sys.argv[1:]
multiprocessing.set_start_method(start_method)


class Case(importlib.import_module(module).LiveServerTestCase):
    def create_app(self):
        app = Flask("app")
        app.config["LIVESERVER_PORT"] = int(port)
        app.add_url_rule("/", view_func=lambda: "The app under test")
        return app

    def test_page(self):
        opener = build_opener(ProxyHandler({}))
        with opener.open(self.get_server_url(), timeout=20) as response:
            self.assertEqual(response.read(), b"The app under test")

    def test_interrupted(self):
        raise KeyboardInterrupt  # as Ctrl-C does, but also where the signal is ignored


unittest.main(argv=["unittest", f"Case.{test}"])
"""


def run_case(
    module: str, start_method: str, port: int = 0, test: str = "test_page"
) -> subprocess.CompletedProcess[str]:
    """Run a test of `CASE` in a new process, with the `LiveServerTestCase` of `module`."""
    arguments = [module, start_method, str(port), test]
    return subprocess.run(  # noqa: S603 - nothing in it comes from outside
        [sys.executable, "-c", CASE, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


class TestLiveServer(LiveServerTestCase):
    def create_app(self) -> Flask:
        app = Flask(__name__)
        # Two parties: a request comes back only when another one is in the server with it.
        together = Barrier(2, timeout=10)

        @app.get("/")
        def index() -> str:
            return "<h1>Hello World!!!</h1>"

        @app.get("/together")
        def wait() -> str:
            together.wait()
            return "both"

        return app

    @pytest.fixture
    def lend_browser(self, browser: Browser) -> None:
        self.browser = browser

    def assert_passes(self, run: subprocess.CompletedProcess[str]) -> None:
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("Ran 1 test", run.stderr)

    def read(self, path: str) -> str:
        opener = build_opener(ProxyHandler({}))  # not through a proxy that the machine may have
        with opener.open(self.get_server_url() + path, timeout=20) as response:
            return response.read().decode()

    def test_the_app_answers_on_a_real_socket(self) -> None:
        self.assertEqual(self.read("/"), "<h1>Hello World!!!</h1>")

    @pytest.mark.usefixtures("lend_browser")
    def test_a_browser_shows_the_page_of_the_app(self) -> None:
        self.browser.get(self.get_server_url())

        self.assertEqual(self.browser.find_element(By.TAG_NAME, "h1").text, "Hello World!!!")

    def test_two_requests_are_served_at_the_same_time(self) -> None:
        answers: list[str] = []
        other = Thread(target=lambda: answers.append(self.read("/together")))

        other.start()
        answers.append(self.read("/together"))
        other.join()

        self.assertEqual(answers, ["both", "both"])

    def test_the_server_is_gone_after_the_test(self) -> None:
        class Inner(LiveServerTestCase):
            create_app = self.create_app

            def runTest(self) -> None:
                self.url = urlsplit(self.get_server_url())
                self.threads = set(threading.enumerate()) - before

        before = set(threading.enumerate())
        inner = Inner()

        inner.debug()

        [thread] = inner.threads
        self.assertFalse(thread.is_alive())
        with self.assertRaises(ConnectionRefusedError):
            create_connection((inner.url.hostname, inner.url.port))

    def test_it_starts_under_fork(self) -> None:
        self.assert_passes(run_case("tests.support.flask_testing_shim", "fork"))

    def test_it_starts_under_spawn_where_the_library_does_not(self) -> None:
        library = run_case("flask_testing", "spawn")

        self.assertNotEqual(library.returncode, 0, "The library starts: its mend can go.")
        self.assertIn("<locals>.worker", library.stderr)
        self.assert_passes(run_case("tests.support.flask_testing_shim", "spawn"))

    def test_it_starts_under_forkserver_where_the_library_does_not(self) -> None:
        library = run_case("flask_testing", "forkserver")

        self.assertNotEqual(library.returncode, 0, "The library starts: its mend can go.")
        self.assertIn("<locals>.worker", library.stderr)
        self.assert_passes(run_case("tests.support.flask_testing_shim", "forkserver"))

    def test_it_never_asks_another_server_unlike_the_library(self) -> None:
        library = run_case("flask_testing", "fork", self._server.port)

        self.assertIn("b'<h1>Hello World!!!</h1>' != b'The app under test'", library.stderr)
        self.assert_passes(run_case("tests.support.flask_testing_shim", "fork", self._server.port))

    def test_an_interrupted_run_ends(self) -> None:
        run = run_case("tests.support.flask_testing_shim", "spawn", test="test_interrupted")

        self.assertIn("KeyboardInterrupt", run.stderr)
