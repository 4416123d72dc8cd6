import os
from tempfile import TemporaryDirectory

from app import count


def test_leaves_for_a_folder_that_goes():
    with TemporaryDirectory() as folder:
        os.chdir(folder)


def test_counts():
    assert count("two words") == 2


def test_leaves_for_another():
    test_leaves_for_a_folder_that_goes()
