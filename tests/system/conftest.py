"""Fixtures and options of the system layer."""

import sys
from collections.abc import Iterator

import pytest
from xdist.workermanage import NodeManager

from tests.support.missing import missing
from tests.system import reports
from tests.system.fixtures import browser, open_browser  # noqa: F401 - fixtures
from tests.system.processes import MEASURED

# Seconds that pytest-xdist waits for a worker to exit before it kills it. It tells an interrupted
# worker after five seconds, and the worker then needs time to stop its browser and its servers.
NodeManager.EXIT_TIMEOUT = 30


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--headed`."""
    parser.addoption("--headed", action="store_true", help="show the browser")


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin that saves reports; `-p no:browser_reports` turns it off."""
    config.pluginmanager.register(reports, "browser_reports")


@pytest.fixture(scope="session", autouse=True)
def linux() -> None:
    """A skip on other systems, where not every server of the course runs."""
    if sys.platform != "linux":
        missing("The system layer needs Linux: a container, or WSL on Windows.")


@pytest.fixture(scope="session", autouse=True)
def default_environment() -> Iterator[None]:
    """An environment without settings of pytest and coverage, for subprocesses."""
    with pytest.MonkeyPatch.context() as patch:
        for name in (*MEASURED, "FORCE_COLOR", "PY_COLORS", "PYTEST_ADDOPTS"):
            patch.delenv(name, raising=False)
        yield
