from threading import Event


def test_waits():
    Event().wait()
