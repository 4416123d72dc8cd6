"""The browser fixtures, for tests that use `BlogTestCase` from tests/system/blog.py."""

from tests.system.fixtures import browser, open_browser  # noqa: F401 - fixtures
