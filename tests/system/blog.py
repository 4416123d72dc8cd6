"""What the browser tests share: the blog on a live server, and someone who sits at a browser."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from flask import Flask

from tests.support.flask_testing_shim import LiveServerTestCase
from tests.support.login import log_in
from tests.system.browser import Browser, OpenBrowser
from tests.system.pages import Page

AnyPage = TypeVar("AnyPage", bound=Page)


class BlogTestCase(LiveServerTestCase):
    """A story of someone who looks at the blog, which has the course's data, with a browser.

    Whatever a browser's console has to say fails the test: an error of a script, a request that
    failed, a broken rule of the Content-Security-Policy. A test that provokes an HTTP error
    `expects` its status, and one that loses the network the browser's name for that.
    """

    expects: Sequence[int | str] = ()

    @pytest.fixture(autouse=True)
    def _lend(
        self, threaded_app: Flask, browser: Browser, open_browser: OpenBrowser, tmp_path: Path
    ) -> None:
        self._app = threaded_app
        self.folder = tmp_path
        self.browser = browser
        self._open_browser = open_browser

    def create_app(self) -> Flask:
        return self._app

    def setUp(self) -> None:
        super().setUp()
        self.browser.forget(self.get_server_url())
        # It runs before the server stops, after which a browser might ask in vain.
        self.addCleanup(lambda: self.check_console(self.browser, self.expects))

    def check_console(self, browser: Browser, expects: Sequence[int | str] = ()) -> None:
        found = [
            re.sub(r".* (?:responded with a status of |net::)(\w+).*", r"\1", entry["message"])
            for entry in browser.read_console()
        ]
        expected = [str(status) for status in expects]
        self.assertEqual(found, expected, "What the browser's console says is not what it may say.")

    @contextmanager
    def another_browser(self, folder: Path | None = None) -> Iterator[Browser]:
        """Give a browser beside the one that the tests share; its profile stays in the folder."""
        with self._open_browser(folder) as browser:
            yield browser
            self.check_console(browser)

    @contextmanager
    def another_window(self) -> Iterator[None]:
        """Be in a new window of the same browser, and close it."""
        window = self.browser.current_window_handle
        self.browser.switch_to.new_window("tab")
        yield
        self.browser.close()
        self.browser.switch_to.window(window)

    def visit(
        self, kind: type[AnyPage], path: str | None = None, browser: Browser | None = None
    ) -> AnyPage:
        """Open a page of this kind, at its own path or at another one."""
        return kind(browser or self.browser, self.get_server_url()).open(path)

    def log_in(self, name: str) -> None:
        """Have `name` logged in without the form, which has tests of its own."""
        session = log_in(self.app, name).get_cookie("session")
        self.browser.cdp(
            "Network.setCookie",
            name=session.key,
            value=session.value,
            url=self.get_server_url(),
            httpOnly=session.http_only,
            sameSite=session.same_site,
        )
