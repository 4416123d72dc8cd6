from app import count, greet


def test_greets():
    assert greet("John") == "Hello, John!"


def test_counts():
    assert count("Hello World") == 2


def test_counts_more():
    assert count("Using Templates in Flask") == 4
