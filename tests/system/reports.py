"""A pytest plugin that keeps what the browser shows of a test that fails."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from selenium.common.exceptions import WebDriverException
from urllib3.exceptions import HTTPError

from tests.system.browser import Browser


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
