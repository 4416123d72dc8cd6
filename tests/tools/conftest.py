"""The fixtures that the tests of the grader share."""

from collections.abc import Iterator

import pytest

from grader import grading, pool


@pytest.fixture(scope="module")
def short_deadline() -> Iterator[None]:
    """One copy of the project, and a short wait for tests that hang."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "cores", lambda: 1)
        patch.setattr(grading, "SHORTEST_DEADLINE", 2)
        yield
