from app import greet

greeted = []


def test_greets():
    greeted.append(greet("John"))

    assert greeted == ["Hello, John!"]


def test_needs_the_first_test():
    assert greeted
