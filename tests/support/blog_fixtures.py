"""Fixtures with the course's data: its users John and Fordo, logged in, and their posts.

The fixtures of the root conftest.py suit any application; these are for the blog only.
"""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support import databases, login
from tests.support.blog import load_dataset
from tests.support.config import CONFIG, create_app


@pytest.fixture
def dataset(app: Flask) -> None:
    """The course's users, contacts, posts and tags, stored in the database."""
    load_dataset(app)


@pytest.fixture
def log_in(app: Flask, dataset: None) -> Callable[[str], FlaskClient]:
    """A function that returns a new client, logged in as the user of this name."""
    return partial(login.log_in, app)


@pytest.fixture
def john(log_in: Callable[[str], FlaskClient]) -> FlaskClient:
    """A client logged in as John Williams."""
    return log_in("John Williams")


@pytest.fixture
def fordo(log_in: Callable[[str], FlaskClient]) -> FlaskClient:
    """A client logged in as Fordo Baggings."""
    return log_in("Fordo Baggings")


@pytest.fixture(scope="session")
def shared_threaded_app(
    new_database: databases.NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """The application of all tests with threads: its database is a file."""
    with new_database(tmp_path_factory.mktemp("database") / "blog.sqlite") as settings:
        yield create_app({**CONFIG, **settings})


@pytest.fixture
def threaded_app(shared_threaded_app: Flask) -> Iterator[Flask]:
    """An application with the course's data whose database several threads can use at once."""
    with databases.tables(shared_threaded_app):
        load_dataset(shared_threaded_app)
        yield shared_threaded_app
