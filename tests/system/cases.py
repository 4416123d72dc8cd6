"""The base class of the browser tests: the application on a live server, and a browser.

It suits any Flask application (docs/copy.md). The tests of the blog use the one in `blog.py`.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from flask import Flask, request, request_started

from tests.support.flask_testing_shim import LiveServerTestCase
from tests.system.browser import Browser, OpenBrowser
from tests.system.page import Page

AnyPage = TypeVar("AnyPage", bound=Page)
NewApp = Callable[..., Flask]


class BrowserTestCase(LiveServerTestCase):
    """A test case with the application on a live server, its database in a file, and a browser.

    A test fails if the browser's console shows an error: a JavaScript error, a failed request, or
    a violation of the Content-Security-Policy. A test that provokes errors lists them in
    `expected_errors`: the HTTP status, or the name of a network error.
    """

    expected_errors: Sequence[int | str] = ()

    @pytest.fixture(autouse=True)
    def _set_fixtures(
        self, new_app: NewApp, browser: Browser, open_browser: OpenBrowser, tmp_path: Path
    ) -> None:
        # unittest's test methods take no arguments.
        self._new_app = new_app
        self._open_browser = open_browser
        self.browser = browser
        self.tmp_path = tmp_path

    def create_app(self) -> Flask:
        return self._new_app(file="test.sqlite")

    def setUp(self) -> None:
        super().setUp()
        self.browser.clear(self.get_server_url())
        # Cleanups run in reverse order: this one runs while the server is still up.
        self.addCleanup(lambda: self.check_console(self.browser, self.expected_errors))

    def check_console(self, browser: Browser, expected: Sequence[int | str] = ()) -> None:
        """Check that the browser's console shows the expected errors and nothing else."""
        shown = [
            re.sub(r".* (?:responded with a status of |net::)(\w+).*", r"\1", entry["message"])
            for entry in browser.read_console()
        ]
        self.assertEqual(shown, list(map(str, expected)), "errors in the browser's console")

    def visit(
        self, page_class: type[AnyPage], path: str | None = None, browser: Browser | None = None
    ) -> AnyPage:
        """Open a page in the browser: the path of its page object, or another path."""
        return page_class(browser or self.browser, self.get_server_url()).open(path)

    @contextmanager
    def recorded_requests(self) -> Iterator[list[str]]:
        """Record the method and path of each request to the server in a `with` block."""
        requests: list[str] = []

        def note(_app: Flask, **_: object) -> None:
            requests.append(f"{request.method} {request.path}")

        with request_started.connected_to(note, self.app):
            yield requests

    @contextmanager
    def new_browser(self, profile: Path | None = None) -> Iterator[Browser]:
        """Start a second browser; with `profile`, it keeps its cookies in that folder."""
        with self._open_browser(profile) as browser:
            yield browser
            self.check_console(browser)

    @contextmanager
    def new_window(self) -> Iterator[None]:
        """Switch to a new window of the same browser, and close it at the end."""
        window = self.browser.current_window_handle
        self.browser.switch_to.new_window("tab")
        yield
        self.browser.close()
        self.browser.switch_to.window(window)
