from pathlib import Path

RUNS = Path(__file__).parents[4] / "chances"  # beside all copies of the project


def test_fails_the_third_time_alone():
    with RUNS.open("a") as file:
        file.write(".")

    assert len(RUNS.read_text()) != 3
