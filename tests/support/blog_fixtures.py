"""Fixtures with the course's data: its users John and Fordo, logged in, and their posts."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support import login
from tests.support.blog import load_dataset


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


@pytest.fixture
def threaded_app(new_app: Callable[..., Flask], tmp_path: Path) -> Flask:
    """An application with the course's data whose database several threads can use at once."""
    app = new_app(file=tmp_path / "blog.sqlite")
    load_dataset(app)
    return app
