"""Wait longer for an interrupted worker of pytest-xdist, which stops its browser and its servers.

pytest-xdist tells the worker after five seconds that the run is interrupted, and kills it after
ten. It has no option for that: its only setting is an attribute of a class.
"""

from xdist.workermanage import NodeManager


def pytest_configure() -> None:
    """Set the seconds that pytest-xdist waits for a worker to exit before it kills it."""
    NodeManager.EXIT_TIMEOUT = 30
