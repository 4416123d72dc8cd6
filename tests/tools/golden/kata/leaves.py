import pytest


def test_leaves():
    pytest.exit("That is enough.", returncode=0)
