"""Fixtures of the browser tests. kata/conftest.py uses them, too."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.system import browser as browsers
from tests.system.browser import Browser, OpenBrowser


@pytest.fixture(scope="session")
def open_browser(pytestconfig: pytest.Config) -> OpenBrowser:
    """A function that starts another browser for the length of a `with` block."""
    headed = pytestconfig.getoption("--headed", default=False)
    return partial(browsers.open_browser, headed=headed)


@pytest.fixture(scope="session")
def browser(open_browser: OpenBrowser) -> Iterator[Browser]:
    """A browser that all tests of this process share."""
    with open_browser() as browser:
        yield browser
