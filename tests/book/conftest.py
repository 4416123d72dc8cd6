"""Fixtures for the tests of the course book."""

from collections.abc import Iterator

import pytest

from tests.book.built import PAGES, served_book
from tests.book.pages import BookPage
from tests.support.missing import missing
from tests.system.browser import Browser
from tests.system.fixtures import browser, open_browser  # noqa: F401 - fixtures


@pytest.fixture(scope="session")
def book() -> None:
    """A skip if the book has not been built."""
    if not PAGES:
        missing("The course book has not been built. Run nox -s book, which also runs these tests.")


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The URL of a server for the book."""
    with served_book() as url:
        yield url


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[BookPage]:  # noqa: F811 - the fixture above
    """The book in a browser with an empty console."""
    browser.clear(site)
    page = BookPage(browser, site)
    yield page
    page.use_theme("")
