import pytest

from app import count, greet


def test_greets():
    assert greet("John") == "Hello, John!"


def test_fails_only_where_it_has_not_passed():
    if count("Hello World") == 2:
        pytest.skip("There is nothing to see.")
    pytest.fail("There is.")
