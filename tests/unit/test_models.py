"""The models: relationships seen from Python, and constraints that the database itself enforces.

The tests of constraints use SQL, because a constraint must hold for every client.
"""

import unittest

from sqlalchemy import Table, event, func, select, text
from sqlalchemy.exc import IntegrityError

from app import dataset
from app.database import db
from app.models import Blogpost, Contact, Tag, User, tags
from app.sessions import authenticate
from tests.support.statements import recorded_statements
from tests.unit.cases import DatabaseTestCase

PASSWORD = "there and back again"


def store(*rows: object) -> None:
    """Store the rows and commit."""
    db.session.add_all(rows)
    db.session.commit()


def execute(statement: str, **values: object) -> None:
    """Execute an SQL statement, bypassing the models."""
    db.session.execute(text(statement), values)


def reverse_unordered_selects() -> None:
    """Return the rows of queries without ORDER BY in reverse, so that a missing one shows."""
    execute("PRAGMA reverse_unordered_selects = ON")


def count(table: type | Table) -> int | None:
    """Return the number of rows of a model or table."""
    return db.session.scalar(select(func.count()).select_from(table))


class TestOneToOne(DatabaseTestCase):
    INSERT = (
        "INSERT INTO contact (city, email, phonenum, version, userid) "
        "VALUES ('London', 'john.willy@xyz.com', '', 1, :userid)"
    )

    def john(self) -> User:
        """Store and return John Williams with his contact."""
        contact = Contact(city="London", email="john.willy@xyz.com")
        user = User(username="John Williams", contact=contact)
        store(user)
        return user

    def test_assigning_a_contact_sets_its_user(self):
        user = User(username="John Williams")

        user.contact = Contact(city="London")

        self.assertIs(user.contact.user, user)

    def test_assigning_a_user_sets_its_contact(self):
        contact = Contact(city="London")

        contact.user = User(username="John Williams")

        self.assertIs(contact.user.contact, contact)

    def test_user_without_a_contact_has_none(self):
        fordo = User(username="Fordo Baggings")

        store(fordo)

        self.assertIsNone(fordo.contact)

    def test_stored_contact_is_one_object_and_not_a_list(self):
        user_id = self.john().id
        db.session.expunge_all()

        contact = db.session.get(User, user_id).contact

        self.assertEqual(contact.city, "London")

    def test_removing_the_contact_from_its_user_deletes_it(self):
        john = self.john()

        john.contact = None
        db.session.commit()

        self.assertEqual(count(Contact), 0)

    def test_database_rejects_a_second_contact_of_a_user(self):
        john = self.john()

        with self.assertRaisesRegex(IntegrityError, "UNIQUE constraint failed: contact.userid"):
            execute(self.INSERT, userid=john.id)

    def test_database_rejects_a_contact_of_an_unknown_user(self):
        with self.assertRaisesRegex(IntegrityError, "FOREIGN KEY constraint failed"):
            execute(self.INSERT, userid=99)

    def test_database_deletes_the_contact_with_its_user(self):
        self.john()

        execute("DELETE FROM user")

        self.assertEqual(count(Contact), 0)


