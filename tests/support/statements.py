"""Listen to the database events of an application, such as the SQL statements it executes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from tests.support.config import db


@contextmanager
def listener(target: Any, name: str, function: Callable[..., object]) -> Iterator[None]:
    """Call `function` on each SQLAlchemy event with this name in a `with` block."""
    event.listen(target, name, function)
    try:
        yield
    finally:
        event.remove(target, name, function)


@contextmanager
def recorded_statements(app: Flask) -> Iterator[list[str]]:
    """Record the SQL statements that `app` executes in a `with` block."""
    statements: list[str] = []

    def record(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    with app.app_context():
        engine = db.engine
    with listener(engine, "before_cursor_execute", record):
        yield statements


@contextmanager
def counted_steps(app: Flask) -> Iterator[list[None]]:
    """Count the virtual machine steps of SQLite in a `with` block, which do not vary with time."""
    taken: list[None] = []
    with app.app_context():
        # An in-memory database has one connection.
        connection = db.session.connection().connection.driver_connection
    connection.set_progress_handler(lambda: taken.append(None), 1)
    yield taken
    connection.set_progress_handler(None, 1)
