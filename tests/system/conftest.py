"""The fixtures of the browser tests, and what is kept of a test that fails."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.browser import Browser, OpenBrowser, browsers


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--headed`."""
    parser.addoption("--headed", action="store_true", help="show the browser")


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
    if browser and report.failed:
        folder = item.config.rootpath / "reports"
        folder.mkdir(exist_ok=True)
        name = re.sub(r"[^\w.-]+", ".", item.nodeid.removeprefix("tests/system/"))
        kept = keep(browser, folder / name, report.caplog)
        report.longrepr.addsection("What the browser showed", "\n".join(map(str, kept)))
    return report


def keep(browser: Browser, path: Path, server_log: str) -> list[Path]:
    """Keep screenshot, page, console and server log in files that begin with `path`."""
    contents = {
        ".png": browser.get_screenshot_as_png(),
        ".html": browser.page_source.encode(),
        ".console.json": json.dumps(browser.read_console(), indent=1).encode(),
        ".server.log": server_log.encode(),
    }
    for suffix, content in contents.items():
        path.with_name(path.name + suffix).write_bytes(content)
    return [path.with_name(path.name + suffix) for suffix in contents]
