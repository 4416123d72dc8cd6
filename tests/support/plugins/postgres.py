"""The option `--postgres`: run the tests on a PostgreSQL server that is started for this run."""

import sys
from contextlib import ExitStack

import pytest

from tests.support import databases


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--postgres`."""
    parser.addoption(
        "--postgres", action="store_true", help="run on a PostgreSQL server, started for this run"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start one server for all workers of pytest-xdist, which inherit its address."""
    if config.getoption("--postgres") and not hasattr(config, "workerinput"):
        if sys.platform == "win32":
            raise pytest.UsageError("--postgres needs Linux or macOS: on Windows, use WSL.")
        stack = ExitStack()
        config.add_cleanup(stack.close)
        stack.enter_context(databases.postgres_server())
