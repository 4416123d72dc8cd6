"""Two requests at once: one is done, the other told so, and nothing is ever half done.

Nothing here waits for time to pass: a request is held before the first thing that it writes, when
it has read all that it decides by, until the other one is as far, or over.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, get_ident, local

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, event
from werkzeug.test import TestResponse

from app.database import create_tables, db
from app.models import Contact
from tests.support.html import csrf_header, page, submit, texts
from tests.support.stored import stored_rows

Request = Callable[[], TestResponse]
Stop = Callable[[str], bool]

BILBO = {"username": "Bilbo Baggings", "password": "an unexpected party"}
CARD = {"city": "London", "email": "john.willy@xyz.com", "phonenum": "675-876-2423"}
POST = {"title": "The road goes ever on", "text": "Down from the door.", "tags": "Walking"}


@pytest.fixture
def app(threaded_app: Flask) -> Flask:
    """The application of this module's clients takes several threads."""
    return threaded_app


def writes(statement: str) -> bool:
    """Say whether this SQL changes anything."""
    return statement.startswith(("INSERT", "UPDATE", "DELETE"))


@contextmanager
def before_the_first(app: Flask, stop: Stop, act: Callable[[], object]) -> Iterator[None]:
    """Have every thread `act` once, before the first statement at which it is to stop."""
    thread = local()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if stop(statement) and not hasattr(thread, "acted"):
            thread.acted = True
            act()

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield
    event.remove(engine, "before_cursor_execute", note)


def at_once(app: Flask, *requests: Request) -> list[TestResponse]:
    """Make the requests in a thread each: none writes before all have read what there is."""
    # Who waits in vain fails, and does not hang: the other one wrote nothing.
    everyone = Barrier(len(requests), timeout=20)
    with before_the_first(app, writes, everyone.wait), ThreadPoolExecutor() as pool:
        return list(pool.map(lambda request: request(), requests))


def meanwhile(app: Flask, late: Request, early: Request, stop: Stop = writes) -> TestResponse:
    """Make `late`, and all of `early` when that has read what there is, but written nothing.

    `stop` names another statement of `late` that waits for `early`. Gives the answer to `late`.
    """
    me = get_ident()
    answers = []

    def let_the_other_go_first() -> None:
        if get_ident() == me:
            # Inside of this request it would share the context: it gets a thread.
            with ThreadPoolExecutor() as pool:
                answers.append(pool.submit(early).result())

    with before_the_first(app, stop, let_the_other_go_first):
        answer = late()
    [of_early] = answers
    assert of_early.status_code < 400
    return answer


def refusals(answers: list[TestResponse]) -> list[int]:
    """Give the statuses of those that were refused; which of two it is does not matter."""
    return [answer.status_code for answer in answers if answer.status_code >= 400]


def delete_account(client: FlaskClient, user_id: int) -> TestResponse:
    """Have someone delete themself, as the page's script does."""
    return client.delete(f"/users/{user_id}", headers=csrf_header(client))


def rename(client: FlaskClient, user_id: int, name: str) -> TestResponse:
    """Have someone rename themself, as the page's script does."""
    return client.put(f"/users/{user_id}", json={"username": name}, headers=csrf_header(client))


class TestTables:
    def test_tables_that_several_make_at_once_are_made_once(self, app):
        everyone = Barrier(8, timeout=20)

        def make(_: int) -> None:
            with app.app_context():
                everyone.wait()
                create_tables()

        with app.app_context():
            db.drop_all()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(make, range(8)))

        assert set(stored_rows(app)) == set(db.metadata.tables)


