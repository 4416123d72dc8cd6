import pytest

from app import count


def test_counts(subtests):
    with subtests.test("later"):
        pytest.skip("There is more to say.")
    with subtests.test("now"):
        assert count("Hello World") == 2
