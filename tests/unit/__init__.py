"""The unit layer: one function or class at a time, with unittest and Flask-Testing only.

Run it with `python -m unittest discover -s tests/unit -t .`. No module here imports pytest.
"""

from pathlib import Path
from unittest import TestLoader, TestSuite


def load_tests(loader: TestLoader, tests: TestSuite, pattern: str) -> TestSuite:
    """Return the tests of this folder. Raises `LookupError` if `-k` selects none.

    Before Python 3.12, unittest reports success if it has run no test.
    """
    tests.addTests(loader.discover(str(Path(__file__).parent), pattern))
    if not tests.countTestCases():
        raise LookupError("No unit test has this name.")
    return tests
