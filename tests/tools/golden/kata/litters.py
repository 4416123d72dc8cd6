from pathlib import Path

from app import greet


def test_writes():
    Path("greeting.txt").write_text(greet("John"))
    Path("app/__init__.py").write_text("")

    assert Path("greeting.txt").read_text() == "Hello, John!"
