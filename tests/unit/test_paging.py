"""Keyset pagination: a page starts below the last id of the page before it, not at an offset."""

from sqlalchemy import select
from werkzeug.exceptions import NotFound

from app.database import db
from app.models import User
from app.paging import Page, paginate
from tests.unit.cases import DatabaseTestCase


class TestPaginate(DatabaseTestCase):
    def setUp(self):
        super().setUp()
        self.app.config["PAGE_SIZE"] = 3

    def store_users(self, number: int) -> None:
        """Store this many users, with the ids 1, 2, 3 and so on."""
        db.session.add_all([User(id=row, username=f"user {row}") for row in range(1, number + 1)])
        db.session.commit()

    def page(self, url: str) -> Page:
        with self.app.test_request_context(url):
            return paginate(select(User), User.id)

    def ids(self, url: str) -> list[int]:
        return [user.id for user in self.page(url).rows]

    def test_first_page_has_the_newest_rows_first(self):
        self.store_users(5)

        self.assertEqual(self.ids("/"), [5, 4, 3])

    def test_next_page_starts_below_the_last_row(self):
        self.store_users(5)

        self.assertEqual(self.ids("/?before=3"), [2, 1])

    def test_page_with_rows_after_it_has_older_rows(self):
        self.store_users(4)

        self.assertTrue(self.page("/").older)

    def test_full_page_without_rows_after_it_has_no_older_rows(self):
        self.store_users(3)

        self.assertFalse(self.page("/").older)

    def test_next_page_is_the_same_if_the_last_row_was_deleted(self):
        self.store_users(5)
        db.session.delete(db.session.get(User, 3))
        db.session.commit()

        self.assertEqual(self.ids("/?before=3"), [2, 1])

    def test_first_page_of_an_empty_list_is_empty(self):
        self.assertEqual(self.page("/"), Page([], older=False))

    def test_page_after_the_last_row_is_not_found(self):
        self.store_users(3)

        with self.assertRaises(NotFound):
            self.page("/?before=1")

    def test_page_before_the_largest_possible_id_is_the_first_page(self):
        self.store_users(3)

        self.assertEqual(self.ids("/?before=999999999"), [3, 2, 1])

    def test_page_before_anything_but_an_id_is_not_found(self):
        self.store_users(3)
        not_ids = ("", "two", "-2", "2.5", "2,", "%202", "2%0a", "٢", "9" * 10, "9" * 5000)

        for key in not_ids:
            with self.subTest(key=key), self.assertRaises(NotFound):
                self.page(f"/?before={key}")
            with self.subTest(key=key), self.assertRaises(NotFound):
                self.page(f"/?after={key}")

    def test_newer_page_ends_above_the_first_row(self):
        self.store_users(9)

        self.assertEqual(self.ids("/?after=3"), [6, 5, 4])

    def test_page_in_the_middle_has_older_and_newer_rows(self):
        self.store_users(9)

        page = self.page("/?after=3")

        self.assertEqual((page.older, page.newer), (True, True))

    def test_newest_page_has_no_newer_rows(self):
        self.store_users(6)

        for url in ("/", "/?after=3", "/?after=4", "/?after=6", "/?after=99"):
            with self.subTest(url=url):
                self.assertEqual(self.ids(url), [6, 5, 4])
                self.assertFalse(self.page(url).newer)

    def test_older_page_has_newer_rows(self):
        self.store_users(4)

        self.assertTrue(self.page("/?before=2").newer)

    def test_page_size_is_configurable(self):
        self.store_users(3)
        self.app.config["PAGE_SIZE"] = 1

        self.assertEqual(self.ids("/"), [3])
