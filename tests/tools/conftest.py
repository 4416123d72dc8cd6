"""The fixtures that the tests of the grader share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader import grading, pool

LETTERS = """[counts_no_letter]
feature = "letters.first"
layer = "unit"
file = "app/__init__.py"
old = "text.partition"
new = "text[1:].partition"
story = "The first letter is missing."
hint = "Where does the word start?"
"""


@pytest.fixture(scope="module")
def short_deadline() -> Iterator[None]:
    """One copy of the project, and a short wait for tests that hang."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "cores", lambda: 1)
        patch.setattr(grading, "SHORTEST_DEADLINE", 2)
        yield


@pytest.fixture
def letters(project: Path) -> None:
    """A second topic in the test's copy of the golden project."""
    with (project / "docs" / "features.toml").open("a") as features:
        features.write("\n[letters.first]\n")
    with (project / "kata" / "topics.toml").open("a") as topics:
        topics.write('\nletters = "hard"\n')
    (project / "kata" / "bugs" / "letters.toml").write_text(LETTERS)
