"""How the tables relate, seen in memory, and what the database itself refuses, asked in SQL."""

import unittest

from sqlalchemy import event, func, select, text
from sqlalchemy.exc import IntegrityError

from app import dataset
from app.database import db
from app.models import Blogpost, Contact, Tag, User, tags
from app.sessions import authenticate
from tests.unit.cases import DatabaseTestCase


def store(*rows: object) -> None:
    db.session.add_all(rows)
    db.session.commit()


def sql(statement: str, **values: object) -> None:
    """Execute a statement as anyone with a connection to the database could."""
    db.session.execute(text(statement), values)


def reverse_unordered() -> None:
    """Let SQLite read backwards wherever a statement asks for no order."""
    sql("PRAGMA reverse_unordered_selects = ON")


def count(model: type) -> int | None:
    return db.session.scalar(select(func.count()).select_from(model))


class TestOneToOne(DatabaseTestCase):
    INSERT = (
        "INSERT INTO contact (city, email, phonenum, version, userid) "
        "VALUES ('London', 'john.willy@xyz.com', '', 1, :userid)"
    )

    def test_a_contact_given_to_a_user_knows_that_user(self):
        user = User(username="John Williams")

        user.contact = Contact(city="London")

        self.assertIs(user.contact.user, user)

    def test_a_user_given_to_a_contact_has_that_contact(self):
        contact = Contact(city="London")

        contact.user = User(username="John Williams")

        self.assertIs(contact.user.contact, contact)

    def test_a_user_without_a_contact_has_none(self):
        store(User(username="John Williams"))

        self.assertIsNone(db.session.get(User, 1).contact)

    def test_a_stored_contact_is_one_object_and_no_list(self):
        store(User(username="John Williams", contact=Contact(city="London", email="j@xyz.com")))
        db.session.expunge_all()

        self.assertEqual(db.session.get(User, 1).contact.city, "London")

    def test_the_database_refuses_a_second_contact_of_a_user(self):
        store(User(username="John Williams", contact=Contact(city="London", email="j@xyz.com")))

        with self.assertRaisesRegex(IntegrityError, "UNIQUE constraint failed: contact.userid"):
            sql(self.INSERT, userid=1)

    def test_the_database_refuses_a_contact_of_nobody(self):
        with self.assertRaisesRegex(IntegrityError, "NOT NULL constraint failed: contact.userid"):
            sql(self.INSERT, userid=None)

    def test_the_database_refuses_a_contact_of_an_unknown_user(self):
        with self.assertRaisesRegex(IntegrityError, "FOREIGN KEY constraint failed"):
            sql(self.INSERT, userid=99)

    def test_a_contact_that_is_taken_away_is_deleted(self):
        user = User(username="John Williams", contact=Contact(city="London", email="j@xyz.com"))
        store(user)

        user.contact = None
        db.session.commit()

        self.assertEqual(count(Contact), 0)

    def test_the_database_deletes_the_contact_with_its_user(self):
        store(User(username="John Williams", contact=Contact(city="London", email="j@xyz.com")))

        sql("DELETE FROM user")

        self.assertEqual(count(Contact), 0)


class TestOneToMany(DatabaseTestCase):
    INSERT = (
        "INSERT INTO blogpost (title, text, created, version, userid) "
        "VALUES ('Using Templates in Flask', '', '2026-11-22 00:00:00', 1, :userid)"
    )

    def test_a_post_given_a_user_is_among_that_users_posts(self):
        user = User(username="John Williams")

        post = Blogpost(title="Flask - A Python Web Framework", user=user)
        store(user)

        self.assertEqual(user.blogposts.all(), [post])

    def test_a_post_given_the_id_of_a_user_has_that_user(self):
        user = User(username="John Williams")
        store(user)

        post = Blogpost(title="Flask - A Python Web Framework", userid=user.id)
        store(post)

        self.assertIs(post.user, user)

    def test_each_user_has_their_own_posts(self):
        john, fordo = User(username="John Williams"), User(username="Fordo Baggings")
        store(
            Blogpost(title="Flask - A Python Web Framework", user=john),
            Blogpost(title="Using Templates in Flask", user=fordo),
        )

        self.assertEqual([post.title for post in fordo.blogposts], ["Using Templates in Flask"])

    def test_the_posts_of_a_user_are_a_query_and_can_be_narrowed(self):
        user = User(username="John Williams")
        store(
            Blogpost(title="Flask - A Python Web Framework", user=user),
            Blogpost(title="Working with Databases in Flask", user=user),
        )

        [found] = user.blogposts.filter(Blogpost.title.contains("Databases"))

        self.assertEqual(found.title, "Working with Databases in Flask")

    def test_the_posts_of_a_user_come_in_the_order_of_their_ids(self):
        user = User(username="John Williams")
        store(*(Blogpost(id=number, title="", user=user) for number in (3, 1, 2)))
        reverse_unordered()

        ids = [post.id for post in user.blogposts]

        self.assertEqual(ids, [1, 2, 3])

    def test_the_database_refuses_a_post_of_nobody(self):
        with self.assertRaisesRegex(IntegrityError, "NOT NULL constraint failed: blogpost.userid"):
            sql(self.INSERT, userid=None)

    def test_the_database_refuses_a_post_of_an_unknown_user(self):
        with self.assertRaisesRegex(IntegrityError, "FOREIGN KEY constraint failed"):
            sql(self.INSERT, userid=99)

    def test_the_database_deletes_the_posts_with_their_user(self):
        store(Blogpost(title="Using Templates in Flask", user=User(username="Fordo Baggings")))

        sql("DELETE FROM user")

        self.assertEqual(count(Blogpost), 0)


