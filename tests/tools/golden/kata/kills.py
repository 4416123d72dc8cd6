import os
import signal
from threading import Event


def test_kills():
    os.kill(os.getppid(), signal.SIGKILL)
    Event().wait()