class TestOneToMany(DatabaseTestCase):
    INSERT = (
        "INSERT INTO blogpost (title, text, created, version, userid) "
        "VALUES ('Using Templates in Flask', '', '2026-11-22 00:00:00', 1, :userid)"
    )

    def setUp(self):
        super().setUp()
        self.john, self.fordo = User(username="John Williams"), User(username="Fordo Baggings")
        store(self.john, self.fordo)

    def test_post_with_a_user_is_one_of_the_posts_of_that_user(self):
        post = Blogpost(title="Flask - A Python Web Framework", user=self.john)

        store(post)

        self.assertEqual(self.john.blogposts.all(), [post])
        self.assertEqual(self.fordo.blogposts.all(), [])

    def test_adding_a_post_to_a_user_sets_the_user_of_the_post(self):
        post = Blogpost(title="Flask - A Python Web Framework")

        self.john.blogposts.append(post)

        self.assertIs(post.user, self.john)

    def test_storing_a_user_stores_the_posts_of_this_user(self):
        bilbo = User(username="Bilbo Baggings")
        post = Blogpost(title="Flask - A Python Web Framework", user=bilbo)

        store(bilbo)

        self.assertEqual(bilbo.blogposts.all(), [post])

    def test_post_with_a_user_id_has_that_user(self):
        post = Blogpost(title="Flask - A Python Web Framework", userid=self.john.id)

        store(post)

        self.assertIs(post.user, self.john)

    def test_posts_of_a_user_can_be_filtered(self):
        framework = Blogpost(title="Flask - A Python Web Framework", user=self.john)
        databases = Blogpost(title="Working with Databases in Flask", user=self.john)
        store(framework, databases)

        found = self.john.blogposts.filter(Blogpost.title.contains("Databases"))

        self.assertEqual(found.all(), [databases])

    def test_posts_of_a_user_are_ordered_by_id(self):
        store(*(Blogpost(id=number, title="", user=self.john) for number in (3, 1, 2)))
        reverse_unordered_selects()

        ids = [post.id for post in self.john.blogposts]

        self.assertEqual(ids, [1, 2, 3])

    def test_removing_a_post_from_its_user_deletes_it(self):
        post = Blogpost(title="Flask - A Python Web Framework", user=self.john)
        store(post)

        self.john.blogposts.remove(post)
        db.session.commit()

        self.assertEqual(count(Blogpost), 0)

    def test_database_rejects_a_post_of_an_unknown_user(self):
        with self.assertRaisesRegex(IntegrityError, "FOREIGN KEY constraint failed"):
            execute(self.INSERT, userid=99)

    def test_database_deletes_the_posts_with_their_user(self):
        store(Blogpost(title="Using Templates in Flask", user=self.fordo))

        execute("DELETE FROM user")

        self.assertEqual(count(Blogpost), 0)


