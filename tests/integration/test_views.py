"""Class-based views: the pages, the contact card, and the users as a JSON API."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.database import db
from app.models import Blogpost, Contact, User
from tests.support.blog import delete_account
from tests.support.html import (
    csrf_header,
    flashes,
    page,
    redirect_target,
    submit,
    texts,
)
from tests.support.stored import stored_rows

ROOT = Path(__file__).parents[2]

CARD = {"city": "Bree", "email": "john@bree.org", "phonenum": "1 (23) 4/5-6.7"}


class TestView:
    @pytest.mark.parametrize(("path", "heading"), [("/", "Hello World!!!"), ("/about", "About")])
    def test_view_class_renders_several_pages(self, client, path, heading):
        response = client.get(path)

        assert response.status_code == 200
        assert texts(response, "h1") == [heading]

    @pytest.mark.parametrize(
        ("path", "title"),
        [
            ("/", "Home"),
            ("/about", "About"),
            ("/contact", "Contact card"),
            ("/en/", "Hello"),
            ("/es/", "Hola"),
            ("/filters", "Filters"),
            ("/login", "Log in"),
            ("/nowhere", "Not Found"),
            ("/people/", "People"),
            ("/posts/", "All posts"),
            ("/posts/new", "New post"),
            ("/posts/1/edit", "Edit post"),
            ("/preferences", "Preferences"),
            ("/signup", "Sign up"),
        ],
    )
    def test_every_page_has_its_own_title(self, john, path, title):
        assert texts(john.get(path), "title") == [f"{title} · Flask testing kata"]

    @pytest.mark.parametrize("path", ["/", "/login"])
    def test_page_links_to_the_sign_up(self, client, path):
        links = page(client.get(path)).cssselect("main a")

        assert "/signup" in [link.get("href") for link in links]

    @pytest.mark.parametrize(
        ("path", "section"),
        [
            ("/", "Flask testing kata"),
            ("/posts/", "Posts"),
            ("/posts/1", "Posts"),
            ("/posts/1/edit", "Posts"),
            ("/posts/by/2", "Posts"),
            ("/posts/new", "New post"),
            ("/people/", "People"),
            ("/filters", "Course"),
            ("/es/John/farewell", "Course"),
            ("/contact", "John Williams"),
            ("/password", "John Williams"),
            ("/about", "About"),
            ("/preferences", "Preferences"),
            ("/login", None),
            ("/nowhere", None),
        ],
    )
    def test_menu_marks_the_section_of_the_page(self, john, path, section):
        assert texts(john.get(path), "[aria-current]") == [section] * bool(section)

    def test_menu_tells_the_current_page_from_other_pages_of_its_section(self, client, dataset):
        assert texts(client.get("/posts/"), "[aria-current=page]") == ["Posts"]
        assert texts(client.get("/posts/1"), "[aria-current=true]") == ["Posts"]

    def test_front_page_of_a_user_links_to_a_new_post_and_not_to_the_sign_up(self, john):
        links = page(john.get("/")).cssselect("main .button")

        assert [(a.text, a.get("href")) for a in links] == [
            ("Read the posts", "/posts/"),
            ("Write a post", "/posts/new"),
        ]

    @pytest.mark.usefixtures("dataset")
    def test_front_page_shows_the_three_newest_posts(self, client):
        assert texts(client.get("/"), "article h3") == [
            "RestAPI Programming in Flask",
            "Working with Databases in Flask",
            "Using Templates in Flask",
        ]

    def test_front_page_without_posts_links_to_the_form_for_a_new_post(self, client):
        [link] = page(client.get("/")).cssselect("[aria-labelledby=newest] a")

        assert (link.text, link.get("href")) == ("Write the first one", "/posts/new")

    def test_front_page_lists_the_topics_of_the_course_with_their_tests(self, client):
        features = tomllib.loads((ROOT / "docs" / "features.toml").read_text("utf-8"))

        rows = page(client.get("/")).cssselect("tbody tr")
        shown = {row.find("th").text: [li.text for li in row.cssselect("li")] for row in rows}

        assert list(shown) == list(features)
        assert shown == {
            topic: [
                layer
                for layer in ("unit", "integration", "system")
                if any(layer in feature["layers"] for feature in named.values())
            ]
            for topic, named in features.items()
        }

    def test_front_page_names_the_pages_that_the_topics_link_to(self, client):
        links = page(client.get("/")).cssselect("td a")

        headings = {link.text: texts(client.get(link.get("href")), "h1") for link in links}

        names = ["Filters", "Preferences", "People", "Log in", "All posts"]
        assert headings == {**{name: [name] for name in names}, "Greeting": ["Hello, World!"]}

    def test_front_page_links_to_files_in_the_repository(self, app, client, monkeypatch):
        repository = "https://git.example.com/kata"
        monkeypatch.setitem(app.config, "REPOSITORY_URL", repository)

        links = [a.get("href") for a in page(client.get("/")).cssselect(f"[href^='{repository}']")]

        files = [link.removeprefix(f"{repository}/blob/HEAD/") for link in links]
        assert {"app/cli.py", "tests/unit/test_cli.py", "app", "tests", "kata"} <= set(files)
        assert [file for file in files if not (ROOT / file).exists()] == []

    def test_front_page_lets_a_long_file_name_break_between_its_words(self, client):
        assert "app/<wbr>sample_<wbr>blueprint.py" in client.get("/").text

    def test_front_page_names_the_files_if_the_repository_is_unknown(self, client):
        response = client.get("/")

        assert page(response).cssselect("[href^=http]") == []
        assert "app/cli.py" in texts(response, "td")
        assert "Kata: kata/" in texts(response, "footer li")


class TestMethods:
    @pytest.fixture
    def card_of(self, app: Flask) -> Callable[[str], dict[str, str]]:
        """A function that returns the stored contact card of a user."""

        def card_of(username: str) -> dict[str, str]:
            with app.app_context():
                found = select(Contact).join(User).where(User.username == username)
                card = db.session.scalars(found).one()
                return {"city": card.city, "email": card.email, "phonenum": card.phonenum}

        return card_of

    def test_post_to_a_page_is_rejected_with_the_methods_that_it_allows(self, client):
        response = client.post("/about", headers=csrf_header(client))

        assert response.status_code == 405
        assert response.allow == {"GET", "HEAD", "OPTIONS"}

    def test_view_with_methods_rejects_others_and_lists_post(self, john):
        response = john.put("/contact", headers=csrf_header(john))

        assert response.status_code == 405
        assert response.allow == {"GET", "HEAD", "OPTIONS", "POST"}

    def test_head_returns_the_headers_without_a_body(self, client):
        response = client.head("/about")

        assert response.status_code == 200
        assert response.mimetype == "text/html"
        assert response.data == b""

    def test_contact_page_says_that_only_the_city_is_public(self, john, client):
        [notice] = texts(john.get("/contact"), "h1 + p")
        public = client.get("/posts/by/1")

        assert notice.startswith("Everyone sees your city, on the page with your posts.")
        assert texts(public, ".city") == ["London"]
        assert "john.willy@xyz.com" not in public.text
        assert "675-876-2423" not in public.text

    def test_user_without_a_contact_card_has_no_city(self, app, john):
        with app.app_context():
            db.session.delete(db.session.get(User, 1).contact)
            db.session.commit()

        response = john.get("/posts/by/1")

        assert response.status_code == 200
        assert texts(response, ".city") == []

    def test_post_stores_the_contact_card(self, john, card_of):
        response = submit(john, "/contact", CARD)

        assert redirect_target(response) == "/contact"
        assert card_of("John Williams") == CARD
        assert card_of("Fordo Baggings")["city"] == "Chicago"

    def test_contact_form_shows_the_stored_card_and_one_confirmation(self, john):
        submit(john, "/contact", CARD)

        response = john.get("/contact")

        [form] = page(response).cssselect("main form")
        assert {name: form.fields[name] for name in CARD} == CARD
        assert len(texts(response, "[role=status]")) == 1
        assert texts(john.get("/contact"), "[role=status]") == []

    def test_first_contact_card_of_a_user_is_created(self, app, john, card_of):
        with app.app_context():
            db.session.delete(db.session.get(User, 1).contact)
            db.session.commit()

        response = submit(john, "/contact", CARD)

        assert redirect_target(response) == "/contact"
        assert card_of("John Williams") == CARD

    @pytest.mark.parametrize(
        ("name", "typed", "reason"),
        [
            ("city", "", "This field is required."),
            ("email", "john", "Enter an email address, such as name@example.com."),
            ("phonenum", "call me", "Use only digits, spaces and + ( ) / . -"),
        ],
    )
    def test_invalid_contact_card_is_rejected_with_the_reason(
        self, john, card_of, name, typed, reason
    ):
        response = submit(john, "/contact", {**CARD, name: typed})

        assert response.status_code == 422
        assert texts(response, f"#{name}-about .error") == [reason]
        assert [field.get("name") for field in page(response).cssselect("[aria-invalid]")] == [name]
        assert card_of("John Williams")["city"] == "London"

    def test_rejected_contact_form_keeps_the_typed_values(self, john):
        typed = {**CARD, "email": "no address"}

        response = submit(john, "/contact", typed)

        [form] = page(response).cssselect("main form")
        assert {name: form.fields[name] for name in CARD} == typed

    def test_contact_card_changed_in_another_window_is_a_conflict(self, john, log_in, card_of):
        [form] = page(john.get("/contact")).cssselect("main form")
        submit(log_in("John Williams"), "/contact", CARD)

        response = john.post("/contact", data={**dict(form.form_values()), "city": "Paris"})

        assert response.status_code == 409
        assert "has changed" in texts(response, "[role=alert]")[0]
        assert page(response).cssselect("main form")[0].fields["city"] == "Paris"
        assert card_of("John Williams") == CARD

    def test_contact_form_sent_again_after_a_conflict_is_a_conflict(self, john, log_in):
        [form] = page(john.get("/contact")).cssselect("main form")
        submit(log_in("John Williams"), "/contact", CARD)
        rejected = john.post("/contact", data=dict(form.form_values()))

        [form] = page(rejected).cssselect("main form")
        response = john.post("/contact", data=dict(form.form_values()))

        assert response.status_code == 409


SAM = {"username": "Sam Gamgee", "password": "second breakfast"}


def error_message(response: TestResponse, status: int) -> str:
    """Check that the response is a JSON error with this status, and return its message."""
    assert response.status_code == status, response.text
    assert response.mimetype == "application/json"
    assert response.json["code"] == status
    assert set(response.json) == {"code", "name", "message"}
    return response.json["message"]


class TestMethodView:
    @pytest.fixture
    def names(self, app: Flask) -> Callable[[], list[str]]:
        """A function that returns the stored usernames in the order of their ids."""

        def names() -> list[str]:
            with app.app_context():
                return list(db.session.scalars(select(User.username).order_by(User.id)))

        return names

    def test_get_returns_one_user(self, client, dataset):
        response = client.get("/users/2")

        assert response.status_code == 200
        assert response.json == {"id": 2, "username": "Fordo Baggings"}

    def test_post_creates_a_user_and_returns_the_location(self, client):
        response = client.post("/users/", json=SAM, headers=csrf_header(client))

        assert response.status_code == 201
        assert response.json == {"id": 1, "username": "Sam Gamgee"}
        assert response.location == "/users/1"
        assert client.get(response.location).json == response.json

    def test_post_creates_a_user_without_logging_in(self, client):
        client.post("/users/", json=SAM, headers=csrf_header(client))

        assert texts(client.get("/"), "#me") == []
        assert redirect_target(submit(client, "/login", SAM)) == "/"

    def test_put_renames_the_logged_in_user(self, john, names):
        response = john.put("/users/1", json={"username": "John W."}, headers=csrf_header(john))

        assert response.status_code == 200
        assert response.json == {"id": 1, "username": "John W."}
        assert names() == ["John W.", "Fordo Baggings"]

    def test_new_username_is_shown_and_confirmed_on_the_next_page(self, john):
        john.put("/users/1", json={"username": "John W."}, headers=csrf_header(john))

        response = john.get("/people/")
        assert texts(response, "#me") == ["John W."]
        assert len(flashes(response)) == 1

    def test_put_changes_the_username_only(self, app, john):
        sent = {"username": "John W.", "id": "7", "password_hash": "x", "version": "9"}
        before = stored_rows(app)

        john.put("/users/1", json=sent, headers=csrf_header(john))

        after = stored_rows(app)
        [me, *others], [renamed, *still_others] = before.pop("user"), after.pop("user")
        assert renamed._asdict() == {**me._asdict(), "username": "John W.", "version": 2}
        assert (still_others, after) == (others, before)

    def test_put_accepts_the_current_username(self, john, names):
        response = john.put(
            "/users/1", json={"username": "John Williams"}, headers=csrf_header(john)
        )

        assert response.status_code == 200
        assert names() == ["John Williams", "Fordo Baggings"]

    def test_delete_removes_the_user_with_contact_and_posts(self, app, john, names):
        response = delete_account(john)

        assert (response.status_code, response.data) == (204, b"")
        assert names() == ["Fordo Baggings"]
        with app.app_context():
            assert set(db.session.scalars(select(Blogpost.userid))) == {2}
            assert set(db.session.scalars(select(Contact.userid))) == {2}

    @pytest.mark.parametrize("password", ["", "wrong"])
    def test_delete_requires_the_password(self, john, names, password):
        response = delete_account(john, password=password)

        assert error_message(response, 422).startswith("Current password: ")
        assert names() == ["John Williams", "Fordo Baggings"]

    def test_delete_without_a_body_requires_the_password(self, john, names):
        response = john.delete("/users/1", headers=csrf_header(john))

        assert error_message(response, 422) == "Current password: This field is required."
        assert names() == ["John Williams", "Fordo Baggings"]

    def test_delete_ends_the_session(self, john):
        response = delete_account(john)

        assert response.status_code == 204
        assert len(flashes(john.get("/"))) == 1
        assert john.get_cookie("blog_session") is None
        assert redirect_target(john.get("/contact")) == "/login?next=/contact"

    def test_visitor_cannot_change_a_user(self, client, dataset, names):
        response = client.put("/users/1", json={}, headers=csrf_header(client))

        assert error_message(response, 401) == "Log in to change your account."
        assert names() == ["John Williams", "Fordo Baggings"]

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_user_cannot_change_another_user(self, john, names, method):
        sent = {"username": "Gollum"}

        response = john.open("/users/2", method=method, json=sent, headers=csrf_header(john))

        assert error_message(response, 403) != ""
        assert names() == ["John Williams", "Fordo Baggings"]

    def test_post_rejects_a_taken_username(self, client, dataset, names):
        sent = {**SAM, "username": "John Williams"}

        response = client.post("/users/", json=sent, headers=csrf_header(client))

        assert error_message(response, 409) == "This username is taken. Choose another one."
        assert names() == ["John Williams", "Fordo Baggings"]

    def test_put_rejects_a_taken_username(self, john, names):
        response = john.put(
            "/users/1", json={"username": "Fordo Baggings"}, headers=csrf_header(john)
        )

        assert "This username is taken" in error_message(response, 409)
        assert names() == ["John Williams", "Fordo Baggings"]

    def test_put_rejects_an_invalid_username_with_the_reason(self, john, names):
        response = john.put("/users/1", json={"username": ""}, headers=csrf_header(john))

        assert error_message(response, 422) == "Username: This field is required."
        assert names() == ["John Williams", "Fordo Baggings"]

    def test_post_reports_all_invalid_fields_at_once(self, client):
        response = client.post("/users/", json={}, headers=csrf_header(client))

        assert error_message(response, 422) == (
            "Username: This field is required. Password: This field is required."
        )

    def test_body_that_is_not_a_json_object_of_strings_is_rejected(self, client, names):
        response = client.post("/users/", json=["Sam Gamgee"], headers=csrf_header(client))

        reason = "The request body must be a JSON object, and all values strings."
        assert error_message(response, 400) == reason
        assert names() == []
