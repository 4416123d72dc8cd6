"""The database: connection settings, constraints, indexes, commits and optimistic locking."""

import os
import stat
import subprocess
import sys
import unittest
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from sqlalchemy import Engine, Select, func, insert, inspect, select, text
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
from tests.support.statements import listener, recorded_statements
from tests.unit.cases import DatabaseTestCase


def execute(statement: str) -> object:
    """Execute an SQL statement, bypassing the models; return the first value of its result."""
    result = db.session.connection().execute(text(statement))
    return result.scalar() if result.returns_rows else None


class TestConnection(DatabaseTestCase):
    def test_sqlite_checks_foreign_keys(self):
        self.assertEqual(execute("PRAGMA foreign_keys"), 1)

    def test_sqlite_waits_ten_seconds_for_another_writer(self):
        self.assertEqual(execute("PRAGMA busy_timeout"), 10_000)

    def test_write_that_does_not_begin_with_insert_can_be_rolled_back(self):
        # Python's sqlite3 module begins no transaction for this statement.
        execute("WITH new AS (SELECT 'John' AS name) INSERT INTO tag SELECT 1, name, name FROM new")

        db.session.rollback()

        self.assertEqual(execute("SELECT count(*) FROM tag"), 0)

    def test_reading_begins_no_transaction(self):
        # A transaction that began with a read cannot write after another connection has written.
        db.session.scalars(select(User)).all()

        connection = db.session.connection().connection.driver_connection
        self.assertFalse(connection.in_transaction)

    def test_connection_to_another_database_is_left_alone(self):
        # A plain object would fail at the first call of its methods.
        self.assertIsNone(prepare_connection(object(), None))


class TestNewApplication(unittest.TestCase):
    def test_creating_an_application_opens_no_connection(self):
        # A server may fork its workers afterwards, and they must not share a connection.
        opened: list[object] = []

        with listener(Engine, "do_connect", lambda *arguments: opened.append(arguments)):
            create_app(CONFIG)

        self.assertEqual(opened, [])


class TestCreateTables(DatabaseTestCase):
    def test_every_model_has_a_table(self):
        names = db.session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'"))

        self.assertLessEqual({"user", "contact", "blogpost", "tag", "tags"}, set(names))

    def test_creating_the_tables_twice_keeps_the_rows(self):
        db.session.add(User(username="John Williams"))
        db.session.commit()

        create_tables()

        self.assertEqual(db.session.scalar(select(User.username)), "John Williams")


