import shutil
from pathlib import Path


def test_puts_a_link_in_the_place_of_the_application():
    elsewhere = Path(__file__).parents[2] / "elsewhere"  # beside the copy of the project
    shutil.move("app", elsewhere)

    Path("app").symlink_to(elsewhere)

    assert Path("app/__init__.py").exists()