class TestManyToMany(DatabaseTestCase):
    INSERT = "INSERT INTO tags (blogpost_id, tag_id) VALUES (:post, :tag)"

    def setUp(self):
        super().setUp()
        self.user = User(username="John Williams")
        self.post = Blogpost(title="Flask - A Python Web Framework", user=self.user)
        store(self.post)

    def test_a_tag_given_to_a_post_finds_that_post(self):
        tag = Tag(tagname="Flask")

        self.post.tags.append(tag)
        db.session.commit()

        self.assertEqual(tag.blogposts.all(), [self.post])

    def test_a_post_given_to_a_tag_bears_that_tag(self):
        tag = Tag(tagname="Flask")
        store(tag)

        tag.blogposts.append(self.post)
        db.session.commit()

        self.assertEqual(self.post.tags, [tag])

    def test_a_tag_filters_the_posts_that_bear_it(self):
        python, flask = Tag(tagname="Python"), Tag(tagname="Flask")
        other = Blogpost(title="Using Templates in Flask", user=self.user)
        store(python, flask, other)
        self.post.tags = [python]
        other.tags = [python, flask]

        self.assertEqual(python.blogposts.all(), [self.post, other])
        self.assertEqual(flask.blogposts.all(), [other])

    def test_the_posts_of_a_tag_come_in_the_order_of_their_ids(self):
        tag = Tag(tagname="Flask")
        store(*(Blogpost(id=number, title="", user=self.user, tags=[tag]) for number in (9, 5, 7)))
        reverse_unordered()

        ids = [post.id for post in tag.blogposts]

        self.assertEqual(ids, [5, 7, 9])

    def test_the_tags_of_a_post_come_in_the_order_of_the_alphabet(self):
        """The course prints them in an order that it never asked the database for."""
        self.post.tags = [Tag(tagname=name) for name in ("Python", "flask", "DB connectivity")]
        db.session.commit()

        names = [tag.tagname for tag in self.post.tags]

        self.assertEqual(names, ["DB connectivity", "flask", "Python"])

    def test_the_database_refuses_the_same_pair_twice(self):
        self.post.tags = [Tag(tagname="Flask")]
        db.session.commit()

        with self.assertRaisesRegex(IntegrityError, "UNIQUE constraint failed: tags.blogpost_id"):
            sql(self.INSERT, post=1, tag=1)

    def test_the_database_refuses_a_pair_of_which_one_is_unknown(self):
        store(Tag(tagname="Flask"))

        for post, tag in ((1, 99), (99, 1)):
            with (
                self.subTest(post=post, tag=tag),
                self.assertRaisesRegex(IntegrityError, "FOREIGN KEY constraint failed"),
            ):
                sql(self.INSERT, post=post, tag=tag)

    def test_a_deleted_post_leaves_its_tags_and_no_pair(self):
        self.post.tags = [Tag(tagname="Flask")]
        db.session.commit()

        sql("DELETE FROM blogpost")

        self.assertEqual(count(Tag), 1)
        self.assertEqual(count(tags), 0)

    def test_a_deleted_tag_leaves_its_posts_and_no_pair(self):
        self.post.tags = [Tag(tagname="Flask")]
        db.session.commit()

        sql("DELETE FROM tag")

        self.assertEqual(count(Blogpost), 1)
        self.assertEqual(count(tags), 0)

    def test_a_name_that_is_new_makes_a_tag(self):
        [tag] = Tag.get_or_create(["Rest API"])

        self.assertEqual(tag.tagname, "Rest API")
        self.assertEqual(tag.id, 1)

    def test_a_name_that_is_there_gives_the_tag_as_it_was_first_written(self):
        tag = Tag(tagname="Python")
        store(tag)

        for name in ("Python", "python", "PYTHON"):
            with self.subTest(name=name):
                self.assertEqual(Tag.get_or_create([name]), [tag])
                self.assertEqual(tag.tagname, "Python")

    def test_names_that_only_differ_by_case_or_accents_are_one_tag(self):
        for names in (
            ("Flask", "flask"),
            ("Straße", "STRASSE"),
            ("Ñandú", "ñandú"),
            ("Caf\N{LATIN SMALL LETTER E WITH ACUTE}", "Cafe\N{COMBINING ACUTE ACCENT}"),
        ):
            with self.subTest(names=names):
                [tag] = Tag.get_or_create(names)

                self.assertEqual(tag.tagname, names[0])

    def test_no_name_gives_no_tag(self):
        self.assertEqual(Tag.get_or_create([]), [])

    def test_new_and_known_names_are_given_together(self):
        store(Tag(tagname="Python"))

        found = Tag.get_or_create(["Flask", "python"])

        self.assertEqual({tag.tagname for tag in found}, {"Python", "Flask"})

    def test_the_database_refuses_two_tags_that_only_differ_by_case(self):
        store(Tag(tagname="Python"))

        with self.assertRaisesRegex(IntegrityError, "UNIQUE constraint failed: tag.folded"):
            store(Tag(tagname="PYTHON"))

    def test_tags_are_made_in_one_order_whatever_the_order_of_their_names(self):
        """So two requests that make the same tags wait for each other, and not in a circle."""
        inserted = []

        def note(_connection: object, _cursor: object, statement: str, rows: list, *_: object):
            if statement.startswith("INSERT INTO tag "):
                inserted.extend(row[0] for row in rows)

        event.listen(db.engine, "before_cursor_execute", note)

        Tag.get_or_create(["Flask", "Rest API", "DB connectivity"])

        self.assertEqual(inserted, ["DB connectivity", "Flask", "Rest API"])


