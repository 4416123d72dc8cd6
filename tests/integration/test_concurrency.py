"""Race conditions between two requests: one succeeds, the other gets 409, nothing is half done.

Unique constraints and optimistic locking (version counters) decide which one.

No test depends on time. A request stops right before its first write, when it has read all that it
needs. It continues when the other request has reached the same point, or has ended.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, get_ident, local

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete
from werkzeug.test import TestResponse

from app.database import create_tables, db
from app.models import Contact
from tests.support.blog import PASSWORD, delete_account
from tests.support.html import csrf_header, logged_in_as, page, redirect_target, submit, texts
from tests.support.statements import listener
from tests.support.stored import stored_rows

Request = Callable[[], TestResponse]
Stop = Callable[[str], bool]
SendTwice = Callable[..., list[TestResponse]]

BILBO = {"username": "Bilbo Baggings", "password": "an unexpected party"}
CARD = {"city": "London", "email": "john.willy@xyz.com", "phonenum": "675-876-2423"}
POST = {"title": "The road goes ever on", "text": "Down from the door.", "tags": "Walking"}


@pytest.fixture
def app(threaded_app: Flask) -> Flask:
    """The application that several threads can use."""
    return threaded_app


def is_write(statement: str) -> bool:
    """Return True if this SQL statement changes data."""
    return statement.startswith(("INSERT", "UPDATE", "DELETE"))


@contextmanager
def call_before(app: Flask, stop: Stop, act: Callable[[], object]) -> Iterator[None]:
    """Call `act` once per thread, right before the first SQL statement that matches `stop`."""
    thread = local()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if stop(statement) and not hasattr(thread, "acted"):
            thread.acted = True
            act()

    with app.app_context():
        engine = db.engine
    with listener(engine, "before_cursor_execute", note):
        yield


def at_once(app: Flask, *requests: Request) -> list[TestResponse]:
    """Send the requests in one thread each; none writes before all have read."""
    # If a request never writes, the others fail after the timeout instead of hanging.
    barrier = Barrier(len(requests), timeout=20)
    with call_before(app, is_write, barrier.wait), ThreadPoolExecutor() as pool:
        return list(pool.map(lambda request: request(), requests))


def meanwhile(app: Flask, late: Request, early: Request, stop: Stop = is_write) -> TestResponse:
    """Send `late`, and run all of `early` right before the first write of `late`.

    `stop` selects another statement of `late`. Return the response to `late`.
    """
    me = get_ident()
    responses = []

    def let_the_other_go_first() -> None:
        if get_ident() == me:
            # In this thread it would share the application context of `late`.
            with ThreadPoolExecutor() as pool:
                responses.append(pool.submit(early).result())

    with call_before(app, stop, let_the_other_go_first):
        response = late()
    [early_response] = responses
    assert early_response.status_code < 400
    return response


def failures(responses: list[TestResponse]) -> list[int]:
    """Return the status codes of the failed requests; chance decides which request fails."""
    return [response.status_code for response in responses if response.status_code >= 400]


def rename(client: FlaskClient, user_id: int, name: str) -> TestResponse:
    """Rename the user's own account, as the script of the page does."""
    return client.put(f"/users/{user_id}", json={"username": name}, headers=csrf_header(client))


class TestTables:
    def test_tables_created_by_several_threads_are_created_once(self, app):
        barrier = Barrier(8, timeout=20)

        def create(_: int) -> None:
            with app.app_context():
                barrier.wait()
                create_tables()

        with app.app_context():
            db.drop_all()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(create, range(8)))

        assert set(stored_rows(app)) == set(db.metadata.tables)


