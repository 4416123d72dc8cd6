"""The command line of the benches."""

import sys
from argparse import ArgumentParser


def is_quick() -> bool:
    """Return True if `--quick` is given: too few rounds to check a limit."""
    parser = ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--quick", action="store_true", help="measure little, and check no limit")
    return bool(parser.parse_args().quick)
