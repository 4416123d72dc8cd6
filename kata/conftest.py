"""Lends the browser to tests that need one: `tests/system/blog.py` has a test case for them."""

from tests.system.conftest import browser, open_browser  # noqa: F401 - fixtures
