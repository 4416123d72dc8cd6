"""The fixtures of the browser tests."""

import sys
from collections.abc import Iterator

import pytest
from xdist.workermanage import NodeManager

from tests.support.missing import missing
from tests.system import reports
from tests.system.browser import Browser, OpenBrowser, browsers
from tests.system.processes import MEASURED

# Seconds: a worker hears after five of them that the run is interrupted, and is killed after these.
NodeManager.EXIT_TIMEOUT = 30


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--headed`."""
    parser.addoption("--headed", action="store_true", help="show the browser")


def pytest_configure(config: pytest.Config) -> None:
    """Keep what the browser shows of a failed test; `-p no:browser_reports` keeps nothing."""
    config.pluginmanager.register(reports, "browser_reports")


@pytest.fixture(scope="session", autouse=True)
def by_itself() -> Iterator[None]:
    """What a test starts is not measured, unless it is given `MEASURED`; a pytest is plain."""
    with pytest.MonkeyPatch.context() as patch:
        for name in (*MEASURED, "FORCE_COLOR", "PY_COLORS", "PYTEST_ADDOPTS"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def linux() -> None:
    """The programs that end what a test has started, even if it is killed, are those of Linux."""
    if sys.platform != "linux":
        missing("The system layer needs Linux: a container, or WSL on Windows.")


@pytest.fixture(scope="session")
def open_browser(pytestconfig: pytest.Config) -> Iterator[OpenBrowser]:
    """Opens a browser; all that a process opens have one driver."""
    with browsers(headed=pytestconfig.getoption("--headed", default=False)) as open_browser:
        yield open_browser


@pytest.fixture(scope="session")
def browser(open_browser: OpenBrowser) -> Iterator[Browser]:
    """The one browser that the tests of a process share."""
    with open_browser() as browser:
        yield browser
