"""Relationships between the models, as a user of the blog meets them."""

from sqlalchemy import create_engine, func, select

from app.database import db
from tests.support.blog import PASSWORD
from tests.system.blog import BlogTestCase
from tests.system.pages import ContactPage, EditPostPage, PeoplePage, PostPage, PostsPage
from tests.system.processes import Process, environment
from tests.system.servers import CHEAP_PASSWORDS


class TestOneToOne(BlogTestCase):
    def test_saving_the_contact_card_twice_changes_the_same_card(self) -> None:
        self.log_in("John Williams")
        page = self.visit(ContactPage)

        page.save(City="Paris")
        page.save(City="Rome")

        assert page.open().card == {
            "City": "Rome",
            "Email": "john.willy@xyz.com",
            "Phone": "675-876-2423",
        }


class TestOneToMany(BlogTestCase):
    def test_username_leads_to_all_posts_of_the_user(self) -> None:
        page = self.visit(PeoplePage)

        page.follow("Fordo Baggings")

        assert page.as_page(PostsPage).titles == [
            "RestAPI Programming in Flask",
            "Using Templates in Flask",
        ]

    def test_deleting_an_account_deletes_its_posts(self) -> None:
        self.log_in("John Williams")

        self.visit(PeoplePage).delete_account(PASSWORD)

        assert self.visit(PostsPage).authors == {"Fordo Baggings"}


class TestManyToMany(BlogTestCase):
    def test_tag_leads_to_the_posts_of_all_users_with_this_tag(self) -> None:
        page = self.visit(PostPage, "/posts/1")

        page.follow("Flask")

        assert page.heading == "Posts about Flask"
        assert page.as_page(PostsPage).authors == {"John Williams", "Fordo Baggings"}

    def test_post_that_loses_a_tag_is_no_longer_listed_under_it(self) -> None:
        self.log_in("Fordo Baggings")
        page = self.visit(PostPage, "/posts/2")
        page.follow("Templates")
        templates = page.current_path

        self.visit(EditPostPage, "/posts/2/edit").save(Tags="Python, Flask")

        assert self.visit(PostsPage, templates).titles == []


class TestDataset:
    def test_seed_command_run_twice_stores_the_dataset_once(self, tmp_path):
        for _ in range(2):
            with Process(["flask", "seed"], environment(tmp_path, **CHEAP_PASSWORDS)) as process:
                assert process.wait() == 0, process.log

        engine = create_engine(f"sqlite:///{tmp_path}/blog.sqlite")
        with engine.connect() as connection:
            rows = {
                table.name: connection.scalar(select(func.count()).select_from(table))
                for table in db.metadata.sorted_tables
            }
        engine.dispose()
        assert rows == {"user": 2, "contact": 2, "blogpost": 4, "tag": 5, "tags": 11}
