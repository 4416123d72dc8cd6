"""A pytest plugin that saves a screenshot and logs when a browser test fails."""

import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest
from selenium.common.exceptions import WebDriverException
from urllib3.exceptions import HTTPError

from tests.support.config import create_app
from tests.system.browser import Browser


def pytest_configure(config: pytest.Config) -> None:
    """Delete the reports of earlier runs."""
    if not hasattr(config, "workerinput"):
        for report in (config.rootpath / "reports").glob("test_*"):
            report.unlink()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Save reports about the browser of a failed test, and name them in the test's output."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("browser")
    if browser and report.when == "call" and report.failed:
        folder = item.config.rootpath / "reports"
        folder.mkdir(exist_ok=True)
        name = re.sub(r"[^\w.-]+", ".", item.nodeid.removeprefix("tests/system/"))
        try:
            save(browser, folder / name, report.caplog)
            saved = f"reports/{name}.*"
        except (WebDriverException, HTTPError) as error:
            saved = f"No reports: the browser does not respond. {error}"
        report.sections.append(("Captured browser", saved))
    return report


def save(browser: Browser, path: Path, server_log: str) -> None:
    """Save the screenshot, page, console and server log in files whose names start with `path`."""
    contents = {
        "png": browser.get_screenshot_as_png(),
        "html": with_style(browser.page_source).encode(),
        "console.json": json.dumps(browser.read_console(), indent=1).encode(),
        "server.log": server_log.encode(),
    }
    for kind, content in contents.items():
        path.with_name(f"{path.name}.{kind}").write_bytes(content)


def with_style(page: str) -> str:
    """Return the page with its style sheets inside, so that it can be read without the server."""
    static = Path(inspect.getfile(create_app)).parent / "static"

    def style(link: re.Match[str]) -> str:
        path = static / link[1]
        return f"<style>{path.read_text('utf-8')}</style>" if path.exists() else link[0]

    return re.sub('<link rel="stylesheet" href="/static/([^"?]+).*?>', style, page)
