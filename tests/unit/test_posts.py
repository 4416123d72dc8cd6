"""How a post is written: what the form takes, and what becomes of it."""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from unittest import mock

from sqlalchemy import func, select, text
from werkzeug.exceptions import Conflict

from app.models import Blogpost, Tag, User, commit, db, utc_now
from app.posts import PostForm, store, tag_names
from tests.unit.cases import DatabaseTestCase

TITLE = "Using Templates in Flask"


class TestWrite(DatabaseTestCase):
    def setUp(self):
        super().setUp()
        self.fordo = User(username="Fordo Baggings")
        self.post = Blogpost(title=TITLE, text="Holes.", user=self.fordo)
        db.session.add(self.post)
        commit("They are there.")

    def form(self, **typed: str) -> PostForm:
        typed = {"title": TITLE, "text": "A template is a page with holes in it.", **typed}
        with self.app.test_request_context(method="POST", data=typed):
            return PostForm()

    def tags_of(self, post: Blogpost) -> list[str]:
        return [tag.tagname for tag in post.tags]

    def refusals(self, **typed: str) -> Mapping[str, object]:
        form = self.form(**typed)
        form.validate()
        return form.errors

    def test_what_is_typed_is_tidied(self):
        form = self.form(title="  Using  Templates\tin Flask ", text="\r\nOne.\r\n\r\nTwo.\r\n")

        self.assertTrue(form.validate())
        self.assertEqual(form.title.data, TITLE)
        self.assertEqual(form.text.data, "One.\n\nTwo.")

    def test_a_title_and_a_text_are_needed(self):
        for field in ("title", "text"):
            for nothing in ("", " \t\r\n "):
                with self.subTest(field=field, nothing=nothing):
                    self.assertEqual(list(self.refusals(**{field: nothing})), [field])

    def test_tags_are_not_needed(self):
        self.assertEqual(self.refusals(tags=""), {})

    def test_a_title_has_at_most_120_characters(self):
        self.assertEqual(self.refusals(title="x" * 120), {})
        self.assertEqual(list(self.refusals(title="x" * 121)), ["title"])

    def test_a_text_has_at_most_10000_characters(self):
        self.assertEqual(self.refusals(text="x" * 10_000), {})
        self.assertEqual(list(self.refusals(text="x" * 10_001)), ["text"])

    def test_a_tag_has_at_most_40_characters(self):
        self.assertEqual(self.refusals(tags=f"Flask, {'x' * 40}"), {})
        self.assertEqual(
            self.refusals(tags=f"Flask, {'x' * 41}"), {"tags": ["A tag has at most 40 characters."]}
        )

    def test_a_post_has_at_most_10_tags(self):
        self.assertEqual(self.refusals(tags=",".join("abcdefghij")), {})
        self.assertEqual(
            self.refusals(tags=",".join("abcdefghijk")), {"tags": ["A post has at most 10 tags."]}
        )

    def test_a_tag_that_is_typed_again_counts_once(self):
        self.assertEqual(self.refusals(tags=",".join("abcdefghijABC")), {})

    def test_a_control_character_is_refused_wherever_it_is(self):
        for field in ("title", "text", "tags"):
            with self.subTest(field=field):
                self.assertEqual(list(self.refusals(**{field: "Flask\0"})), [field])

    def test_tags_are_what_stands_between_commas(self):
        for typed, names in (
            ("Python, Flask", ["Python", "Flask"]),
            ("  DB   connectivity ,Rest API  ", ["DB connectivity", "Rest API"]),
            (",, Flask ,\t,", ["Flask"]),
            ("Python; Flask", ["Python; Flask"]),
            (" , ", []),
            ("", []),
            (None, []),
        ):
            with self.subTest(typed=typed):
                self.assertEqual(tag_names(typed), names)

    def test_a_new_post_is_stored_with_its_tags(self):
        post = Blogpost(userid=self.fordo.id)

        store(post, self.form(title="RestAPI Programming in Flask", tags="Python, Rest API"))

        db.session.rollback()
        self.assertEqual((post.id, post.title), (2, "RestAPI Programming in Flask"))
        self.assertEqual(self.tags_of(post), ["Python", "Rest API"])

    def test_a_new_post_is_dated_with_the_time_in_utc(self):
        # Anywhere but in UTC. Windows has no tzset: there, it is wherever the machine is.
        if hasattr(time, "tzset"):
            self.addCleanup(time.tzset)
            self.enterContext(mock.patch.dict(os.environ, TZ="JST-9"))
            time.tzset()
        before = datetime.now(UTC)
        post = Blogpost(userid=self.fordo.id)

        store(post, self.form())

        self.assertIsNone(utc_now().tzinfo, "PostgreSQL would turn it into its own time zone.")
        self.assertTrue(before <= post.created.replace(tzinfo=UTC) <= datetime.now(UTC))

    def test_a_tag_that_is_there_is_used_whatever_its_case(self):
        db.session.add(Tag(tagname="Python"))
        commit("It is there.")

        store(Blogpost(userid=self.fordo.id), self.form(tags=" PYTHON,python "))

        self.assertEqual(list(db.session.scalars(select(Tag.tagname))), ["Python"])

    def test_an_edited_post_is_changed_in_place(self):
        store(self.post, self.form(version="1", title="Templates", text="Escaped.", tags="Flask"))

        db.session.rollback()
        self.assertEqual((self.post.id, self.post.title), (1, "Templates"))
        self.assertEqual(self.post.text, "Escaped.")
        self.assertEqual(self.tags_of(self.post), ["Flask"])

    def test_tags_that_are_no_longer_typed_are_taken_off(self):
        store(self.post, self.form(version="1", tags="Python, Flask"))

        store(self.post, self.form(version="2", tags="Templates"))

        self.assertEqual(self.tags_of(self.post), ["Templates"])

    def test_other_tags_alone_make_another_version(self):
        """Of two who change the tags at once, the second would otherwise undo the first."""
        unchanged = {"title": self.post.title, "text": self.post.text}

        store(self.post, self.form(version="1", tags="Flask", **unchanged))

        self.assertEqual(self.post.version, 2)

    def test_a_post_of_another_version_is_not_the_one_that_was_edited(self):
        for version in ("", "0", "2", "1.0", "one"):
            with self.subTest(version=version), self.assertRaisesRegex(Conflict, "meanwhile"):
                store(self.post, self.form(version=version, title="Templates", tags="Flask"))

        self.assertEqual(self.post.title, TITLE)
        self.assertEqual(db.session.scalar(select(func.count(Tag.id))), 0)

    def test_a_new_post_has_no_version_that_could_have_been_edited(self):
        with self.assertRaisesRegex(Conflict, "meanwhile"):
            store(Blogpost(userid=self.fordo.id), self.form(version="1"))

    def test_a_post_that_another_request_changes_at_the_last_moment_is_a_conflict(self):
        form = self.form(version=str(self.post.version), title="Templates")
        db.session.execute(text("UPDATE blogpost SET title = 'Holes', version = 2"))

        with self.assertRaisesRegex(Conflict, "meanwhile"):
            store(self.post, form)

    def test_a_post_whose_author_leaves_at_the_last_moment_is_a_conflict(self):
        db.session.execute(text("DELETE FROM user"))

        with self.assertRaisesRegex(Conflict, "meanwhile"):
            store(Blogpost(userid=1), self.form())
