"""Constraints in the configured database, shell transcripts, and the course data.

The relationships are unit tests, on SQLite. `nox -s postgres` runs these tests on PostgreSQL.
"""

import doctest
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_sqlalchemy.model import Model
from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import IntegrityError, LegacyAPIWarning

from app import create_app
from app.database import db
from app.models import Blogpost, Contact, Tag, User, tags
from tests.support.config import CONFIG
from tests.support.html import redirect_target, submit
from tests.support.statements import listener

TRANSCRIPTS = Path(__file__).with_name("transcripts")
ANY_ORDER = doctest.register_optionflag("ANY_ORDER")


def count(model: type[Model]) -> int:
    """Return the number of rows of a model."""
    return db.session.scalar(select(func.count()).select_from(model))


def by_name(name: str) -> User:
    """Return the user with this username."""
    return db.session.execute(select(User).filter_by(username=name)).scalar_one()


@pytest.fixture
def context(app: Flask) -> Iterator[None]:
    """An application context, as in `flask shell`; the tests that use it send no request."""
    with app.app_context():
        yield


@pytest.mark.usefixtures("dataset", "context")
class TestOneToOne:
    def test_second_contact_of_a_user_violates_a_constraint(self):
        second = insert(Contact).values(city="Paris", email="j@xyz.com", userid=1, version=1)

        with pytest.raises(IntegrityError):
            db.session.execute(second)

    def test_deleting_a_user_deletes_the_contact(self):
        db.session.delete(by_name("John Williams"))
        db.session.commit()

        assert [contact.city for contact in db.session.scalars(select(Contact))] == ["Chicago"]


@pytest.mark.usefixtures("dataset", "context")
class TestOneToMany:
    def test_post_of_an_unknown_user_violates_a_constraint(self):
        stray = insert(Blogpost).values(title="Anonymous", text="", userid=99, version=1)

        with pytest.raises(IntegrityError):
            db.session.execute(stray)

    def test_deleting_a_user_in_sql_deletes_the_posts(self):
        db.session.execute(delete(User).where(User.username == "John Williams"))
        db.session.commit()

        authors = [post.user.username for post in db.session.scalars(select(Blogpost))]
        assert authors == ["Fordo Baggings", "Fordo Baggings"]


@pytest.mark.usefixtures("dataset", "context")
class TestManyToMany:
    def test_repeated_pair_of_post_and_tag_violates_a_constraint(self):
        with pytest.raises(IntegrityError):
            db.session.execute(insert(tags).values(blogpost_id=1, tag_id=1))

    def test_deleting_posts_keeps_their_tags(self):
        db.session.execute(delete(Blogpost))
        db.session.commit()

        assert count(Tag) == 5
        assert db.session.execute(select(tags)).all() == []


@pytest.mark.usefixtures("dataset", "context")
class TestRepr:
    def test_repr_of_a_stored_contact_shows_the_id_from_the_database(self):
        assert repr(by_name("Fordo Baggings").contact) == "<Contact 2>"


class Checker(doctest.OutputChecker):
    """Compares two lists in any order where the transcript sets the option ANY_ORDER."""

    def check_output(self, want: str, got: str, optionflags: int) -> bool:
        if optionflags & ANY_ORDER:
            want, got = (str(sorted(re.findall("<.+?>", text))) for text in (want, got))
        return super().check_output(want, got, optionflags)


class TestTranscript:
    """The course's three shell transcripts in the folder `transcripts`, run as doctests."""

    @pytest.fixture
    def play(self, app: Flask) -> Callable[[str], doctest.TestResults]:
        """A function that runs a transcript, and counts its examples and the failed ones."""

        def play(name: str) -> doctest.TestResults:
            path = TRANSCRIPTS / name
            text = path.read_text("utf-8")
            runner = doctest.DocTestRunner(Checker(), verbose=False)
            with app.app_context():
                names: dict[str, Any] = app.make_shell_context()
                transcript = doctest.DocTestParser().get_doctest(text, names, name, str(path), 0)
                return runner.run(transcript)

        return play

    def test_transcript_of_users_and_contacts_runs_as_written(self, play):
        # The last lines of the transcript use `Query.get`, which is legacy in SQLAlchemy 2.
        with pytest.warns(LegacyAPIWarning):
            results = play("users_and_contacts.txt")

        assert results == doctest.TestResults(failed=0, attempted=15)

    def test_posts_written_by_the_users_of_the_first_shell(self, play):
        with pytest.warns(LegacyAPIWarning):
            play("users_and_contacts.txt")

        assert play("posts.txt") == doctest.TestResults(failed=0, attempted=19)

    def test_tags_given_to_the_posts_of_the_second_shell(self, play):
        with pytest.warns(LegacyAPIWarning):
            play("users_and_contacts.txt")
        play("posts.txt")

        with pytest.warns(LegacyAPIWarning):
            results = play("tags.txt")

        assert results == doctest.TestResults(failed=0, attempted=26)

    def test_transcript_with_different_output_fails(self, play, capsys):
        # The second transcript needs the users that the first one stores.
        results = play("posts.txt")

        assert results.failed > 0
        assert "IndexError" in capsys.readouterr().out

    @pytest.mark.usefixtures("dataset", "context")
    def test_query_get_is_session_get_today(self):
        with pytest.warns(LegacyAPIWarning, match=r"Query\.get\(\)"):
            legacy = Contact.query.get(2)

        assert db.session.get(Contact, 2) is legacy
        assert legacy.city == "Chicago"

    @pytest.mark.usefixtures("dataset", "context")
    def test_model_query_is_select_today(self):
        legacy = User.query.order_by(User.id).all()

        today = db.session.scalars(select(User).order_by(User.id)).all()

        assert today == legacy
        assert [user.username for user in today] == ["John Williams", "Fordo Baggings"]

    @pytest.mark.usefixtures("dataset", "context")
    def test_filtered_query_is_a_select_with_where_today(self):
        legacy = Blogpost.query.filter_by(title="Using Templates in Flask").one()

        today = select(Blogpost).where(Blogpost.title == "Using Templates in Flask")

        assert db.session.scalars(today).one() is legacy


