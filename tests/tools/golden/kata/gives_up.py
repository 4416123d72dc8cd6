import pytest


def test_gives_up():
    pytest.exit("That is enough.")
