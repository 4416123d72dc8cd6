from pathlib import Path


def test_finds_no_bug():
    found = [path.name for path in Path(__file__).parents[1].rglob("*.toml")]

    assert set(found) == {"pyproject.toml", "features.toml"}
