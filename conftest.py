"""The fixtures of the pytest layers: an application, its clients, and the course's data."""

import gc
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from coverage import Coverage
from flask import Flask, has_app_context, has_request_context
from flask import globals as contexts
from flask.testing import FlaskClient, FlaskCliRunner
from sqlalchemy import event

from app import create_app
from app.models import create_tables, db
from tests.support import databases, login
from tests.support.config import CONFIG


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--postgres`."""
    parser.addoption(
        "--postgres", action="store_true", help="run on a PostgreSQL server, started for this run"
    )


def pytest_configure(config: pytest.Config) -> None:
    """End on SIGTERM as on Ctrl-C; with `--postgres`, start the server for all workers.

    Raises `UsageError` where a file that is asked for is not there: pytest-xdist would not name it.
    """
    for argument in config.args:
        if not (config.invocation_params.dir / argument.partition("::")[0]).exists():
            raise pytest.UsageError(f"file or directory not found: {argument}")
    # By itself Python would be gone at once, and leave browsers and servers running. In the
    # background of a shell, Ctrl-C is ignored, and would be by every process that a test starts.
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGINT, interrupt)
    # Before pytest-xdist starts its workers: they inherit the address.
    if config.getoption("--postgres") and not hasattr(config, "workerinput"):
        stack = ExitStack()
        config.add_cleanup(stack.close)
        stack.enter_context(databases.postgres_server())


def interrupt(number: int, frame: FrameType | None) -> None:
    """Stop; the SIGTERM that nox sends next must not keep what is left from being put away."""
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.default_int_handler(number, frame)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Have htmlcov/ name the test beside each line that it runs, in a live server's thread, too."""
    coverage = Coverage.current()
    if coverage:
        coverage.switch_context(item.nodeid)
    try:
        return (yield)
    finally:
        if coverage:
            coverage.switch_context("")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a workflow command for each failure, which GitHub shows beside the test's first line.

    See GitHub's "Workflow commands": one counts only at the start of a line.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    for report in [*terminalreporter.getreports("failed"), *terminalreporter.getreports("error")]:
        path, line, name = report.location
        text = report.longreprtext.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        title = name.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
        place = f"file={Path(path).as_posix()},line={(line or 0) + 1}"
        terminalreporter.write_line(f"::error {place},title={title}::{text}")


def pytest_collection_finish() -> None:
    """Spare the garbage collector what has been imported, and the tests most of its pauses."""
    gc.freeze()
    gc.set_threshold(20_000)  # new objects, and not some hundreds


@pytest.fixture(scope="session")
def new_database(pytestconfig: pytest.Config) -> Iterator[databases.Databases]:
    """Lends a new database; `--postgres` says where."""
    use_postgres = pytestconfig.getoption("--postgres")
    source = databases.postgres() if use_postgres else nullcontext(databases.sqlite)
    with source as new:
        yield new


@pytest.fixture
def database(
    new_database: databases.Databases, request: pytest.FixtureRequest
) -> Iterator[databases.Settings]:
    """The settings of a database with the tables, and with data for whoever asks for `dataset`."""
    yield from new_database(with_data="dataset" in request.fixturenames)


@pytest.fixture
def dataset() -> None:
    """The course's people, contacts, posts and tags are in the database from the start."""


@pytest.fixture
def app(database: databases.Settings) -> Iterator[Flask]:
    """A new application with a database of its own."""
    app = create_app({**CONFIG, **database})
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def threaded_app(new_database: databases.Databases, tmp_path: Path) -> Iterator[Flask]:
    """An application with the course's data that may be asked by several threads at once."""
    for database in new_database(with_data=True, file=tmp_path / "blog.sqlite"):
        app = create_app({**CONFIG, **database})
        with app.app_context():
            create_tables()
        yield app
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Someone who has not logged in."""
    return app.test_client()


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    """The `flask` command line of the application."""
    return app.test_cli_runner()


@pytest.fixture
def log_in(app: Flask, dataset: None) -> Callable[[str], FlaskClient]:
    """Gives a new client of one of the course's people, logged in without the form."""
    return partial(login.log_in, app)


@pytest.fixture
def john(log_in: Callable[[str], FlaskClient]) -> FlaskClient:
    """John Williams, logged in."""
    return log_in("John Williams")


@pytest.fixture
def fordo(log_in: Callable[[str], FlaskClient]) -> FlaskClient:
    """Fordo Baggings, logged in."""
    return log_in("Fordo Baggings")


@pytest.fixture
def statements(app: Flask) -> Callable[..., AbstractContextManager[list[str]]]:
    """Records the SQL that `app`, or another application, sends in a `with` block."""

    @contextmanager
    def record(app: Flask = app) -> Iterator[list[str]]:
        sent: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            sent.append(statement)

        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        yield sent
        event.remove(engine, "before_cursor_execute", note)

    return record


@pytest.fixture(autouse=True)
def no_context_leaks() -> Iterator[None]:
    """A test that leaves a context pushed fails itself, and not the one after it."""
    yield
    left = has_app_context()
    while has_app_context():
        # A request has a context of the application beneath it, and takes it along. From Flask
        # 3.2 on they are one.
        are_two = has_request_context() and not hasattr(contexts.app_ctx, "has_request")
        (contexts.request_ctx if are_two else contexts.app_ctx).pop()
    assert not left, "This test left an application context pushed."
