"""Isolation of the tests, and transactions in a locale that Python's sqlite3 does not expect."""

import locale
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app.database import db
from app.models import Tag
from tests.support.missing import missing
from tests.support.stored import stored_rows

# What matters of a Turkish locale: the small letter of I is not i. Compiling all letters would take
# half a second.
TURKISH = """\
LC_CTYPE
tolower (<U0049>,<U0131>);(<U0130>,<U0069>)
END LC_CTYPE
"""


@pytest.fixture
def turkish_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Turkish locale; compiled if it is missing."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, "tr_TR.UTF-8")
    except locale.Error:
        if sys.platform == "win32":
            missing("Windows cannot compile a locale.")
        if not Path("/usr/share/i18n/charmaps/ISO-8859-9.gz").exists():
            missing("There is no Turkish locale. On Debian or Ubuntu: apt-get install locales")
        source = tmp_path / "source"
        source.write_text(TURKISH)
        options = ["--force", "--quiet", f"--inputfile={source}", "--charmap=ISO-8859-9"]
        # The exit status is 1, because the other categories of a locale are missing.
        subprocess.run(  # noqa: S603 - no argument is user input
            ["/usr/bin/localedef", *options, tmp_path / "tr_TR.ISO-8859-9"], check=False
        )
        monkeypatch.setenv("LOCPATH", str(tmp_path))
        locale.setlocale(locale.LC_CTYPE, "tr_TR.ISO-8859-9")
    yield
    locale.setlocale(locale.LC_CTYPE, before)


class TestRows:
    @pytest.mark.parametrize("name", ["Flask", "Python"])
    def test_committed_row_is_gone_in_the_next_test(self, app, name):
        with app.app_context():
            db.session.add(Tag(name))
            db.session.commit()

            stored = db.session.scalars(select(Tag.tagname)).all()

        assert stored == [name]


class TestTransaction:
    @pytest.mark.usefixtures("turkish_locale")
    def test_insert_is_rolled_back_in_a_turkish_locale(self, app):
        # There, the sqlite3 module of Python 3.11 and 3.12 begins no transaction for INSERT.
        with app.app_context():
            db.session.add(Tag("Walking"))
            db.session.flush()
            db.session.rollback()

        assert stored_rows(app)["tag"] == []