class TestManyToMany(DatabaseTestCase):
    INSERT = "INSERT INTO tags (blogpost_id, tag_id) VALUES (:post, :tag)"

    def setUp(self):
        super().setUp()
        self.john = User(username="John Williams")
        self.post = Blogpost(title="Flask - A Python Web Framework", user=self.john)
        self.tag = Tag(tagname="Python")
        store(self.post, self.tag)

    def test_adding_a_tag_to_a_post_adds_the_post_to_the_tag(self):
        self.post.tags.append(self.tag)
        db.session.commit()

        self.assertEqual(self.tag.blogposts.all(), [self.post])

    def test_adding_a_post_to_a_tag_adds_the_tag_to_the_post(self):
        self.tag.blogposts.append(self.post)
        db.session.commit()

        self.assertEqual(self.post.tags, [self.tag])

    def test_adding_a_post_to_a_tag_adds_it_to_the_loaded_tags_of_the_post(self):
        loaded = self.post.tags

        self.tag.blogposts.append(self.post)

        self.assertEqual(loaded, [self.tag])

    def test_storing_a_tag_stores_the_posts_with_this_tag(self):
        tag = Tag(tagname="Flask")
        post = Blogpost(title="Using Templates in Flask", userid=self.john.id, tags=[tag])

        store(tag)

        self.assertEqual(tag.blogposts.all(), [post])

    def test_posts_of_a_tag_are_the_posts_with_that_tag(self):
        flask = Tag(tagname="Flask")
        other = Blogpost(title="Using Templates in Flask", user=self.john)
        store(flask, other)
        self.post.tags = [self.tag]
        other.tags = [self.tag, flask]

        self.assertEqual(self.tag.blogposts.all(), [self.post, other])
        self.assertEqual(flask.blogposts.all(), [other])

    def test_posts_of_a_tag_are_ordered_by_id(self):
        for number in (9, 5, 7):
            store(Blogpost(id=number, title="", user=self.john, tags=[self.tag]))
        reverse_unordered_selects()

        ids = [post.id for post in self.tag.blogposts]

        self.assertEqual(ids, [5, 7, 9])

    def test_tags_of_a_post_are_ordered_by_name_ignoring_case(self):
        # The course prints them in an order that its query does not ask for.
        self.post.tags = [self.tag, Tag(tagname="flask"), Tag(tagname="DB connectivity")]
        db.session.commit()
        db.session.expire(self.post)

        names = [tag.tagname for tag in self.post.tags]

        self.assertEqual(names, ["DB connectivity", "flask", "Python"])

    def test_database_rejects_the_same_tag_twice_on_a_post(self):
        execute(self.INSERT, post=self.post.id, tag=self.tag.id)

        with self.assertRaisesRegex(IntegrityError, "UNIQUE constraint failed: tags.blogpost_id"):
            execute(self.INSERT, post=self.post.id, tag=self.tag.id)

    def test_database_rejects_a_pair_with_an_unknown_post_or_tag(self):
        for post, tag in ((self.post.id, 99), (99, self.tag.id)):
            with (
                self.subTest(post=post, tag=tag),
                self.assertRaisesRegex(IntegrityError, "FOREIGN KEY constraint failed"),
            ):
                execute(self.INSERT, post=post, tag=tag)

    def test_database_deletes_the_pairs_of_a_post_and_keeps_its_tags(self):
        execute(self.INSERT, post=self.post.id, tag=self.tag.id)

        execute("DELETE FROM blogpost")

        self.assertEqual(count(Tag), 1)
        self.assertEqual(count(tags), 0)

    def test_database_deletes_the_pairs_of_a_tag_and_keeps_its_posts(self):
        execute(self.INSERT, post=self.post.id, tag=self.tag.id)

        execute("DELETE FROM tag")

        self.assertEqual(count(Blogpost), 1)
        self.assertEqual(count(tags), 0)

    def test_database_rejects_a_tag_that_differs_only_by_case(self):
        with self.assertRaisesRegex(IntegrityError, "UNIQUE constraint failed: tag.folded"):
            store(Tag(tagname="PYTHON"))

    def test_get_or_create_returns_new_and_existing_tags_together(self):
        found = Tag.get_or_create(["Flask", "Python"])

        self.assertEqual({tag.tagname for tag in found}, {"Flask", "Python"})
        self.assertIn(self.tag, found)

    def test_get_or_create_keeps_the_first_spelling_of_an_existing_tag(self):
        for name in ("Python", "python", "PYTHON"):
            with self.subTest(name=name):
                self.assertEqual(Tag.get_or_create([name]), [self.tag])
                self.assertEqual(self.tag.tagname, "Python")

    def test_get_or_create_ignores_case_and_how_accents_are_composed(self):
        for names in (
            ("Flask", "flask"),
            ("Straße", "STRASSE"),
            ("Ñandú", "ñandú"),
            ("Caf\N{LATIN SMALL LETTER E WITH ACUTE}", "Cafe\N{COMBINING ACUTE ACCENT}"),
        ):
            with self.subTest(names=names):
                [tag] = Tag.get_or_create(names)

                self.assertEqual(tag.tagname, names[0])

    def test_get_or_create_without_names_returns_no_tags(self):
        self.assertEqual(Tag.get_or_create([]), [])

    def test_get_or_create_inserts_tags_in_a_fixed_order(self):
        # Prevents a deadlock of two requests that insert the same tags in opposite orders.
        inserted = []

        def record(_connection: object, _cursor: object, statement: str, rows: list, *_: object):
            if statement.startswith("INSERT INTO tag "):
                inserted.extend(row[0] for row in rows)

        event.listen(db.engine, "before_cursor_execute", record)

        Tag.get_or_create(["Flask", "Rest API", "DB connectivity"])

        self.assertEqual(inserted, ["DB connectivity", "Flask", "Rest API"])

    def test_database_deletes_related_rows_without_loading_them(self):
        # A user may have thousands of posts, and a tag too.
        self.john.contact = Contact(city="London", email="john.willy@xyz.com")
        self.post.tags.append(self.tag)
        db.session.commit()

        for model, row_id in ((Tag, self.tag.id), (Blogpost, self.post.id), (User, self.john.id)):
            with self.subTest(model=model):
                db.session.expunge_all()
                row = db.session.get(model, row_id)

                with recorded_statements(self.app) as statements:
                    db.session.delete(row)
                    db.session.commit()

                self.assertEqual([sql.split()[0] for sql in statements], ["DELETE"])