class TestDataset:
    def test_seed_stores_the_users_with_their_contacts(self, app, runner):
        result = runner.invoke(args=["seed"])

        assert result.exit_code == 0
        assert len(result.output.splitlines()) == 1
        with app.app_context():
            assert {
                (user.username, user.contact.city, user.contact.email, user.contact.phonenum)
                for user in db.session.scalars(select(User))
            } == {
                ("John Williams", "London", "john.willy@xyz.com", "675-876-2423"),
                ("Fordo Baggings", "Chicago", "fbaggin@abc.com", "563-983-7682"),
            }

    def test_seed_creates_missing_tables(self, app, runner):
        with app.app_context():
            db.drop_all()

        result = runner.invoke(args=["seed"])

        assert result.exit_code == 0
        with app.app_context():
            assert [count(model) for model in (User, Contact, Blogpost, Tag)] == [2, 2, 4, 5]

    def test_seed_with_a_password_lets_the_users_log_in(self, client, runner):
        runner.invoke(args=["seed", "--password", "one to rule"])

        response = submit(
            client, "/login", {"username": "Fordo Baggings", "password": "one to rule"}
        )

        assert redirect_target(response) == "/"

    # Python represents a byte that is not UTF-8 in an argument as a lone surrogate.
    @pytest.mark.parametrize("password", ["", "\udcff"], ids=["empty", "not UTF-8"])
    def test_seed_rejects_an_invalid_password_and_stores_nothing(self, app, runner, password):
        result = runner.invoke(args=["seed", "--password", password])

        assert result.exit_code == 2
        assert "Invalid value for --password: " in result.stderr
        with app.app_context():
            assert count(User) == 0

    def test_file_that_is_not_a_database_is_a_clear_error(self, tmp_path):
        file = tmp_path / "blog.sqlite"
        file.write_text("Dear diary, " * 100)
        app = create_app({**CONFIG, "SQLALCHEMY_DATABASE_URI": f"sqlite:///{file}"})

        result = app.test_cli_runner().invoke(args=["init-db"])

        with app.app_context():
            db.engine.dispose()
        assert result.exit_code == 1
        [message] = result.stderr.splitlines()
        assert message.startswith("Error: ")
        assert message.endswith(": file is not a database")

    def test_two_seeds_at_once_are_a_clear_error_for_the_later_one(self, app, runner):
        def rival(_mapper: Any, connection: Connection, user: User) -> None:
            connection.execute(insert(User).values(username=user.username, version=1))

        with listener(User, "before_insert", rival):
            result = runner.invoke(args=["seed"])

        assert result.exit_code == 1
        assert result.stderr.startswith("Error: ")
        with app.app_context():
            assert [count(model) for model in (User, Contact, Blogpost, Tag)] == [0, 0, 0, 0]

    def test_init_db_creates_missing_tables(self, app, runner):
        with app.app_context():
            db.drop_all()

        result = runner.invoke(args=["init-db"])

        assert result.exit_code == 0
        assert len(result.output.splitlines()) == 1
        with app.app_context():
            assert count(User) == 0

    @pytest.mark.parametrize("command", ["init-db", "seed"])
    def test_unreachable_database_is_a_clear_error(self, tmp_path, command):
        path = tmp_path / "missing" / "blog.sqlite"
        app = create_app({**CONFIG, "SQLALCHEMY_DATABASE_URI": f"sqlite:///{path}"})

        result = app.test_cli_runner().invoke(args=[command])

        assert result.exit_code == 1
        [message] = result.stderr.splitlines()
        assert message.startswith("Error: ")
        assert ": unable to open" in message
