"""Check that a browser test takes little longer than bare Selenium; exit with 1 if not.

Both run the same story in turn, in the same open browser, so that a busy machine changes their
ratio little. The time of a test includes its setup and teardown.
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
from tests.support.blog import PASSWORD, load_dataset
from tests.support.config import CONFIG
from tests.support.databases import NewDatabase, tables
from tests.system.blog import BlogTestCase
from tests.system.browser import Browser
from tests.system.pages import EditPostPage, LoginPage, PostPage
from tools.bench.options import is_quick

LIMIT = 1.5  # times what bare Selenium costs
ROUNDS = 20
QUICK_ROUNDS = 2

LOGIN = {"username": "John Williams", "password": PASSWORD}
POST = {"title": "Testing Flask", "text": "A test can fail.", "tags": "Tests"}


class TestStory(BlogTestCase):
    """The story as a test of the system layer."""

    def test_story(self) -> None:
        """Check that John logs in and writes a post."""
        self.visit(LoginPage).log_in(*LOGIN.values())
        form = self.visit(EditPostPage)
        form.save(Title=POST["title"], Text=POST["text"], Tags=POST["tags"])
        assert form.as_page(PostPage).heading == POST["title"]


@pytest.fixture(scope="module")
def url(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a blog that all rounds share."""
    file = tmp_path_factory.mktemp("blog") / "blog.sqlite"
    with new_database(file) as database:
        app = create_app({**CONFIG, **database})
        with tables(app), make_server("127.0.0.1", 0, app, threaded=True) as server:
            load_dataset(app)
            Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.port}"
            server.shutdown()


def test_bare(browser: Browser, url: str) -> None:
    """Check the same story with bare Selenium."""
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
    """A pytest plugin that runs the tests in turn, many times, and records their times."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.seconds: dict[str, list[float]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items *= self.number

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        taken = self.seconds.setdefault(report.location[2], [])
        if report.when == "setup":
            taken.append(0)
        taken[-1] += report.duration


def main() -> int:
    """Print both medians and their ratio; return 1 if it is over the limit."""
    quick = is_quick()
    rounds = Rounds(QUICK_ROUNDS if quick else ROUNDS)
    options = ["-qq", "-p", "tests.system.conftest", "-p", "no:randomly", "-p", "no:cacheprovider"]
    options += ["-o", "console_output_style=classic"]  # a dot for each, and no percentage
    if status := pytest.main([*options, str(Path(__file__))], [rounds]):
        return status
    test, bare = map(median, rounds.seconds.values())
    print(f"seconds a story: {test:.2f} as a test, {bare:.2f} bare, {test / bare:.2f} times")
    return int(test / bare > LIMIT and not quick)


if __name__ == "__main__":
    sys.exit(main())
