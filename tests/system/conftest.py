"""Fixtures and options of the system layer."""

import sys
from collections.abc import Iterator

import pytest

from tests.support.missing import missing
from tests.support.plugins import worker_exit
from tests.system import reports
from tests.system.fixtures import browser, open_browser  # noqa: F401 - fixtures
from tests.system.processes import MEASURED


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--headed`."""
    parser.addoption("--headed", action="store_true", help="show the browser")


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugins of this layer; `-p no:browser_reports` turns the reports off."""
    config.pluginmanager.register(reports, "browser_reports")
    config.pluginmanager.register(worker_exit)


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