class TestNames:
    def test_two_who_sign_up_with_one_name_get_one_account(self, app):
        clients = [app.test_client(), app.test_client()]

        answers = at_once(app, *(lambda c=c: submit(c, "/signup", BILBO) for c in clients))

        assert refusals(answers) == [409]
        assert [user.username for user in stored_rows(app)["user"]].count("Bilbo Baggings") == 1

    def test_whoever_comes_second_keeps_the_name_typed_and_is_not_logged_in(self, app, client):
        answer = meanwhile(
            app,
            late=lambda: submit(client, "/signup", BILBO),
            early=lambda: submit(app.test_client(), "/signup", BILBO),
        )

        assert answer.status_code == 409
        assert texts(answer, ".error") == ["This username is taken. Choose another one."]
        assert page(answer).cssselect("#username")[0].get("value") == "Bilbo Baggings"
        assert texts(client.get("/"), "#me") == []

    def test_two_who_take_one_name_by_the_api_get_one_account(self, app):
        clients = [app.test_client(), app.test_client()]

        answers = at_once(
            app,
            *(lambda c=c: c.post("/users/", json=BILBO, headers=csrf_header(c)) for c in clients),
        )

        assert refusals(answers) == [409]

    def test_two_who_rename_themselves_alike_do_not_both_win(self, app, john, fordo):
        answers = at_once(
            app,
            lambda: rename(john, 1, "Gandalf"),
            lambda: rename(fordo, 2, "Gandalf"),
        )

        assert refusals(answers) == [409]
        names = {user.username for user in stored_rows(app)["user"]}
        assert names in ({"Gandalf", "Fordo Baggings"}, {"Gandalf", "John Williams"})

    def test_a_rename_and_a_sign_up_with_one_name_do_not_both_win(self, app, john, client):
        answers = at_once(
            app,
            lambda: rename(john, 1, "Bilbo Baggings"),
            lambda: submit(client, "/signup", BILBO),
        )

        assert refusals(answers) == [409]
        assert [user.username for user in stored_rows(app)["user"]].count("Bilbo Baggings") == 1


class TestContactCards:
    def test_of_two_first_cards_of_a_person_one_is_kept(self, app, john, log_in):
        on_the_phone = log_in("John Williams")
        with app.app_context():
            db.session.execute(delete(Contact))
            db.session.commit()

        answers = at_once(
            app,
            lambda: submit(john, "/contact", {**CARD, "city": "Chicago"}),
            lambda: submit(on_the_phone, "/contact", {**CARD, "city": "London"}),
        )

        assert refusals(answers) == [409]
        [card] = stored_rows(app)["contact"]
        assert (card.city, card.userid) in {("Chicago", 1), ("London", 1)}

    def test_of_two_changes_of_a_card_the_second_is_told_and_keeps_what_was_typed(
        self, app, john, log_in
    ):
        on_the_phone = log_in("John Williams")

        answer = meanwhile(
            app,
            late=lambda: submit(john, "/contact", {**CARD, "city": "Chicago"}),
            early=lambda: submit(on_the_phone, "/contact", {**CARD, "city": "Bree"}),
        )

        assert answer.status_code == 409
        assert page(answer).cssselect("#city")[0].get("value") == "Chicago"
        assert stored_rows(app)["contact"][0].city == "Bree"

    def test_whoever_is_deleted_meanwhile_gets_no_card(self, app, john, log_in):
        on_the_phone = log_in("John Williams")
        with app.app_context():
            db.session.execute(delete(Contact))
            db.session.commit()

        answer = meanwhile(
            app,
            late=lambda: submit(john, "/contact", CARD),
            early=lambda: delete_account(on_the_phone, 1),
        )

        assert answer.status_code == 409
        assert stored_rows(app)["contact"] == []