class TestNames:
    def test_two_sign_ups_with_one_username_create_one_account(self, app):
        clients = [app.test_client(), app.test_client()]
        passwords = ["an unexpected party", "in a hole in the ground"]

        responses = at_once(
            app,
            *(
                lambda client=client, password=password: submit(
                    client, "/signup", {**BILBO, "password": password}
                )
                for client, password in zip(clients, passwords, strict=True)
            ),
        )

        assert failures(responses) == [409]
        assert [user.username for user in stored_rows(app)["user"]].count("Bilbo Baggings") == 1

    def test_later_of_two_sign_ups_is_rejected_and_keeps_the_username(self, app, client):
        response = meanwhile(
            app,
            late=lambda: submit(client, "/signup", {**BILBO, "password": "second breakfast"}),
            early=lambda: submit(app.test_client(), "/signup", BILBO),
        )

        assert response.status_code == 409
        assert texts(response, ".error") == ["This username is taken. Choose another one."]
        assert page(response).cssselect("#username")[0].get("value") == "Bilbo Baggings"
        assert logged_in_as(client) == []

    def test_two_users_cannot_change_to_the_same_username(self, app, john, fordo):
        responses = at_once(
            app,
            lambda: rename(john, 1, "Gandalf"),
            lambda: rename(fordo, 2, "Gandalf"),
        )

        assert failures(responses) == [409]
        names = {user.username for user in stored_rows(app)["user"]}
        assert names in ({"Gandalf", "Fordo Baggings"}, {"Gandalf", "John Williams"})


class TestContactCards:
    def test_first_contact_card_sent_twice_is_created_once(self, app, john, log_in):
        john_again = log_in("John Williams")
        with app.app_context():
            db.session.execute(delete(Contact))
            db.session.commit()

        responses = at_once(
            app,
            lambda: submit(john, "/contact", {**CARD, "city": "Chicago"}),
            lambda: submit(john_again, "/contact", {**CARD, "city": "London"}),
        )

        assert failures(responses) == [409]
        [card] = stored_rows(app)["contact"]
        assert (card.city, card.userid) in {("Chicago", 1), ("London", 1)}

    def test_later_edit_of_a_contact_card_is_a_conflict(self, app, john, log_in):
        john_again = log_in("John Williams")

        response = meanwhile(
            app,
            late=lambda: submit(john, "/contact", {**CARD, "city": "Chicago"}),
            early=lambda: submit(john_again, "/contact", {**CARD, "city": "Bree"}),
        )

        assert response.status_code == 409
        assert page(response).cssselect("#city")[0].get("value") == "Chicago"
        assert stored_rows(app)["contact"][0].city == "Bree"


class TestTags:
    def test_tag_created_by_two_posts_at_once_is_one_tag(self, app, john, fordo):
        responses = at_once(
            app,
            lambda: submit(john, "/posts/new", {**POST, "tags": "Walking"}),
            lambda: submit(fordo, "/posts/new", {**POST, "tags": "WALKING"}),
        )

        assert failures(responses) == []
        [tag] = [tag for tag in stored_rows(app)["tag"] if tag.folded == "walking"]
        assert [pair.tag_id for pair in stored_rows(app)["tags"]].count(tag.id) == 2


class TestPosts:
    @pytest.fixture
    def john_again(self, log_in: Callable[[str], FlaskClient]) -> FlaskClient:
        """A second client logged in as John Williams."""
        return log_in("John Williams")

    def test_two_edits_of_a_post_are_not_mixed(self, app, john, john_again):
        responses = at_once(
            app,
            lambda: submit(john, "/posts/1/edit", {"title": "One", "tags": "1"}),
            lambda: submit(john_again, "/posts/1/edit", {"title": "Two", "tags": "2"}),
        )

        assert failures(responses) == [409]
        shown = texts(john.get("/posts/1"), "h1, [rel=tag]")
        assert shown in (["One", "1"], ["Two", "2"])

    def test_later_edit_of_a_post_keeps_the_typed_values(self, app, john, john_again):
        response = meanwhile(
            app,
            late=lambda: submit(john, "/posts/1/edit", POST),
            early=lambda: submit(john_again, "/posts/1/edit", {"title": "The road"}),
        )

        assert response.status_code == 409
        assert len(texts(response, "[role=alert]")) == 1
        form = dict(page(response).cssselect("main form")[0].form_values())
        assert form["title"] == POST["title"]
        assert form["text"].strip() == POST["text"]
        assert form["tags"] == POST["tags"]

    def test_later_edit_of_a_post_creates_no_tags(self, app, john, john_again):
        meanwhile(
            app,
            late=lambda: submit(john, "/posts/1/edit", {"tags": "Walking"}),
            early=lambda: submit(john_again, "/posts/1/edit", {"title": "The road"}),
        )

        assert "Walking" not in [tag.tagname for tag in stored_rows(app)["tag"]]

    def test_post_deleted_in_the_meantime_cannot_be_edited(self, app, john, john_again):
        response = meanwhile(
            app,
            late=lambda: submit(john, "/posts/1/edit", POST),
            early=lambda: submit(john_again, "/posts/1", form="form[action$=delete]"),
        )

        assert response.status_code == 409
        assert john.get("/posts/1").status_code == 404
        assert "Walking" not in [tag.tagname for tag in stored_rows(app)["tag"]]

    def test_post_edited_in_the_meantime_is_not_deleted(self, app, john, john_again):
        response = meanwhile(
            app,
            late=lambda: submit(john, "/posts/1", form="form[action$=delete]"),
            early=lambda: submit(john_again, "/posts/1/edit", POST),
        )

        assert response.status_code == 409
        assert texts(john.get("/posts/1"), "h1, [rel=tag]") == [POST["title"], "Walking"]

    def test_post_deleted_right_after_its_edit_is_saved_and_not_found(self, app, john, john_again):
        commits = []

        def delete_post(_session: object) -> None:
            commits.append(get_ident())
            if len(commits) == 1:
                with ThreadPoolExecutor() as pool:
                    pool.submit(submit, john_again, "/posts/1", form="[action$=delete]").result()

        with listener(db.session, "after_commit", delete_post):
            response = submit(john, "/posts/1/edit", POST)

        assert len(set(commits)) == 2
        assert redirect_target(response) == "/posts/1"
        assert john.get("/posts/1").status_code == 404

    def test_post_of_an_author_deleted_while_it_is_read_is_not_found(self, app, john, client):
        response = meanwhile(
            app,
            late=lambda: client.get("/posts/1"),
            early=lambda: delete_account(john, 1),
            stop=lambda statement: "username" in statement,
        )

        assert response.status_code == 404


