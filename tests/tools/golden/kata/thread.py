from threading import Event, Thread

from app import count


def test_leaves_a_thread():
    Thread(target=Event().wait).start()

    assert count("two words") == 2