class TestTags:
    def test_a_tag_that_two_posts_make_at_once_is_one_tag(self, app, john, fordo):
        answers = at_once(
            app,
            lambda: submit(john, "/posts/new", {**POST, "tags": "Walking"}),
            lambda: submit(fordo, "/posts/new", {**POST, "tags": "WALKING"}),
        )

        assert refusals(answers) == []
        [tag] = [tag for tag in stored_rows(app)["tag"] if tag.folded == "walking"]
        assert [pair.tag_id for pair in stored_rows(app)["tags"]].count(tag.id) == 2

    def test_the_same_tags_are_made_in_the_same_order(self, app, john):
        """Else each of two posts could wait for a tag that the other one has made."""
        made = []

        def note(_connection: object, _cursor: object, statement: str, rows: object, *_: object):
            if statement.startswith("INSERT INTO tag "):
                made.append(rows)

        with app.app_context():
            event.listen(db.engine, "before_cursor_execute", note)
        submit(john, "/posts/new", {**POST, "tags": "Walking, Breakfast, Tea"})
        submit(john, "/posts/new", {**POST, "tags": "Tea, Walking, Breakfast"})

        [first, second] = made
        assert len(first) == 3
        assert first == second

    def test_the_tags_of_a_refused_change_are_not_made(self, app, john, log_in):
        on_the_phone = log_in("John Williams")

        answer = meanwhile(
            app,
            late=lambda: submit(john, "/posts/1/edit", {"tags": "Walking"}),
            early=lambda: submit(on_the_phone, "/posts/1/edit", {"title": "The road"}),
        )

        assert answer.status_code == 409
        assert "Walking" not in [tag.tagname for tag in stored_rows(app)["tag"]]


class TestPosts:
    @pytest.fixture
    def on_the_phone(self, log_in: Callable[[str], FlaskClient]) -> FlaskClient:
        """John Williams, a second time."""
        return log_in("John Williams")

    def test_of_two_changes_of_a_post_one_is_kept_whole(self, app, john, on_the_phone):
        answers = at_once(
            app,
            lambda: submit(john, "/posts/1/edit", {"title": "One", "tags": "1"}),
            lambda: submit(on_the_phone, "/posts/1/edit", {"title": "Two", "tags": "2"}),
        )

        assert refusals(answers) == [409]
        shown = texts(john.get("/posts/1"), "h1, [rel=tag]")
        assert shown in (["One", "1"], ["Two", "2"])

    def test_changes_of_the_tags_alone_are_changes_of_the_post(self, app, john, on_the_phone):
        answers = at_once(
            app,
            lambda: submit(john, "/posts/1/edit", {"tags": "Python"}),
            lambda: submit(on_the_phone, "/posts/1/edit", {"tags": "Templates"}),
        )

        assert refusals(answers) == [409]
        assert texts(john.get("/posts/1"), "[rel=tag]") in (["Python"], ["Templates"])

    def test_the_second_of_two_changes_keeps_what_was_typed(self, app, john, on_the_phone):
        answer = meanwhile(
            app,
            late=lambda: submit(john, "/posts/1/edit", POST),
            early=lambda: submit(on_the_phone, "/posts/1/edit", {"title": "The road"}),
        )

        assert answer.status_code == 409
        assert len(texts(answer, "[role=alert]")) == 1
        form = dict(page(answer).cssselect("main form")[0].form_values())
        assert form["title"] == POST["title"]
        assert form["text"].strip() == POST["text"]
        assert form["tags"] == POST["tags"]

    def test_a_post_that_is_deleted_meanwhile_cannot_be_changed(self, app, john, on_the_phone):
        answer = meanwhile(
            app,
            late=lambda: submit(john, "/posts/1/edit", POST),
            early=lambda: submit(on_the_phone, "/posts/1", form="form[action$=delete]"),
        )

        assert answer.status_code == 409
        assert john.get("/posts/1").status_code == 404
        assert "Walking" not in [tag.tagname for tag in stored_rows(app)["tag"]]

    def test_a_post_that_is_changed_meanwhile_is_not_deleted(self, app, john, on_the_phone):
        answer = meanwhile(
            app,
            late=lambda: submit(john, "/posts/1", form="form[action$=delete]"),
            early=lambda: submit(on_the_phone, "/posts/1/edit", POST),
        )

        assert answer.status_code == 409
        assert texts(john.get("/posts/1"), "h1, [rel=tag]") == [POST["title"], "Walking"]

    def test_a_post_that_two_delete_is_deleted_once(self, app, john, on_the_phone):
        answers = at_once(
            app,
            lambda: submit(john, "/posts/1", form="form[action$=delete]"),
            lambda: submit(on_the_phone, "/posts/1", form="form[action$=delete]"),
        )

        assert refusals(answers) == [409]
        assert [post.id for post in stored_rows(app)["blogpost"]] == [2, 3, 4]

    def test_a_post_that_is_deleted_right_after_its_change_is_not_found(
        self, app, john, on_the_phone
    ):
        commits = []

        def delete_it(_session: object) -> None:
            commits.append(get_ident())
            if len(commits) == 1:
                with ThreadPoolExecutor() as pool:
                    pool.submit(submit, on_the_phone, "/posts/1", form="[action$=delete]").result()

        event.listen(db.session, "after_commit", delete_it)
        answer = submit(john, "/posts/1/edit", POST)
        event.remove(db.session, "after_commit", delete_it)

        assert len(set(commits)) == 2
        assert answer.status_code == 404
        assert "This was deleted a moment ago." in texts(answer, "main p")

    def test_a_post_whose_author_is_deleted_while_it_is_read_is_not_found(self, app, john, client):
        answer = meanwhile(
            app,
            late=lambda: client.get("/posts/1"),
            early=lambda: delete_account(john, 1),
            stop=lambda statement: "username" in statement,
        )

        assert answer.status_code == 404


