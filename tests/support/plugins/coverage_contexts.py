"""Name the running test in the report of the code coverage, next to each line that it runs.

coverage's own `dynamic_context` and pytest-cov's contexts follow the test's thread only. A context
that is switched here also covers the thread of a live server.
"""

from collections.abc import Iterator

import pytest
from coverage import Coverage


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Switch the coverage context while a test runs."""
    coverage = Coverage.current()
    if coverage:
        coverage.switch_context(item.nodeid)
    try:
        return (yield)
    finally:
        if coverage:
            coverage.switch_context("")
