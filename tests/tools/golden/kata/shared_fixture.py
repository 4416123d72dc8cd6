import pytest

from app import greet


@pytest.fixture(scope="session")
def greeting():
    return greet("John ")


def test_greeting_is_polite(greeting):
    assert greeting.startswith("Hello")


def test_greets_in_a_browser():
    assert greet("John ") == "Hello, John!"


def test_greets(greeting):
    assert greeting == "Hello, John!"
