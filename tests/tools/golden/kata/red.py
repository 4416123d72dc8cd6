from app import greet


def test_greets():
    assert greet("John") == "Hi, John!"