class TestRepeatedForms:
    """A form that is sent twice, as by a double click without JavaScript, changes the data once.

    Both requests succeed, because the browser shows the response to the second one.
    """

    @pytest.fixture(params=["one after the other", "at once"])
    def send_twice(self, request: pytest.FixtureRequest, app: Flask) -> SendTwice:
        """A function that fills in one form and sends it in two requests."""

        def send_twice(
            client: FlaskClient, url: str, typed: dict[str, str], form: str = "main form"
        ) -> list[TestResponse]:
            [found] = page(client.get(url)).cssselect(form)
            fields = {**dict(found.form_values()), **typed}
            with client.session_transaction() as session:
                stored = dict(session)

            def send() -> TestResponse:
                # Two threads cannot share a client.
                same_browser = app.test_client()
                with same_browser.session_transaction() as session:
                    session.update(stored)
                return same_browser.post(found.get("action") or url, data=fields)

            return at_once(app, send, send) if request.param == "at once" else [send(), send()]

        return send_twice

    def test_new_post_sent_twice_is_one_post(self, app, john, send_twice):
        responses = send_twice(john, "/posts/new", POST)

        assert [redirect_target(response) for response in responses] == ["/posts/5", "/posts/5"]
        assert [post.id for post in stored_rows(app)["blogpost"]] == [1, 2, 3, 4, 5]
        [newest] = [pair.tag_id for pair in stored_rows(app)["tags"] if pair.blogpost_id == 5]
        assert newest == max(tag.id for tag in stored_rows(app)["tag"])

    def test_edited_post_sent_twice_is_edited_once(self, app, john, send_twice):
        responses = send_twice(john, "/posts/1/edit", POST)

        assert [redirect_target(response) for response in responses] == ["/posts/1", "/posts/1"]
        post = stored_rows(app)["blogpost"][0]
        assert (post.title, post.version) == (POST["title"], 2)

    def test_deletion_of_a_post_sent_twice_deletes_one_post(self, app, john, send_twice):
        responses = send_twice(john, "/posts/1", {}, form="form[action$=delete]")

        assert [redirect_target(response) for response in responses] == ["/posts/", "/posts/"]
        assert [post.id for post in stored_rows(app)["blogpost"]] == [2, 3, 4]

    @pytest.mark.parametrize("stored", [True, False], ids=["changed card", "first card"])
    def test_contact_card_sent_twice_is_stored_once(self, app, john, send_twice, stored):
        if not stored:
            with app.app_context():
                db.session.execute(delete(Contact))
                db.session.commit()

        responses = send_twice(john, "/contact", {**CARD, "city": "Bree"})

        assert [redirect_target(response) for response in responses] == ["/contact", "/contact"]
        [card] = [card for card in stored_rows(app)["contact"] if card.userid == 1]
        assert (card.city, card.version) == ("Bree", 2 if stored else 1)

    def test_sign_up_sent_twice_logs_in_to_one_account(self, app, client, send_twice):
        responses = send_twice(client, "/signup", BILBO)

        assert [redirect_target(response) for response in responses] == ["/", "/"]
        assert [user.username for user in stored_rows(app)["user"]].count("Bilbo Baggings") == 1
        # Each response logs in, because the browser keeps the cookie of only one.
        assert all("Set-Cookie" in response.headers for response in responses)

    def test_password_change_sent_twice_keeps_the_user_logged_in(self, app, john, send_twice):
        typed = {"current_password": PASSWORD, "password": "second breakfast"}

        responses = send_twice(john, "/password", typed)

        assert [redirect_target(response) for response in responses] == ["/people/", "/people/"]
        for response in responses:
            browser = app.test_client()
            browser.set_cookie(*response.headers["Set-Cookie"].partition(";")[0].split("=", 1))
            assert logged_in_as(browser) == ["John Williams"]

    def test_form_of_a_new_post_changed_after_saving_is_another_post(self, app, john):
        # The Back button shows the form again, with the same token.
        [found] = page(john.get("/posts/new")).cssselect("main form")
        fields = {**dict(found.form_values()), **POST}
        john.post("/posts/new", data=fields)

        john.post("/posts/new", data={**fields, "text": "Now far ahead the road has gone."})

        texts_of_posts = [post.text for post in stored_rows(app)["blogpost"][4:]]
        assert texts_of_posts == [POST["text"], "Now far ahead the road has gone."]

    def test_same_post_from_another_form_is_another_post(self, app, john):
        submit(john, "/posts/new", POST)
        submit(john, "/posts/new", POST)

        assert len(stored_rows(app)["blogpost"]) == 6

    def test_old_form_of_a_post_that_was_edited_since_is_a_conflict(self, app, john):
        [found] = page(john.get("/posts/1/edit")).cssselect("main form")
        fields = {**dict(found.form_values()), **POST}
        john.post("/posts/1/edit", data=fields)
        submit(john, "/posts/1/edit", {"title": "Flask, again"})

        response = john.post("/posts/1/edit", data=fields)

        assert response.status_code == 409
        assert stored_rows(app)["blogpost"][0].title == "Flask, again"


