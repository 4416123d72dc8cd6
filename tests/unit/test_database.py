"""What holds for every table: how it is reached, what it refuses, and how a change is committed."""

import unittest
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from sqlalchemy import Select, func, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.exceptions import Conflict, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.security import generate_password_hash

from app import create_app
from app.cli import database_errors_as_messages
from app.config import DEFAULTS
from app.database import RowId, commit_or_conflict, create_tables, db, prepare_connection
from app.models import Blogpost, Contact, Tag, User, tags, utc_now
from tests.support.config import CONFIG
from tests.unit.cases import DatabaseTestCase


def sql(statement: str) -> object:
    """Execute a statement as another client would; give the first value of its answer."""
    result = db.session.connection().execute(text(statement))
    return result.scalar() if result.returns_rows else None


class TestConnection(DatabaseTestCase):
    def test_sqlite_checks_foreign_keys(self):
        self.assertEqual(sql("PRAGMA foreign_keys"), 1)

    def test_sqlite_waits_ten_seconds_for_another_writer(self):
        self.assertEqual(sql("PRAGMA busy_timeout"), 10_000)

    def test_a_connection_to_another_database_is_told_nothing(self):
        # It would be asked for its `execute`, and has none.
        connection = object()

        self.assertIsNone(prepare_connection(connection, None))


class TestCreateTables(DatabaseTestCase):
    def test_each_model_has_its_table(self):
        tables = db.session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'"))

        self.assertLessEqual({"user", "contact", "blogpost", "tag", "tags"}, set(tables))

    def test_a_second_time_nothing_is_lost(self):
        db.session.add(User(username="John Williams"))
        db.session.commit()

        create_tables()

        self.assertEqual(db.session.scalar(select(User.username)), "John Williams")

    def test_a_file_lets_people_read_while_someone_writes(self):
        folder = Path(self.enterContext(TemporaryDirectory()))
        app = create_app({**CONFIG, "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder / 'db'}"})

        with app.app_context():
            self.addCleanup(db.engine.dispose)
            create_tables()
            mode = sql("PRAGMA journal_mode")

        self.assertEqual(mode, "wal")


class TestConstraints(DatabaseTestCase):
    ROWS = (
        (User, {"username": "Fordo Baggings", "version": 1}),
        (Contact, {"city": "", "email": "", "phonenum": "", "userid": 1, "version": 1}),
        (Blogpost, {"title": "", "text": "", "created": utc_now(), "userid": 1, "version": 1}),
        (Tag, {"tagname": "Flask", "folded": "flask"}),
    )

    def setUp(self):
        super().setUp()
        db.session.add(User(username="John Williams"))
        db.session.commit()

    def test_every_value_but_the_password_must_be_given(self):
        for model, row in self.ROWS:
            for column in row:
                with (
                    self.subTest(table=model.__tablename__, column=column),
                    self.assertRaisesRegex(IntegrityError, f"NOT NULL .*[.]{column}"),
                ):
                    db.session.execute(insert(model.__table__), {**row, column: None})

    def test_each_column_is_as_long_as_what_a_form_takes(self):
        for model, lengths in (
            (User, {"username": 80}),
            (Contact, {"city": 80, "email": 254, "phonenum": 32}),
            (Blogpost, {"title": 120, "text": 10_000}),
            (Tag, {"tagname": 40}),
        ):
            columns = inspect(db.engine).get_columns(model.__tablename__)
            types = {column["name"]: column["type"] for column in columns}
            for column, length in lengths.items():
                with self.subTest(table=model.__tablename__, column=column):
                    self.assertEqual(types[column].length, length)

    def test_the_hash_of_a_password_fits_into_its_column(self):
        hashed = generate_password_hash("x", DEFAULTS["PASSWORD_METHOD"])

        self.assertLessEqual(len(hashed), User.__table__.c.password_hash.type.length)

    def test_a_row_with_every_value_is_taken(self):
        for model, row in self.ROWS:
            with self.subTest(table=model.__tablename__):
                result = db.session.execute(insert(model.__table__).values(row))

                self.assertEqual(result.rowcount, 1)

    def test_a_name_belongs_to_one_user(self):
        with self.assertRaisesRegex(IntegrityError, "UNIQUE constraint failed: user.username"):
            sql("INSERT INTO user (username, version) VALUES ('John Williams', 1)")

    def test_the_id_of_a_deleted_user_never_returns(self):
        """A session that still names it would otherwise be someone else's."""
        sql("DELETE FROM user")

        db.session.add(User(username="Fordo Baggings"))
        db.session.commit()

        self.assertEqual(db.session.scalar(select(User.id)), 2)

    def test_the_id_of_a_deleted_post_never_returns(self):
        """A form that is still open for it would otherwise change another post."""
        user = db.session.scalar(select(User))
        db.session.add(Blogpost(title="The first", user=user))
        db.session.commit()
        last = db.session.scalar(select(func.max(Blogpost.id)))
        sql("DELETE FROM blogpost")

        db.session.add(Blogpost(title="The next", user=user))
        db.session.commit()

        self.assertEqual(db.session.scalar(select(Blogpost.id)), last + 1)


class TestIndexes(DatabaseTestCase):
    """However many rows there are, a list reads those of its page alone, and sorts none."""

    def plan(self, statement: Select) -> list[str]:
        """Give the steps that SQLite takes, in its own words."""
        sql = statement.compile(compile_kwargs={"literal_binds": True})
        return [step.detail for step in db.session.execute(text(f"EXPLAIN QUERY PLAN {sql}"))]

    def test_the_posts_of_a_user_are_found_in_their_order(self):
        statement = select(Blogpost.title).where(Blogpost.userid == 1).order_by(Blogpost.id.desc())

        [step] = self.plan(statement)

        self.assertRegex(step, r"INDEX \w+ \(userid=\?\)")

    def test_the_posts_of_a_tag_are_found_in_their_order(self):
        post = tags.c.blogpost_id
        statement = select(post).where(tags.c.tag_id == 1).order_by(post.desc())

        [step] = self.plan(statement)

        self.assertRegex(step, r"INDEX \w+ \(tag_id=\?\)")


