"""A pytest plugin that saves a screenshot and logs when a browser test fails."""

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
    """Save reports about the browser of a failed test, and list them in the test's output."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("browser")
    if browser and report.when == "call" and report.failed:
        folder = item.config.rootpath / "reports"
        folder.mkdir(exist_ok=True)
        name = re.sub(r"[^\w.-]+", ".", item.nodeid.removeprefix("tests/system/"))
        try:
            saved = "\n".join(str(path) for path in save(browser, folder / name, report.caplog))
        except (WebDriverException, HTTPError) as error:
            saved = f"No reports: the browser does not respond. {error}"
        report.sections.append(("Captured browser", saved))
    return report


def save(browser: Browser, path: Path, server_log: str) -> list[Path]:
    """Save the screenshot, page, console and server log in files whose names start with `path`."""
    contents = {
        "png": browser.get_screenshot_as_png(),
        "html": browser.page_source.encode(),
        "console.json": json.dumps(browser.read_console(), indent=1).encode(),
        "server.log": server_log.encode(),
    }
    files = {path.with_name(f"{path.name}.{kind}"): content for kind, content in contents.items()}
    for file, content in files.items():
        file.write_bytes(content)
    return list(files)
