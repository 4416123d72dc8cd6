from app import count, first, greet


def test_greets():
    assert greet("John ") == "Hello, John!"


def test_counts():
    assert count("Hello World") == 2


def test_finds_the_first_word():
    assert first(" Hello World") == "Hello"
