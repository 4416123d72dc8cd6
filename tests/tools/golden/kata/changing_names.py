import secrets

import pytest

from app import greet


@pytest.mark.parametrize("name", [secrets.token_hex()])
def test_greets(name):
    assert greet(name) == f"Hello, {name}!"
