"""The database: connection settings, tables, ids in URLs, and commits that can conflict."""

import os
import sqlite3
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Dialect, Engine, event, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import Conflict
from werkzeug.routing import IntegerConverter

# Each of these numbers fits an INTEGER column, also in PostgreSQL.
ROW_ID = "[0-9]{1,9}"


class Base(DeclarativeBase):
    """The base class of SQLAlchemy's typed models."""


db = SQLAlchemy(
    model_class=Base,
    # Objects keep their values after a commit. Otherwise, a view would read the id of a stored row
    # from the database, and if that failed, the user would see an error and send the form again.
    session_options={"expire_on_commit": False},
    # Error messages, which are logged, contain no password hashes, email addresses or posts. A
    # connection is tested before each request, and replaced if the database was restarted.
    engine_options={"hide_parameters": True, "pool_pre_ping": True},
)

if TYPE_CHECKING:
    # Flask-SQLAlchemy creates db.Model at run time, so type checkers cannot see it.
    class Model(Base):
        """The base class of the application's models."""

        __abstract__ = True
else:
    Model = db.Model


class RowId(IntegerConverter):
    """Converter for `<int:...>` in URLs: a number that fits an id column, otherwise 404."""

    regex = ROW_ID


def init_app(app: Flask) -> None:
    """Connect `app` to its database."""
    app.url_map.converters["int"] = RowId
    db.init_app(app)


@event.listens_for(Engine, "do_connect")
def create_file(dialect: Dialect, _record: object, arguments: list[Any], _: object) -> None:
    """Create the file of an SQLite database, readable by its owner only, like the secret key."""
    if dialect.name == "sqlite" and not arguments[0].startswith((":memory:", "file:")):
        # Only a new file is opened (O_EXCL): closing an existing one would release all locks that
        # this process holds on it, and another program could then delete the write-ahead log. If
        # the file cannot be created, SQLite's own error message says more.
        with suppress(OSError):
            os.close(os.open(arguments[0], os.O_CREAT | os.O_EXCL, 0o600))


@event.listens_for(Engine, "connect")
def prepare_connection(connection: Any, _record: object) -> None:
    """Enable foreign keys in SQLite, which are off by default, and set the busy timeout."""
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None  # see begin_transaction
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA busy_timeout = 10000")  # milliseconds


@event.listens_for(Engine, "before_cursor_execute")
def begin_transaction(_connection: Connection, cursor: Any, statement: str, *_: object) -> None:
    """Begin a transaction in SQLite before the first statement that may write.

    Python's `sqlite3` would do that itself, but overlooks some statements: in a Turkish locale, it
    does not recognize INSERT, and a rollback would keep the row (Python 3.11 and 3.12). Unlike in
    SQLAlchemy's documentation, reads before the first write stay outside the transaction. A
    transaction that began with a read cannot write after another connection has written ("database
    is locked").
    """
    reads = statement.startswith(("SELECT", "PRAGMA", "EXPLAIN", "BEGIN"))
    if isinstance(cursor, sqlite3.Cursor) and not (reads or cursor.connection.in_transaction):
        cursor.execute("BEGIN")


def create_tables() -> None:
    """Create the missing tables; existing ones stay unchanged.

    A lock prevents a race condition if several processes start at once: the first one creates the
    tables while the others wait.
    """
    lock = "SELECT pg_advisory_xact_lock(0)"
    if db.engine.dialect.name == "sqlite":
        lock = "BEGIN IMMEDIATE"
        with db.engine.connect() as connection:
            # With a write-ahead log, readers do not wait for a writer. The file stores this mode.
            connection.execute(text("PRAGMA journal_mode = WAL"))
    with db.engine.begin() as connection:
        connection.execute(text(lock))
        db.metadata.create_all(connection)


def commit_or_conflict(message: str) -> None:
    """Commit the session, or roll back and raise 409 Conflict with `message`.

    Two requests may change the same row, or insert the same unique value, at the same time. Only
    the database can decide such a race condition: the second request gets `IntegrityError`
    (unique constraint) or `StaleDataError` (optimistic locking, see `models.Versioned`).
    """
    try:
        db.session.commit()
    except (IntegrityError, StaleDataError) as error:
        db.session.rollback()
        raise Conflict(message) from error
