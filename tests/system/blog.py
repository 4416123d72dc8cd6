"""The base class of the blog's browser tests.

It adds the course's data and a login to the one in `cases.py`, which suits any application.
"""

from flask import Flask

from tests.support.blog import load_dataset
from tests.support.login import log_in
from tests.system.cases import BrowserTestCase


class BlogTestCase(BrowserTestCase):
    """A test case with the blog and the course's data on a live server, and a browser."""

    def create_app(self) -> Flask:
        app = super().create_app()
        load_dataset(app)
        return app

    def log_in(self, username: str) -> None:
        """Log in as this user, without the login form."""
        session = log_in(self.app, username).get_cookie("blog_session")
        self.browser.cdp(
            "Network.setCookie",
            name=session.key,
            value=session.value,
            url=self.get_server_url(),
            httpOnly=session.http_only,
            sameSite=session.same_site,
        )
