from pathlib import Path

RUNS = Path(__file__).parents[4] / "runs"  # beside all copies of the project


def test_passes_twice():
    with RUNS.open("a") as file:
        file.write(".")

    assert len(RUNS.read_text()) <= 2
