"""How the models relate, as a reader and a writer of the blog meet it."""

from sqlalchemy import create_engine, func, select

from app.database import db
from tests.system.blog import BlogTestCase
from tests.system.pages import ContactPage, PeoplePage, PostForm, PostPage, PostsPage
from tests.system.processes import Process, environment
from tests.system.servers import CHEAP


class TestOneToOne(BlogTestCase):
    def test_saving_the_contact_card_again_changes_the_one_that_is_there(self) -> None:
        self.log_in("John Williams")
        page = self.visit(ContactPage)

        page.save(City="Paris")
        page.save(City="Rome")

        assert page.open().card == {
            "City": "Rome",
            "Email": "john.willy@xyz.com",
            "Phone": "675-876-2423",
        }

    def test_each_person_sees_their_own_card(self) -> None:
        self.log_in("Fordo Baggings")

        page = self.visit(ContactPage)

        assert page.card["City"] == "Chicago"


class TestOneToMany(BlogTestCase):
    def test_a_persons_name_leads_to_all_that_they_wrote(self) -> None:
        page = self.visit(PeoplePage)

        page.follow("Fordo Baggings")

        assert page.becomes(PostsPage).posts == [
            "RestAPI Programming in Flask",
            "Using Templates in Flask",
        ]

    def test_whoever_deletes_their_account_takes_their_posts_along(self) -> None:
        self.log_in("John Williams")

        self.visit(PeoplePage).delete_account()

        assert self.visit(PostsPage).authors == {"Fordo Baggings"}


class TestManyToMany(BlogTestCase):
    def test_a_tag_leads_to_the_posts_of_everyone_who_used_it(self) -> None:
        page = self.visit(PostPage, "/posts/1")

        page.follow("Flask")

        assert page.heading == "Posts about Flask"
        assert page.becomes(PostsPage).authors == {"John Williams", "Fordo Baggings"}

    def test_a_post_shows_all_of_its_tags(self) -> None:
        page = self.visit(PostPage, "/posts/2")

        assert page.tags == ["Flask", "Python", "Templates"]

    def test_a_post_that_loses_a_tag_is_no_longer_found_by_it(self) -> None:
        self.log_in("Fordo Baggings")
        page = self.visit(PostPage, "/posts/2")
        page.follow("Templates")
        templates = page.address

        self.visit(PostForm, "/posts/2/edit").save(Tags="Python, Flask")

        assert self.visit(PostsPage, templates).posts == []


class TestDataset(BlogTestCase):
    def test_a_newcomer_finds_the_courses_people_and_posts(self) -> None:
        assert self.visit(PeoplePage).names == ["Fordo Baggings", "John Williams"]
        assert self.visit(PostsPage).posts == [
            "RestAPI Programming in Flask",
            "Working with Databases in Flask",
            "Using Templates in Flask",
            "Flask - A Python Web Framework",
        ]

    def test_the_command_stores_it_once_however_often_it_is_run(self) -> None:
        folder = self.folder / "new"
        folder.mkdir()

        for _ in range(2):
            with Process(["flask", "seed"], environment(folder, **CHEAP)) as process:
                assert process.wait() == 0, process.log

        engine = create_engine(f"sqlite:///{folder}/blog.sqlite")
        with engine.connect() as connection:
            rows = {
                table.name: connection.scalar(select(func.count()).select_from(table))
                for table in db.metadata.sorted_tables
            }
        engine.dispose()
        assert rows == {"user": 2, "contact": 2, "blogpost": 4, "tag": 5, "tags": 11}