class TestAccounts:
    def test_author_deleted_while_writing_a_post_gets_a_conflict(self, app, john, log_in):
        john_again = log_in("John Williams")

        response = meanwhile(
            app,
            late=lambda: submit(john, "/posts/new", POST),
            early=lambda: delete_account(john_again, 1),
        )

        assert response.status_code == 409
        assert texts(response, "#me") == []
        assert {post.userid for post in stored_rows(app)["blogpost"]} == {2}
        assert "Walking" not in [tag.tagname for tag in stored_rows(app)["tag"]]

    def test_user_renamed_in_the_meantime_is_not_deleted(self, app, john, log_in):
        john_again = log_in("John Williams")

        response = meanwhile(
            app,
            late=lambda: delete_account(john, 1),
            early=lambda: rename(john_again, 1, "Gandalf"),
        )

        assert response.status_code == 409
        assert response.json["message"] == "Your account has changed. Reload the page."
        assert logged_in_as(john) == ["Gandalf"]

    def test_account_deleted_by_two_requests_is_deleted_once(self, app, john, log_in):
        john_again = log_in("John Williams")

        responses = at_once(
            app,
            lambda: delete_account(john, 1),
            lambda: delete_account(john_again, 1),
        )

        assert failures(responses) == [409]
        assert [user.username for user in stored_rows(app)["user"]] == ["Fordo Baggings"]

    def test_deleted_account_loses_posts_written_in_the_meantime(self, app, john, log_in):
        john_again = log_in("John Williams")

        response = meanwhile(
            app,
            late=lambda: delete_account(john, 1),
            early=lambda: submit(john_again, "/posts/new", POST),
        )

        assert response.status_code == 204
        assert {post.userid for post in stored_rows(app)["blogpost"]} == {2}
        pairs = {pair.blogpost_id for pair in stored_rows(app)["tags"]}
        assert pairs == {2, 4}
