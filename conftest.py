"""Fixtures of the pytest layers: an application, its database and its clients."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner

from tests.support import databases
from tests.support.config import CONFIG, create_app
from tests.support.statements import recorded_statements

# The blog's fixtures, and additions to pytest. The docstring of each module says why it is here.
pytest_plugins = [
    "tests.support.blog_fixtures",
    "tests.support.plugins.coverage_contexts",
    "tests.support.plugins.github_annotations",
    "tests.support.plugins.guards",
    "tests.support.plugins.interrupts",
    "tests.support.plugins.missing_files",
    "tests.support.plugins.postgres",
]


@pytest.fixture(scope="session")
def new_database(pytestconfig: pytest.Config) -> databases.NewDatabase:
    """A function that creates an empty database, for the length of a `with` block."""
    postgres = pytestconfig.getoption("--postgres")
    return databases.postgres_database if postgres else databases.sqlite_database


@pytest.fixture(scope="session")
def shared_app(new_database: databases.NewDatabase) -> Iterator[Flask]:
    """The application of all tests in this process: creating one takes longer than most tests."""
    with new_database() as settings:
        yield create_app({**CONFIG, **settings})


@pytest.fixture
def app(shared_app: Flask) -> Iterator[Flask]:
    """The application, with empty tables. A test that changes more than rows uses `new_app`."""
    with databases.tables(shared_app):
        yield shared_app


@pytest.fixture
def new_app(new_database: databases.NewDatabase, tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """A function that creates another application, with settings and a database of its own.

    With `file`, an SQLite database is stored in the file of this name in `tmp_path`, so that
    several threads can use it.
    """
    with ExitStack() as stack:

        def create(file: str | None = None, **settings: Any) -> Flask:
            database = stack.enter_context(new_database(tmp_path / file if file else None))
            app = create_app({**CONFIG, **database, **settings})
            stack.enter_context(databases.tables(app))
            return app

        yield create


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A test client with no session: a visitor."""
    return app.test_client()


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """A runner for the `flask` command line."""
    return app.test_cli_runner()


@pytest.fixture
def statements(app: Flask) -> Callable[[], AbstractContextManager[list[str]]]:
    """A function that records the SQL statements executed in a `with` block."""
    return partial(recorded_statements, app)
