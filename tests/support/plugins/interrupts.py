"""Shut an interrupted run down cleanly: tear down fixtures, stop browsers and servers."""

import signal
from types import FrameType


def pytest_configure() -> None:
    """Handle SIGTERM like Ctrl-C.

    By default SIGTERM ends Python at once and leaves browsers and servers running. SIGINT is set
    too, because a shell starts a background process with SIGINT ignored, and the processes that
    a test starts would inherit that.
    """
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGINT, interrupt)


def interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt once: nox sends SIGTERM while the fixtures are torn down."""
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.default_int_handler(number, frame)