class TestRepr(unittest.TestCase):
    def test_repr_of_a_user_shows_the_username(self):
        self.assertEqual(repr(User(username="John Williams")), "<User 'John Williams'>")

    def test_repr_of_a_contact_shows_the_id(self):
        self.assertEqual(repr(Contact(id=1)), "<Contact 1>")

    def test_repr_of_a_post_shows_the_title(self):
        post = Blogpost(title="Using Templates in Flask")

        self.assertEqual(repr(post), "<Blogpost 'Using Templates in Flask'>")

    def test_repr_of_a_tag_shows_the_name(self):
        self.assertEqual(repr(Tag(tagname="Python")), "<Tag 'Python'>")

    def test_repr_quotes_a_name_that_contains_a_quote(self):
        self.assertEqual(repr(User(username="O'Neill")), """<User "O'Neill">""")


class TestDataset(DatabaseTestCase):
    def test_dataset_is_the_users_contacts_posts_and_tags_of_the_course(self):
        dataset.load()

        # A rollback undoes what was not committed.
        db.session.rollback()
        self.assertEqual([count(model) for model in (User, Contact, Blogpost, Tag)], [2, 2, 4, 5])

    def test_dataset_ids_are_in_the_order_of_the_course(self):
        dataset.load()

        self.assertEqual(db.session.get(User, 1).username, "John Williams")
        self.assertEqual(
            list(db.session.scalars(select(Blogpost.title).order_by(Blogpost.id))),
            [
                "Flask - A Python Web Framework",
                "Using Templates in Flask",
                "Working with Databases in Flask",
                "RestAPI Programming in Flask",
            ],
        )

    def test_dataset_contact_is_that_of_the_course(self):
        dataset.load()

        contact = db.session.get(User, 1).contact
        self.assertEqual(
            (contact.city, contact.email, contact.phonenum),
            ("London", "john.willy@xyz.com", "675-876-2423"),
        )

    def test_dataset_posts_have_the_authors_and_the_tags_of_the_course(self):
        dataset.load()

        posts = db.session.scalars(select(Blogpost).order_by(Blogpost.id))
        self.assertEqual(
            [(post.user.username, [tag.tagname for tag in post.tags]) for post in posts],
            [
                ("John Williams", ["Flask", "Python"]),
                ("Fordo Baggings", ["Flask", "Python", "Templates"]),
                ("John Williams", ["DB connectivity", "Flask", "Python"]),
                ("Fordo Baggings", ["Flask", "Python", "Rest API"]),
            ],
        )

    def test_dataset_loaded_twice_adds_nothing(self):
        dataset.load()

        dataset.load()

        self.assertEqual([count(model) for model in (User, Contact, Blogpost, Tag)], [2, 2, 4, 5])

    def test_dataset_loaded_twice_keeps_the_changes_made_by_users(self):
        dataset.load()
        db.session.get(User, 1).contact.city = "Paris"
        db.session.delete(db.session.get(Blogpost, 4))
        db.session.commit()

        dataset.load()

        self.assertEqual(db.session.get(User, 1).contact.city, "Paris")
        self.assertEqual(count(Blogpost), 3)

    def test_dataset_loaded_again_restores_a_deleted_user_and_only_their_posts(self):
        dataset.load()
        db.session.delete(db.session.get(User, 2))
        db.session.commit()

        dataset.load()

        fordo = db.session.scalar(select(User).where(User.username == "Fordo Baggings"))
        self.assertEqual(count(Blogpost), 4)
        self.assertEqual(
            [post.title for post in fordo.blogposts],
            ["Using Templates in Flask", "RestAPI Programming in Flask"],
        )

    def test_dataset_uses_an_existing_tag(self):
        tag = Tag(tagname="python")
        store(tag)

        dataset.load()

        self.assertEqual(tag.blogposts.count(), 4)

    def test_dataset_without_a_password_allows_no_login(self):
        dataset.load()

        self.assertEqual(list(db.session.scalars(select(User.password_hash))), [None, None])

    def test_dataset_password_is_set_for_every_user(self):
        dataset.load()

        dataset.load(PASSWORD)

        for name in ("John Williams", "Fordo Baggings"):
            with self.subTest(name=name):
                self.assertIsNotNone(authenticate(name, PASSWORD))

    def test_dataset_password_is_not_set_for_other_users(self):
        store(User(username="Gollum"))

        dataset.load(PASSWORD)

        self.assertIsNone(authenticate("Gollum", PASSWORD))

    def test_dataset_without_a_password_keeps_the_old_one(self):
        dataset.load(PASSWORD)

        dataset.load()

        self.assertIsNotNone(authenticate("John Williams", PASSWORD))
