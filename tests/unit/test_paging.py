"""A list by pages: each begins below the last id of the one before."""

from sqlalchemy import select
from werkzeug.exceptions import NotFound

from app.models import User, db
from app.paging import Page, page_of
from tests.unit.cases import DatabaseTestCase


class TestPageOf(DatabaseTestCase):
    def people(self, number: int) -> None:
        """Store as many people, with the ids from 1 on, for pages of three."""
        self.app.config["PAGE_SIZE"] = 3
        db.session.add_all([User(id=row, username=str(row)) for row in range(1, number + 1)])
        db.session.commit()

    def page(self, url: str) -> Page[User]:
        with self.app.test_request_context(url):
            return page_of(select(User), User.id)

    def ids(self, url: str) -> list[int]:
        return [user.id for user in self.page(url).rows]

    def test_the_first_page_has_the_newest_rows_first(self):
        self.people(5)

        self.assertEqual(self.ids("/"), [5, 4, 3])

    def test_the_next_page_begins_below_the_last_row(self):
        self.people(5)

        self.assertEqual(self.ids("/?before=3"), [2, 1])

    def test_a_page_with_rows_behind_it_says_so(self):
        self.people(4)

        self.assertTrue(self.page("/").more)

    def test_a_page_that_is_just_full_is_the_last(self):
        self.people(3)

        self.assertFalse(self.page("/").more)

    def test_a_row_that_is_gone_can_still_be_begun_below(self):
        self.people(5)
        db.session.delete(db.session.get(User, 3))
        db.session.commit()

        self.assertEqual(self.ids("/?before=3"), [2, 1])

    def test_an_empty_list_is_a_first_page_without_rows(self):
        self.assertEqual(self.page("/"), Page([], more=False))

    def test_a_page_behind_the_last_one_is_not_there(self):
        self.people(3)

        with self.assertRaises(NotFound):
            self.page("/?before=1")

    def test_a_page_before_what_is_no_id_is_not_there(self):
        self.people(3)

        for before in (
            "",
            "two",
            "-2",
            "2.5",
            "2,",
            "%202",
            "2%0a",
            "٢",
            "9" * 11,
            "9" * 5000,
            2**31,
        ):
            with self.subTest(before=before), self.assertRaises(NotFound):
                self.page(f"/?before={before}")

    def test_a_page_before_the_largest_id_is_the_first(self):
        self.people(3)

        self.assertEqual(self.ids(f"/?before={2**31 - 1}"), [3, 2, 1])

    def test_pages_are_of_the_size_that_is_configured(self):
        self.people(3)
        self.app.config["PAGE_SIZE"] = 1

        self.assertEqual(self.ids("/"), [3])