class TestFile(unittest.TestCase):
    """The file of an SQLite database."""

    def setUp(self):
        self.file = Path(self.enterContext(TemporaryDirectory()), "blog.sqlite")
        app = create_app({**CONFIG, "SQLALCHEMY_DATABASE_URI": f"sqlite:///{self.file}"})
        with app.app_context():
            self.addCleanup(db.engine.dispose)
        self.enterContext(app.app_context())

    def test_database_file_uses_a_write_ahead_log(self):
        # In WAL mode, readers do not wait for a writer.
        create_tables()

        self.assertEqual(execute("PRAGMA journal_mode"), "wal")

    def test_only_the_owner_can_read_the_database_and_its_log(self):
        self.addCleanup(os.umask, os.umask(0))
        # On Windows the permissions are those of the folder; every writable file has this mode.
        private = 0o600 if os.name == "posix" else 0o666

        create_tables()

        modes = {
            file.name: stat.S_IMODE(file.stat().st_mode) for file in self.file.parent.iterdir()
        }
        names = ("blog.sqlite", "blog.sqlite-shm", "blog.sqlite-wal")
        self.assertEqual(modes, dict.fromkeys(names, private))

    def test_other_program_keeps_the_log_that_the_application_uses(self):
        # The last user of the file deletes the log. If a program took itself for the last one, the
        # application would read old rows and lose new ones. Locks show that it is not.
        create_tables()
        program = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT 1 FROM tag')"
        with db.engine.connect() as one, db.engine.connect() as other:
            for connection in (one, other):
                connection.execute(text("SELECT 1 FROM tag"))

            subprocess.run([sys.executable, "-c", program, self.file], check=True)  # noqa: S603

            self.assertTrue(self.file.with_name("blog.sqlite-wal").exists())

    def test_existing_database_file_keeps_its_permissions(self):
        self.file.touch()
        self.file.chmod(0o640)
        before = self.file.stat().st_mode

        create_tables()

        self.assertEqual(self.file.stat().st_mode, before)

    def test_file_that_cannot_be_created_is_a_database_error(self):
        self.file.mkdir()

        with self.assertRaisesRegex(OperationalError, "unable to open database file"):
            create_tables()

    def test_database_in_memory_creates_no_file(self):
        folder = self.file.parent
        self.enterContext(chdir(folder))

        with create_app(CONFIG).app_context():
            create_tables()
            db.engine.dispose()

        self.assertEqual(list(folder.iterdir()), [])


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

    def test_row_with_all_required_values_is_accepted(self):
        for model, row in self.ROWS:
            with self.subTest(table=model.__tablename__):
                result = db.session.execute(insert(model.__table__).values(row))

                self.assertEqual(result.rowcount, 1)

    def test_row_without_a_required_value_is_rejected(self):
        for model, row in self.ROWS:
            for column in row:
                with (
                    self.subTest(table=model.__tablename__, column=column),
                    self.assertRaisesRegex(IntegrityError, rf"constraint failed: .*\b{column}"),
                ):
                    db.session.execute(insert(model.__table__), {**row, column: None})

    def test_columns_are_as_long_as_the_form_fields(self):
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

    def test_password_hash_fits_into_its_column(self):
        hashed = generate_password_hash("x", DEFAULTS["PASSWORD_METHOD"])

        self.assertLessEqual(len(hashed), User.__table__.c.password_hash.type.length)

    def test_username_is_unique(self):
        with self.assertRaisesRegex(IntegrityError, "UNIQUE constraint failed: user.username"):
            execute("INSERT INTO user (username, version) VALUES ('John Williams', 1)")

    def test_id_of_a_deleted_user_is_not_reused(self):
        # Otherwise the session of the deleted user would log in the new one.
        execute("DELETE FROM user")

        db.session.add(User(username="Fordo Baggings"))
        db.session.commit()

        self.assertEqual(db.session.scalar(select(User.id)), 2)

    def test_id_of_a_deleted_post_is_not_reused(self):
        # Otherwise an open edit form of the deleted post would change the new one.
        user = db.session.scalar(select(User))
        db.session.add(Blogpost(title="Using Templates in Flask", user=user))
        db.session.commit()
        deleted = db.session.scalar(select(Blogpost.id))
        execute("DELETE FROM blogpost")

        db.session.add(Blogpost(title="RestAPI Programming in Flask", user=user))
        db.session.commit()

        self.assertEqual(db.session.scalar(select(Blogpost.id)), deleted + 1)


class TestIndexes(DatabaseTestCase):
    """With an index, a list reads the rows of its page only and sorts none."""

    def plan(self, statement: Select) -> list[str]:
        """Return the steps of SQLite's query plan."""
        sql = statement.compile(compile_kwargs={"literal_binds": True})
        return [step.detail for step in db.session.execute(text(f"EXPLAIN QUERY PLAN {sql}"))]

    def test_posts_of_a_user_are_found_in_order_by_an_index(self):
        statement = select(Blogpost.title).where(Blogpost.userid == 1).order_by(Blogpost.id.desc())

        [step] = self.plan(statement)

        self.assertRegex(step, r"INDEX \w+ \(userid=\?\)")

    def test_posts_of_a_tag_are_found_in_order_by_an_index(self):
        post = tags.c.blogpost_id
        statement = select(post).where(tags.c.tag_id == 1).order_by(post.desc())

        [step] = self.plan(statement)

        self.assertRegex(step, r"INDEX \w+ \(tag_id=\?\)")


