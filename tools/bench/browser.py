"""Show that a browser test costs little more than what it does in the browser, or end with 1.

A test, with all that is made for it and put away, and bare Selenium tell the same story in turn, in
the same open browser: a busy machine changes their ratio little.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from threading import Thread

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import url_changes
from selenium.webdriver.support.wait import WebDriverWait
from werkzeug.serving import make_server

from app import create_app
from tests.support.config import CONFIG
from tests.support.databases import PASSWORD, Databases
from tests.system.blog import BlogTestCase
from tests.system.browser import Browser
from tests.system.pages import LoginPage, PostForm, PostPage

LIMIT = 1.5  # times what bare Selenium costs
ROUNDS = 20

LOGIN = {"username": "John Williams", "password": PASSWORD}
POST = {"title": "Testing Flask", "text": "A test can fail.", "tags": "Tests"}


class TestStory(BlogTestCase):
    """The story as a test of the system layer tells it."""

    def test_story(self) -> None:
        """John logs in and writes a post."""
        self.visit(LoginPage).log_in(*LOGIN.values())
        form = self.visit(PostForm)
        form.save(Title=POST["title"], Text=POST["text"], Tags=POST["tags"])
        assert form.becomes(PostPage).heading == POST["title"]


@pytest.fixture(scope="module")
def url(new_database: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a blog that all rounds share."""
    file = tmp_path_factory.mktemp("blog") / "blog.sqlite"
    for database in new_database(with_data=True, file=file):
        app = create_app({**CONFIG, **database})
        with make_server("127.0.0.1", 0, app, threaded=True) as server:
            Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.port}"
            server.shutdown()


def test_bare(browser: Browser, url: str) -> None:
    """John does the same."""
    for path, fields in {"/login": LOGIN, "/posts/new": POST}.items():
        browser.get(url + path)
        for name, text in fields.items():
            field = browser.find_element(By.NAME, name)
            field.clear()
            field.send_keys(text)
        browser.find_element(By.CSS_SELECTOR, "main button").click()
        WebDriverWait(browser, 10, poll_frequency=0.05).until(url_changes(url + path))
    assert browser.find_element(By.TAG_NAME, "h1").text == POST["title"]


class Rounds:
    """A pytest plugin that runs each test many times, in turn, and takes its time."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items *= ROUNDS

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        taken = self.seconds.setdefault(report.location[2], [])
        if report.when == "setup":
            taken.append(0)
        taken[-1] += report.duration


def main() -> int:
    """Print both medians and their ratio; give 1 where it is over the limit."""
    rounds = Rounds()
    options = ["-qq", "-p", "tests.system.conftest", "-p", "no:randomly", "-p", "no:cacheprovider"]
    options += ["-o", "console_output_style=classic"]  # a dot for each, and no percentage
    if status := pytest.main([*options, str(Path(__file__))], [rounds]):
        return status
    test, bare = map(median, rounds.seconds.values())
    print(f"seconds a story: {test:.2f} as a test, {bare:.2f} bare, {test / bare:.2f} times")
    return int(test / bare > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
