"""Flask-Testing's `LiveServerTestCase`, with the shim that fixes it for current Flask."""

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

# A test case that runs in a subprocess, because the start method of multiprocessing can be set only
# once. It uses the `LiveServerTestCase` of the library or of the shim.
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
        raise KeyboardInterrupt


unittest.main(argv=["unittest", f"Case.{test}"])
"""


def run_case(
    module: str, start_method: str, port: int = 0, test: str = "test_page"
) -> subprocess.CompletedProcess[str]:
    """Run a test of `CASE` in a subprocess, with the `LiveServerTestCase` of `module`."""
    arguments = [module, start_method, str(port), test]
    return subprocess.run(  # noqa: S603 - our own arguments
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
        # A request to /together is answered only when another one has arrived.
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
    def set_browser(self, browser: Browser) -> None:
        self.browser = browser

    def assert_passes(self, run: subprocess.CompletedProcess[str]) -> None:
        """Check that the subprocess ran one test, which passed."""
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("Ran 1 test", run.stderr)

    def read(self, path: str) -> str:
        """Return the body of the response, without a proxy of this machine."""
        opener = build_opener(ProxyHandler({}))
        with opener.open(self.get_server_url() + path, timeout=20) as response:
            return response.read().decode()

    def test_app_responds_on_a_real_socket(self) -> None:
        self.assertEqual(self.read("/"), "<h1>Hello World!!!</h1>")

    @pytest.mark.usefixtures("set_browser")
    def test_browser_shows_the_page_of_the_app(self) -> None:
        self.browser.get(self.get_server_url())

        self.assertEqual(self.browser.find_element(By.TAG_NAME, "h1").text, "Hello World!!!")

    def test_two_requests_are_served_concurrently(self) -> None:
        answers: list[str] = []
        other = Thread(target=lambda: answers.append(self.read("/together")))

        other.start()
        answers.append(self.read("/together"))
        other.join()

        self.assertEqual(answers, ["both", "both"])

    def test_server_stops_after_the_test(self) -> None:
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

    def test_server_starts_under_fork(self) -> None:
        self.assert_passes(run_case("tests.support.flask_testing_shim", "fork"))

    def test_server_starts_under_spawn_unlike_in_the_library(self) -> None:
        library = run_case("flask_testing", "spawn")

        self.assertNotEqual(library.returncode, 0, "The library starts: remove the fix.")
        self.assertIn("<locals>.worker", library.stderr)
        self.assert_passes(run_case("tests.support.flask_testing_shim", "spawn"))

    def test_server_starts_under_forkserver_unlike_in_the_library(self) -> None:
        library = run_case("flask_testing", "forkserver")

        self.assertNotEqual(library.returncode, 0, "The library starts: remove the fix.")
        self.assertIn("<locals>.worker", library.stderr)
        self.assert_passes(run_case("tests.support.flask_testing_shim", "forkserver"))

    def test_server_never_shares_a_port_unlike_in_the_library(self) -> None:
        library = run_case("flask_testing", "fork", self._server.port)

        self.assertIn("b'<h1>Hello World!!!</h1>' != b'The app under test'", library.stderr)
        self.assert_passes(run_case("tests.support.flask_testing_shim", "fork", self._server.port))

    def test_interrupted_run_exits(self) -> None:
        run = run_case("tests.support.flask_testing_shim", "spawn", test="test_interrupted")

        self.assertIn("KeyboardInterrupt", run.stderr)
