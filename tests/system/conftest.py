"""The fixtures of the browser tests, and what is kept of a test that fails."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.common.exceptions import WebDriverException
from urllib3.exceptions import HTTPError
from xdist.workermanage import NodeManager

from tests.missing import missing
from tests.system.browser import Browser, OpenBrowser, browsers
from tests.system.processes import MEASURED

# Seconds: a worker hears after five of them that the run is interrupted, and is killed after these.
NodeManager.EXIT_TIMEOUT = 20


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--headed`."""
    parser.addoption("--headed", action="store_true", help="show the browser")


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Keep what a failed test's browser shows, and say where."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("browser")
    if browser and report.when == "call" and report.failed:
        folder = item.config.rootpath / "reports"
        folder.mkdir(exist_ok=True)
        name = re.sub(r"[^\w.-]+", ".", item.nodeid.removeprefix("tests/system/"))
        try:
            kept = "\n".join(str(path) for path in keep(browser, folder / name, report.caplog))
        except (WebDriverException, HTTPError) as error:
            kept = f"Nothing: it does not answer. {error}"
        report.sections.append(("Captured browser", kept))
    return report


def keep(browser: Browser, path: Path, server_log: str) -> list[Path]:
    """Keep screenshot, page, console and server log in files whose names begin with the path."""
    contents = {
        "png": browser.get_screenshot_as_png(),
        "html": browser.page_source.encode(),
        "console.json": json.dumps(browser.read_console(), indent=1).encode(),
        "server.log": server_log.encode(),
    }
    files = {path.with_name(f"{path.name}.{kind}"): kept for kind, kept in contents.items()}
    for file, content in files.items():
        file.write_bytes(content)
    return list(files)
