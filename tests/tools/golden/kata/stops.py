import os
import signal
from threading import Event


def test_stops():
    os.kill(os.getppid(), signal.SIGSTOP)
    Event().wait()
