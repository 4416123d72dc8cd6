from pathlib import Path

FAILED = Path(__file__).parents[3] / "failed"  # outside every copy of the project


def test_fails_once():
    has_failed = FAILED.exists()
    FAILED.touch()

    assert has_failed