class TestAccounts:
    def test_whoever_is_deleted_while_writing_a_post_is_told(self, app, john, log_in):
        on_the_phone = log_in("John Williams")

        answer = meanwhile(
            app,
            late=lambda: submit(john, "/posts/new", POST),
            early=lambda: delete_account(on_the_phone, 1),
        )

        assert answer.status_code == 409
        assert texts(answer, "#me") == []
        assert {post.userid for post in stored_rows(app)["blogpost"]} == {2}
        assert "Walking" not in [tag.tagname for tag in stored_rows(app)["tag"]]

    def test_whoever_is_deleted_while_changing_a_post_is_told(self, app, john, log_in):
        on_the_phone = log_in("John Williams")

        answer = meanwhile(
            app,
            late=lambda: submit(john, "/posts/1/edit", POST),
            early=lambda: delete_account(on_the_phone, 1),
        )

        assert answer.status_code == 409
        assert {post.userid for post in stored_rows(app)["blogpost"]} == {2}

    def test_whoever_is_deleted_cannot_be_renamed(self, app, john, log_in):
        on_the_phone = log_in("John Williams")

        answer = meanwhile(
            app,
            late=lambda: rename(john, 1, "Gandalf"),
            early=lambda: delete_account(on_the_phone, 1),
        )

        assert answer.status_code == 409
        assert [user.username for user in stored_rows(app)["user"]] == ["Fordo Baggings"]

    def test_whoever_is_renamed_meanwhile_is_not_deleted_and_stays_logged_in(
        self, app, john, log_in
    ):
        on_the_phone = log_in("John Williams")

        answer = meanwhile(
            app,
            late=lambda: delete_account(john, 1),
            early=lambda: rename(on_the_phone, 1, "Gandalf"),
        )

        assert answer.status_code == 409
        assert texts(john.get("/"), "#me") == ["Gandalf"]

    def test_an_account_that_two_delete_is_deleted_once(self, app, john, log_in):
        on_the_phone = log_in("John Williams")

        answers = at_once(
            app,
            lambda: delete_account(john, 1),
            lambda: delete_account(on_the_phone, 1),
        )

        assert refusals(answers) == [409]
        assert [user.username for user in stored_rows(app)["user"]] == ["Fordo Baggings"]

    def test_an_account_that_is_deleted_takes_all_that_it_wrote_meanwhile(self, app, john, log_in):
        on_the_phone = log_in("John Williams")

        answer = meanwhile(
            app,
            late=lambda: delete_account(john, 1),
            early=lambda: submit(on_the_phone, "/posts/new", POST),
        )

        assert answer.status_code == 204
        assert {post.userid for post in stored_rows(app)["blogpost"]} == {2}
        pairs = {pair.blogpost_id for pair in stored_rows(app)["tags"]}
        assert pairs == {2, 4}
