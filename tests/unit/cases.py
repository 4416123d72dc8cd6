"""Base classes of the tests in this layer."""

from flask import Flask

from tests.support.config import CONFIG, create_app
from tests.support.databases import tables
from tests.support.flask_testing_shim import TestCase


class DatabaseTestCase(TestCase):
    """A test case with an application context and empty tables in an in-memory database.

    The context stays pushed for the whole test, as in `flask shell`. A test client would share it
    and hide a forgotten commit, so tests with a client use another base class.
    """

    def create_app(self) -> Flask:
        return create_app(CONFIG)

    def setUp(self) -> None:
        super().setUp()
        self.enterContext(tables(self.app))
        self.enterContext(self.app.app_context())