class TestRepr(unittest.TestCase):
    def test_a_user_is_shown_by_name(self):
        self.assertEqual(repr(User(username="John Williams")), "<User 'John Williams'>")

    def test_a_contact_is_shown_by_id(self):
        self.assertEqual(repr(Contact(id=1)), "<Contact 1>")

    def test_a_post_is_shown_by_title(self):
        post = Blogpost(title="Using Templates in Flask")

        self.assertEqual(repr(post), "<Blogpost 'Using Templates in Flask'>")

    def test_a_tag_is_shown_by_name(self):
        self.assertEqual(repr(Tag(tagname="Python")), "<Tag 'Python'>")

    def test_a_quote_in_a_name_cannot_be_taken_for_its_end(self):
        self.assertEqual(repr(User(username="O'Neill")), """<User "O'Neill">""")


class TestDataset(DatabaseTestCase):
    def test_it_has_the_numbers_of_the_course(self):
        dataset.load()

        self.assertEqual([count(model) for model in (User, Contact, Blogpost, Tag)], [2, 2, 4, 5])

    def test_it_is_committed(self):
        dataset.load()

        db.session.rollback()
        self.assertEqual(count(User), 2)

    def test_ids_follow_the_order_of_the_course(self):
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

    def test_each_person_has_the_contact_of_the_course(self):
        dataset.load()

        contact = db.session.get(User, 1).contact
        self.assertEqual(
            (contact.city, contact.email, contact.phonenum),
            ("London", "john.willy@xyz.com", "675-876-2423"),
        )

    def test_each_post_has_the_author_and_the_tags_of_the_course(self):
        dataset.load()

        post = db.session.get(Blogpost, 2)
        self.assertEqual(post.user.username, "Fordo Baggings")
        self.assertEqual([tag.tagname for tag in post.tags], ["Flask", "Python", "Templates"])

    def test_a_second_time_it_adds_nothing(self):
        dataset.load()

        dataset.load()

        self.assertEqual([count(model) for model in (User, Contact, Blogpost, Tag)], [2, 2, 4, 5])

    def test_a_second_time_it_keeps_what_people_have_made_of_it(self):
        dataset.load()
        db.session.get(User, 1).contact.city = "Paris"
        db.session.delete(db.session.get(Blogpost, 4))
        db.session.commit()

        dataset.load()

        self.assertEqual(db.session.get(User, 1).contact.city, "Paris")
        self.assertEqual(count(Blogpost), 3)

    def test_a_person_who_has_left_comes_back_with_their_posts_alone(self):
        dataset.load()
        db.session.delete(db.session.get(User, 2))
        db.session.commit()

        dataset.load()

        self.assertEqual(count(Blogpost), 4)
        fordo = db.session.scalar(select(User).where(User.username == "Fordo Baggings"))
        self.assertEqual(
            [post.title for post in fordo.blogposts],
            ["Using Templates in Flask", "RestAPI Programming in Flask"],
        )

    def test_a_tag_that_is_there_is_used(self):
        store(Tag(tagname="python"))

        dataset.load()

        self.assertEqual(db.session.get(Tag, 1).blogposts.count(), 4)

    def test_without_a_password_nobody_can_log_in(self):
        dataset.load()

        self.assertEqual(list(db.session.scalars(select(User.password_hash))), [None, None])

    def test_a_password_becomes_that_of_everyone(self):
        dataset.load()

        dataset.load("there and back again")

        for name in ("John Williams", "Fordo Baggings"):
            with self.subTest(name=name):
                self.assertIsNotNone(authenticate(name, "there and back again"))

    def test_a_password_stays_where_no_other_is_given(self):
        dataset.load("there and back again")

        dataset.load()

        self.assertIsNotNone(authenticate("John Williams", "there and back again"))
