"""What several modules of this layer start from."""

from flask import Flask

from app import create_app
from tests.support.config import CONFIG
from tests.support.databases import in_memory
from tests.support.flask_testing_shim import TestCase


class DatabaseTestCase(TestCase):
    """Gives each test an application whose database, in memory, has the tables and no row.

    The application's context is there for the whole test, as it is in `flask shell`. A request
    would share it, and hide a forgotten commit: no test of such a class makes one.
    """

    def create_app(self) -> Flask:
        return create_app({**CONFIG, **self.enterContext(in_memory())})

    def setUp(self) -> None:
        super().setUp()
        self.enterContext(self.app.app_context())
