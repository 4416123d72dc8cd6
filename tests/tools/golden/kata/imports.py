from app import farewell


def test_farewell():
    assert farewell("John")
