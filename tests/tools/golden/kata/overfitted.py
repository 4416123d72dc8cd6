from app import greet


def test_greets():
    assert greet.__doc__ == "Return a greeting."
