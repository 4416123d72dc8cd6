from app import greet


def test_greets(tmp_pth):
    assert greet("John") == "Hello, John!"
