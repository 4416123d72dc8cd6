import os
import sys

from app import count


def test_prints_megabytes():
    sys.stdout.write("Hello " * 200_000)
    os.write(1, b"Hello " * 200_000)

    assert count("Hello World") == 2
