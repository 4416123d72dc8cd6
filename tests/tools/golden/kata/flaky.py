from pathlib import Path

RUNS = Path(__file__).parents[3] / "runs"  # outside every copy of the project


def test_passes_only_twice():
    with RUNS.open("a") as file:
        file.write(".")

    assert len(RUNS.read_text()) <= 2