class TestCommit(DatabaseTestCase):
    def test_what_is_committed_stays(self):
        db.session.add(User(username="John Williams"))

        commit_or_conflict("This name is taken.")

        db.session.rollback()
        self.assertEqual(db.session.scalar(select(User.username)), "John Williams")

    def test_what_the_database_refuses_is_a_conflict_that_says_why(self):
        db.session.add_all([User(username="John Williams"), User(username="John Williams")])

        with self.assertRaises(Conflict) as caught:
            commit_or_conflict("This name is taken.")

        self.assertEqual(caught.exception.description, "This name is taken.")
        self.assertIsInstance(caught.exception.__cause__, IntegrityError)

    def test_a_conflict_stores_nothing_of_what_came_with_it(self):
        db.session.add_all([User(username=name) for name in ("Fordo Baggings", "John", "John")])

        with self.assertRaises(Conflict):
            commit_or_conflict("This name is taken.")

        self.assertIsNone(db.session.scalar(select(User)))

    def test_the_session_goes_on_after_a_conflict(self):
        db.session.add_all([User(username="John Williams"), User(username="John Williams")])
        with self.assertRaises(Conflict):
            commit_or_conflict("This name is taken.")

        db.session.add(User(username="Fordo Baggings"))
        commit_or_conflict("This name is taken.")

        self.assertEqual(db.session.scalar(select(User.username)), "Fordo Baggings")


class TestVersion(DatabaseTestCase):
    def setUp(self):
        super().setUp()
        self.user = User(username="John Williams")
        db.session.add(self.user)
        db.session.commit()
        # Whoever changes a row has read it before.
        db.session.refresh(self.user)

    def test_a_new_row_is_the_first_version(self):
        self.assertEqual(self.user.version, 1)

    def test_each_change_is_a_new_version(self):
        self.user.username = "John"
        db.session.commit()

        self.assertEqual(self.user.version, 2)

    def test_a_commit_without_a_change_makes_no_new_version(self):
        self.user.username = "John Williams"
        db.session.commit()

        self.assertEqual(self.user.version, 1)

    def test_a_change_of_what_another_has_changed_is_a_conflict(self):
        self.user.username = "John"
        with db.session.no_autoflush:
            sql("UPDATE user SET username = 'Johnny', version = 2")

        with self.assertRaises(Conflict):
            commit_or_conflict("The account was changed meanwhile.")

    def test_a_change_of_what_another_has_deleted_is_a_conflict(self):
        self.user.username = "John"
        with db.session.no_autoflush:
            sql("DELETE FROM user")

        with self.assertRaises(Conflict):
            commit_or_conflict("The account was changed meanwhile.")

    def test_a_deletion_of_what_another_has_changed_is_a_conflict(self):
        db.session.delete(self.user)
        with db.session.no_autoflush:
            sql("UPDATE user SET username = 'Johnny', version = 2")

        with self.assertRaises(Conflict):
            commit_or_conflict("The account was changed meanwhile.")

    def test_contacts_and_posts_have_versions_too(self):
        contact = Contact(user=self.user, city="London", email="john.willy@xyz.com")
        post = Blogpost(user=self.user, title="Using Templates in Flask")
        db.session.add_all([contact, post])
        db.session.commit()

        contact.city = "Paris"
        post.title = "Templates"
        db.session.commit()

        self.assertEqual((contact.version, post.version), (2, 2))


class TestRowId(unittest.TestCase):
    """The `<int:…>` of the application's URLs."""

    def setUp(self):
        rules = Map([Rule("/<int:row>", endpoint="row")], converters={"int": RowId})
        self.urls = rules.bind("localhost")

    def test_an_id_that_a_table_can_hold_is_a_number(self):
        for path, row in (("/1", 1), ("/42", 42), ("/007", 7), ("/2147483647", 2**31 - 1)):
            with self.subTest(path=path):
                self.assertEqual(self.urls.match(path), ("row", {"row": row}))

    def test_anything_else_is_no_page(self):
        for path in (
            "/2147483648",
            "/9999999999",
            "/00000000001",
            "/" + "9" * 400,
            "/-1",
            "/1.5",
            "/1e3",
            "/0x1",
            "/John",
            "/\N{ARABIC-INDIC DIGIT ONE}",
        ):
            with self.subTest(path=path), self.assertRaises(NotFound):
                self.urls.match(path)


class TestCommandErrors(unittest.TestCase):
    """What `flask init-db` and `flask seed` say where the database refuses."""

    def test_a_missing_database_is_reported_without_a_traceback(self):
        error = OperationalError("SELECT 1", {}, Exception("unable to open database file"))

        with self.assertRaises(click.ClickException) as caught, database_errors_as_messages():
            raise error

        self.assertEqual(
            caught.exception.message,
            "The database does not answer: unable to open database file",
        )
        self.assertEqual(caught.exception.exit_code, 1)

    def test_a_conflict_is_reported_in_its_own_words(self):
        with self.assertRaises(click.ClickException) as caught, database_errors_as_messages():
            raise Conflict("The data is being stored by another process.")

        self.assertEqual(caught.exception.message, "The data is being stored by another process.")

    def test_any_other_error_is_a_bug_and_stays_what_it_is(self):
        with self.assertRaises(ZeroDivisionError), database_errors_as_messages():
            _ = 1 / 0