class TestCommit(DatabaseTestCase):
    def test_committed_row_survives_a_rollback(self):
        db.session.add(User(username="John Williams"))

        commit_or_conflict("This username is taken.")

        db.session.rollback()
        self.assertEqual(db.session.scalar(select(User.username)), "John Williams")

    def test_committed_row_keeps_its_values_without_the_database(self):
        # The connection may be lost right after the commit.
        user = User(username="John Williams")
        db.session.add(user)
        commit_or_conflict("This username is taken.")

        with recorded_statements(self.app) as sent:
            values = (user.id, user.username, user.version)

        self.assertEqual(values, (1, "John Williams", 1))
        self.assertEqual(sent, [])

    def test_integrity_error_is_a_conflict_with_the_message(self):
        db.session.add_all([User(username="John Williams"), User(username="John Williams")])

        with self.assertRaises(Conflict) as caught:
            commit_or_conflict("This username is taken.")

        self.assertEqual(caught.exception.description, "This username is taken.")
        self.assertIsInstance(caught.exception.__cause__, IntegrityError)

    def test_conflict_rolls_back_the_whole_transaction(self):
        db.session.add_all([User(username=name) for name in ("Fordo Baggings", "John", "John")])

        with self.assertRaises(Conflict):
            commit_or_conflict("This username is taken.")

        self.assertEqual(db.session.scalar(select(func.count(User.id))), 0)

    def test_session_is_usable_after_a_conflict(self):
        db.session.add_all([User(username="John Williams"), User(username="John Williams")])
        with self.assertRaises(Conflict):
            commit_or_conflict("This username is taken.")

        db.session.add(User(username="Fordo Baggings"))
        commit_or_conflict("This username is taken.")

        self.assertEqual(db.session.scalar(select(User.username)), "Fordo Baggings")


class TestVersion(DatabaseTestCase):
    """Optimistic locking: a version counter detects a row that another request has changed."""

    def setUp(self):
        super().setUp()
        self.user = User(username="John Williams")
        db.session.add(self.user)
        db.session.commit()

    def test_new_row_has_version_one(self):
        self.assertEqual(self.user.version, 1)

    def test_change_increments_the_version(self):
        self.user.username = "John"
        db.session.commit()

        self.assertEqual(self.user.version, 2)

    def test_commit_without_a_change_keeps_the_version(self):
        self.user.username = "John Williams"
        db.session.commit()

        self.assertEqual(self.user.version, 1)

    def test_contact_and_post_have_a_version_too(self):
        contact = Contact(user=self.user, city="London", email="john.willy@xyz.com")
        post = Blogpost(user=self.user, title="Using Templates in Flask")
        db.session.add_all([contact, post])
        db.session.commit()

        contact.city = "Paris"
        post.title = "Templates"
        db.session.commit()

        self.assertEqual((contact.version, post.version), (2, 2))

    def test_changing_a_row_that_another_request_changed_is_a_conflict(self):
        self.user.username = "John"
        with db.session.no_autoflush:
            execute("UPDATE user SET username = 'Johnny', version = 2")

        with self.assertRaises(Conflict):
            commit_or_conflict("This account has changed.")

    def test_changing_a_row_that_another_request_deleted_is_a_conflict(self):
        self.user.username = "John"
        with db.session.no_autoflush:
            execute("DELETE FROM user")

        with self.assertRaises(Conflict):
            commit_or_conflict("This account has changed.")

    def test_deleting_a_row_that_another_request_changed_is_a_conflict(self):
        db.session.delete(self.user)
        with db.session.no_autoflush:
            execute("UPDATE user SET username = 'Johnny', version = 2")

        with self.assertRaises(Conflict):
            commit_or_conflict("This account has changed.")


class TestRowId(unittest.TestCase):
    """The URL converter behind `<int:…>`."""

    def setUp(self):
        rules = Map([Rule("/<int:row>", endpoint="row")], converters={"int": RowId})
        self.urls = rules.bind("localhost")

    def test_url_with_a_number_that_fits_an_id_column_matches(self):
        for path, row in (("/1", 1), ("/42", 42), ("/007", 7), ("/999999999", 999_999_999)):
            with self.subTest(path=path):
                self.assertEqual(self.urls.match(path), ("row", {"row": row}))

    def test_url_without_such_a_number_is_not_found(self):
        for path in (
            "/1000000000",
            "/0000000001",
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
    """The messages of `flask init-db` and `flask seed` if the database fails."""

    def test_database_error_in_a_command_becomes_a_message(self):
        error = OperationalError("SELECT 1", {}, Exception("unable to open database file"))

        with self.assertRaises(click.ClickException) as caught, database_errors_as_messages():
            raise error

        self.assertIn("unable to open database file", caught.exception.message)
        self.assertEqual(caught.exception.exit_code, 1)

    def test_other_error_in_a_command_is_a_bug_and_keeps_its_traceback(self):
        with self.assertRaises(ZeroDivisionError), database_errors_as_messages():
            _ = 1 / 0
