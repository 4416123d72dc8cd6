from threading import Event


def test_hangs():
    Event().wait()
