"""Faults that turn the build of the book red, each planted in a copy of the project."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.book.built import ROOT

pytestmark = pytest.mark.usefixtures("book")

COOKIES = "docs/topics/cookies.md"
SPANISH = "docs/locale/es/LC_MESSAGES/topics/cookies.po"
# Targets and headings, to which other pages link.
HEADINGS = re.compile(r"^(?:\(\S+\)=\n)?#+ .+$", re.MULTILINE)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project. To build in seconds, one topic is complete; others have headings."""
    generated = shutil.ignore_patterns(".git", ".nox", ".venv", "*_cache", "_build", "__pycache__")
    shutil.copytree(ROOT, tmp_path, ignore=generated, dirs_exist_ok=True)
    for page in tmp_path.glob("docs/topics/*.md"):
        if page != tmp_path / COOKIES:
            page.write_text("\n\n".join(HEADINGS.findall(page.read_text("utf-8"))), "utf-8")
    return tmp_path


def replace(file: Path, old: str, new: str) -> None:
    """Store `new` in the file, in the place of `old`."""
    text = file.read_text("utf-8")
    assert old in text, f"{file.name} does not contain {old!r} any more."
    file.write_text(text.replace(old, new, 1), "utf-8")


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a Python module in the folder."""
    # Commands on the pages are in the same environment as the tests.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(  # noqa: S603 - no argument is user input
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, "PATH": path, "FLASK_INSTANCE_PATH": str(folder / "instance")},
        capture_output=True,
        text=True,
        check=False,
    )


def warnings_of_build(folder: Path) -> list[str]:
    """Return the warnings of an English build, each of which is an error in `nox -s book`."""
    options = ["--fail-on-warning", "--nitpicky", "--quiet", "--builder=dummy"]
    result = run(folder, "sphinx", *options, "docs", "docs/_build/dummy")
    warnings = [line for line in result.stderr.splitlines() if "WARNING" in line]
    assert result.returncode == bool(warnings), result.stderr
    return warnings


def test_renamed_test_fails_the_build(copy):
    test = "test_choosing_a_theme_sets_the_cookie_and_redirects_back"
    replace(copy / "tests/integration/test_cookies.py", test, "test_renamed")

    [warning] = warnings_of_build(copy)

    assert "docs/index.md" in warning
    assert f"Object named 'TestSet.{test}' not found in include file" in warning


def test_dead_anchor_fails_the_build(copy):
    replace(copy / "docs/errata.md", "[](#filters.default)", "[](#filters.renamed)")

    [warning] = warnings_of_build(copy)

    assert "docs/errata.md" in warning
    assert "cross-reference target not found: 'filters.renamed'" in warning


@pytest.mark.parametrize("fault", ["missing", "fuzzy"])
def test_incomplete_translation_fails_the_build(copy, fault):
    # The English messages, which the build extracts from the pages.
    shutil.copytree(ROOT / "docs/_build/gettext", copy / "docs/_build/gettext")
    english, spanish = "Expire and delete a cookie", "Caducar y borrar una cookie"
    message = f'msgid "{english}"\nmsgstr "{spanish}"'
    faulty = {"missing": f'msgid "{english}"\nmsgstr ""', "fuzzy": f"#, fuzzy\n{message}"}
    replace(copy / SPANISH, message, faulty[fault])

    result = run(copy, "tools.book")

    assert (result.returncode, result.stderr) == (1, f"{SPANISH}: {english}\n")
