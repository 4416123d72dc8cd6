"""Writing posts: what the form accepts, and how a post and its tags are stored."""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from unittest import mock

from sqlalchemy import func, select, text
from werkzeug.exceptions import Conflict

from app.database import db
from app.models import Blogpost, Tag, User, utc_now
from app.posts import PostForm, store_post, tag_names
from tests.unit.cases import DatabaseTestCase

TITLE = "Using Templates in Flask"


class TestWrite(DatabaseTestCase):
    def setUp(self):
        super().setUp()
        self.fordo = User(username="Fordo Baggings")
        self.post = Blogpost(title=TITLE, text="A draft.", user=self.fordo)
        db.session.add(self.post)
        db.session.commit()

    def form(self, **fields: str) -> PostForm:
        """Return a submitted post form."""
        fields = {"title": TITLE, "text": "A template is a page with holes in it.", **fields}
        with self.app.test_request_context(method="POST", data=fields):
            return PostForm()

    def errors(self, **fields: str) -> Mapping[str, object]:
        """Return the error messages of a submitted post form, by field."""
        form = self.form(**fields)
        form.validate()
        return form.errors

    def tags_of(self, post: Blogpost) -> list[str]:
        return [tag.tagname for tag in post.tags]

    def test_white_space_and_line_ends_are_normalized(self):
        form = self.form(title="  Using  Templates\tin Flask ", text="\r\nOne.\r\n\r\nTwo.\r\n")

        self.assertTrue(form.validate())
        self.assertEqual(form.title.data, TITLE)
        self.assertEqual(form.text.data, "One.\n\nTwo.")

    def test_indentation_of_the_first_line_is_kept(self):
        form = self.form(text="    return 1\r\n")

        self.assertEqual(form.text.data, "    return 1")

    def test_title_and_text_are_required(self):
        for field in ("title", "text"):
            for empty in ("", " \t\r\n "):
                with self.subTest(field=field, empty=empty):
                    self.assertEqual(list(self.errors(**{field: empty})), [field])

    def test_tags_are_optional(self):
        self.assertEqual(self.errors(tags=""), {})

    def test_title_has_at_most_120_characters(self):
        self.assertEqual(self.errors(title="x" * 120), {})
        self.assertEqual(list(self.errors(title="x" * 121)), ["title"])

    def test_text_has_at_most_10000_characters(self):
        self.assertEqual(self.errors(text="x" * 10_000), {})
        self.assertEqual(list(self.errors(text="x" * 10_001)), ["text"])

    def test_tag_has_at_most_40_characters(self):
        self.assertEqual(self.errors(tags=f"Flask, {'x' * 40}"), {})
        self.assertEqual(
            self.errors(tags=f"Flask, {'x' * 41}"),
            {"tags": ["Use at most 40 characters for each tag."]},
        )

    def test_post_has_at_most_10_tags(self):
        self.assertEqual(self.errors(tags=",".join("abcdefghij")), {})
        self.assertEqual(
            self.errors(tags=",".join("abcdefghijk")), {"tags": ["Use at most 10 tags."]}
        )

    def test_tags_have_at_most_10000_characters_in_all(self):
        # Denial of service: checking longer ones one by one would take seconds.
        marks = "a" + "\N{COMBINING ACUTE ACCENT}\N{COMBINING DOT BELOW}" * 4950

        for tags in (f"{marks},{marks}", "Flask," * 1667):
            with self.subTest(tags=tags[:6]):
                self.assertEqual(
                    self.errors(tags=tags), {"tags": ["Use at most 10000 characters."]}
                )

    def test_tag_with_a_format_character_is_rejected(self):
        # Spoofing: it would look like another tag.
        [error] = self.errors(tags="Fl\N{ZERO WIDTH SPACE}ask")["tags"]

        self.assertIn("invisible", error)

    def test_repeated_tag_counts_once(self):
        self.assertEqual(self.errors(tags=",".join("abcdefghijABC")), {})

    def test_control_character_is_rejected_in_every_field(self):
        for field in ("title", "text", "tags"):
            with self.subTest(field=field):
                self.assertEqual(list(self.errors(**{field: "Flask\0"})), [field])

    def test_tag_names_are_separated_by_commas(self):
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

    def test_new_post_is_stored_with_its_tags(self):
        post = Blogpost(userid=self.fordo.id)

        store_post(post, self.form(title="RestAPI Programming in Flask", tags="Python, Rest API"))

        # A rollback undoes what was not committed.
        db.session.rollback()
        self.assertEqual((post.id, post.title), (2, "RestAPI Programming in Flask"))
        self.assertEqual(set(self.tags_of(post)), {"Python", "Rest API"})

    def test_new_post_is_dated_in_utc(self):
        # The local time of the test differs from UTC, except on Windows, which has no tzset.
        if hasattr(time, "tzset"):
            self.addCleanup(time.tzset)
            self.enterContext(mock.patch.dict(os.environ, TZ="JST-9"))
            time.tzset()
        before = datetime.now(UTC)
        post = Blogpost(userid=self.fordo.id)

        store_post(post, self.form())

        self.assertIsNone(utc_now().tzinfo, "PostgreSQL would convert it to its own time zone.")
        self.assertTrue(before <= post.created.replace(tzinfo=UTC) <= datetime.now(UTC))

    def test_edited_post_is_updated_in_place(self):
        store_post(
            self.post, self.form(version="1", title="Templates", text="Escaped.", tags="Flask")
        )

        db.session.rollback()
        self.assertEqual((self.post.id, self.post.title), (1, "Templates"))
        self.assertEqual(self.post.text, "Escaped.")
        self.assertEqual(self.tags_of(self.post), ["Flask"])

    def test_tags_missing_from_the_form_are_removed_from_the_post(self):
        store_post(self.post, self.form(version="1", tags="Python, Flask"))

        store_post(self.post, self.form(version="2", tags="Templates"))

        self.assertEqual(self.tags_of(self.post), ["Templates"])

    def test_changing_only_the_tags_increments_the_version(self):
        # Otherwise the second of two concurrent changes to the tags would overwrite the first.
        unchanged = {"title": self.post.title, "text": self.post.text}

        store_post(self.post, self.form(version="1", tags="Flask", **unchanged))
        store_post(self.post, self.form(version="2", tags="Python", **unchanged))

        self.assertEqual(self.post.version, 3)

    def test_form_for_a_new_post_that_is_sent_twice_is_stored_once(self):
        ids = [
            store_post(Blogpost(userid=self.fordo.id), self.form(token="1", title="Templates"))
            for _ in range(2)
        ]

        self.assertEqual(ids, [2, 2])
        self.assertEqual(db.session.scalar(select(func.count(Blogpost.id))), 2)

    def test_same_post_by_another_author_or_from_another_form_is_another_post(self):
        john = User(username="John Williams")
        db.session.add(john)
        db.session.commit()

        ids = [
            store_post(Blogpost(userid=author.id), self.form(token=token))
            for author, token in ((self.fordo, "1"), (self.fordo, "2"), (john, "1"))
        ]

        self.assertEqual(ids, [2, 3, 4])

    def test_edit_that_repeats_the_last_one_is_stored_once(self):
        # The second form was opened before the first one was stored.
        for _ in range(2):
            stored = store_post(self.post, self.form(version="1", title="Templates"))
            self.assertEqual(stored, self.post.id)

        self.assertEqual((self.post.title, self.post.version), ("Templates", 2))

    def test_post_form_with_another_version_is_a_conflict(self):
        # Optimistic locking: the row is not in the state that the form was opened with.
        for version in ("", "0", "2", "1.0", "one"):
            with self.subTest(version=version), self.assertRaises(Conflict):
                store_post(self.post, self.form(version=version, title="Templates", tags="Flask"))

        self.assertEqual(self.post.title, TITLE)
        self.assertEqual(db.session.scalar(select(func.count(Tag.id))), 0)

    def test_new_post_with_a_version_is_a_conflict(self):
        with self.assertRaises(Conflict):
            store_post(Blogpost(userid=self.fordo.id), self.form(version="1"))

    def test_post_changed_by_another_request_at_the_last_moment_is_a_conflict(self):
        # A race condition: this request has already read the row when the other one changes it.
        form = self.form(version=str(self.post.version), title="Templates")
        db.session.execute(text("UPDATE blogpost SET title = 'Holes', version = 2"))

        with self.assertRaises(Conflict):
            store_post(self.post, form)

    def test_post_of_an_author_deleted_at_the_last_moment_is_a_conflict(self):
        db.session.execute(text("DELETE FROM user"))

        with self.assertRaises(Conflict):
            store_post(Blogpost(userid=1), self.form())
