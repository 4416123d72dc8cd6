import gc
from pathlib import Path

from app import greet


def test_greets():
    assert Path(__file__).open().readable()  # noqa: SIM115 - the learner's mistake
    gc.collect()

    assert greet("John") == "Hello, John!"
