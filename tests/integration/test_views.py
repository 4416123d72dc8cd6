"""Class-based views: the pages, the contact card, and the users as a JSON API."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.database import db
from app.models import Blogpost, Contact, User
from app.views import BaseView
from tests.support.databases import PASSWORD
from tests.support.html import csrf_header, flashes, page, redirect_target, submit, texts
from tests.support.stored import stored_rows

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

    def test_second_page_needs_no_second_class(self, new_app):
        app = new_app()
        app.add_url_rule("/start", view_func=BaseView.as_view("start", "home.html"))

        assert texts(app.test_client().get("/start"), "h1") == ["Hello World!!!"]

    def test_navigation_marks_the_current_page(self, client):
        assert texts(client.get("/about"), "[aria-current=page]") == ["About"]


class TestMethods:
    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    def test_view_without_methods_allows_get_only(self, client, method):
        response = client.open("/about", method=method, headers=csrf_header(client))

        assert response.status_code == 405
        assert response.allow == {"GET", "HEAD", "OPTIONS"}

    def test_view_with_methods_allows_post(self, john):
        response = john.put("/contact", headers=csrf_header(john))

        assert response.status_code == 405
        assert response.allow == {"GET", "HEAD", "OPTIONS", "POST"}

    def test_options_returns_the_allowed_methods(self, client):
        response = client.options("/contact")

        assert response.status_code == 200
        assert response.allow == {"GET", "HEAD", "OPTIONS", "POST"}

    def test_head_returns_the_headers_without_a_body(self, client):
        response = client.head("/about")

        assert response.status_code == 200
        assert response.mimetype == "text/html"
        assert response.data == b""

    def test_get_shows_the_contact_card_in_a_form(self, john):
        [form] = page(john.get("/contact")).cssselect("main form")

        assert form.fields["city"] == "London"
        assert form.fields["email"] == "john.willy@xyz.com"
        assert form.fields["phonenum"] == "675-876-2423"

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
        assert texts(response, "[role=status]") == ["Contact card saved."]
        assert texts(john.get("/contact"), "[role=status]") == []

    def test_first_contact_card_of_a_user_is_created(self, app, john, card_of):
        with app.app_context():
            db.session.delete(db.session.get(User, 1).contact)
            db.session.commit()

        response = submit(john, "/contact", CARD)

        assert redirect_target(response) == "/contact"
        assert card_of("John Williams") == CARD

    def test_white_space_in_a_contact_card_is_normalized(self, john, card_of):
        typed = {"city": "  New \t York ", "email": " john@york ", "phonenum": " 1  2 "}

        submit(john, "/contact", typed)

        tidy = {"city": "New York", "email": "john@york", "phonenum": "1 2"}
        assert card_of("John Williams") == tidy

    def test_phone_number_is_optional(self, john, card_of):
        submit(john, "/contact", {**CARD, "phonenum": ""})

        assert card_of("John Williams")["phonenum"] == ""

    @pytest.mark.parametrize(
        ("name", "typed", "reason"),
        [
            ("city", "", "This field is required."),
            ("city", "   ", "This field is required."),
            ("city", "x" * 81, "Use at most 80 characters."),
            ("city", "Lon\0don", "Remove the characters that cannot be displayed."),
            ("city", "\u200b", "Enter some visible text."),
            ("email", "", "This field is required."),
            ("email", "john", "Enter an email address, such as name@example.com."),
            ("email", "john@", "Enter an email address, such as name@example.com."),
            ("email", "john @bree.org", "Enter an email address, such as name@example.com."),
            ("email", "x" * 250 + "@b.org", "Use at most 254 characters."),
            ("email", "john@bree\x07.org", "Remove the characters that cannot be displayed."),
            ("phonenum", "1" * 33, "Use at most 32 characters."),
            (
                "phonenum",
                "call me",
                "Use only digits, spaces and + ( ) / . -",
            ),
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

    @pytest.mark.parametrize(
        "longest", [{"city": "x" * 80}, {"email": "x" * 248 + "@b.org"}, {"phonenum": "1" * 32}]
    )
    def test_longest_values_of_a_contact_card_are_accepted(self, john, card_of, longest):
        response = submit(john, "/contact", {**CARD, **longest})

        assert redirect_target(response) == "/contact"
        assert card_of("John Williams") == {**CARD, **longest}

    def test_head_request_stores_nothing(self, john, card_of):
        card = card_of("John Williams")

        assert john.head("/contact").status_code == 200
        assert card_of("John Williams") == card

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
        refused = john.post("/contact", data=dict(form.form_values()))

        [form] = page(refused).cssselect("main form")
        response = john.post("/contact", data=dict(form.form_values()))

        assert response.status_code == 409

    def test_contact_form_without_a_version_is_a_conflict(self, john, card_of):
        response = john.post("/contact", data=CARD, headers=csrf_header(john))

        assert response.status_code == 409
        assert card_of("John Williams")["city"] == "London"

    def test_contact_form_without_a_csrf_token_is_rejected(self, john, card_of):
        response = john.post("/contact", data={**CARD, "version": "1"})

        assert response.status_code == 400
        [reason] = texts(response, "main p")
        assert reason.startswith("The CSRF token is missing.")
        assert card_of("John Williams")["city"] == "London"

    def test_contact_card_of_a_visitor_redirects_to_the_login(self, client):
        assert redirect_target(client.get("/contact")) == "/login?next=/contact"

    @pytest.fixture
    def card_of(self, app: Flask) -> Callable[[str], dict[str, str]]:
        """A function that returns the stored contact card of a user."""

        def card_of(username: str) -> dict[str, str]:
            with app.app_context():
                found = select(Contact).join(User).where(User.username == username)
                card = db.session.scalars(found).one()
                return {"city": card.city, "email": card.email, "phonenum": card.phonenum}

        return card_of


SAM = {"username": "Sam Gamgee", "password": "second breakfast"}

# Invalid usernames, and the message for each.
INVALID_NAMES = [
    ("", "Username: This field is required."),
    (" \t ", "Username: This field is required."),
    ("x" * 81, "Username: Use at most 80 characters."),
    ("Sam\0", "Username: Remove the characters that cannot be displayed."),
    ("Sam\x1b[31m", "Username: Remove the characters that cannot be displayed."),
    ("Sam\x85", "Username: Remove the characters that cannot be displayed."),
    ("\u200b", "Username: Enter some visible text."),
]

INVALID_BODIES = [
    pytest.param("not JSON", id="not JSON"),
    pytest.param("", id="empty"),
    pytest.param("[]", id="list"),
    pytest.param('{"username": 7}', id="number as username"),
    pytest.param("[" * 100_000, id="deeply nested"),
    pytest.param('{"username": ' + "9" * 5000 + "}", id="huge number"),
    pytest.param(r'{"username": "\ud800"}', id="lone surrogate"),
]


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

    def test_get_without_an_id_returns_all_users_newest_first(self, client, dataset):
        response = client.get("/users/")

        assert response.status_code == 200
        assert response.json == {
            "users": [
                {"id": 2, "username": "Fordo Baggings"},
                {"id": 1, "username": "John Williams"},
            ],
            "next": None,
        }

    def test_get_without_any_user_returns_an_empty_list(self, client):
        assert client.get("/users/").json == {"users": [], "next": None}

    def test_get_returns_the_users_page_by_page(self, app, client, dataset, monkeypatch):
        monkeypatch.setitem(app.config, "PAGE_SIZE", 1)

        first = client.get("/users/").json
        second = client.get(first["next"]).json

        assert [user["id"] for user in first["users"]] == [2]
        assert [user["id"] for user in second["users"]] == [1]
        assert second["next"] is None

    @pytest.mark.parametrize("before", ["1", "0", "x", "-1", "", "2147483648", "9" * 11])
    def test_page_of_users_after_the_last_is_not_found(self, client, dataset, before):
        assert error_message(client.get("/users/", query_string={"before": before}), 404)

    def test_page_of_users_before_the_largest_id_is_the_first(self, client, dataset):
        response = client.get("/users/?before=2147483647")

        assert [user["id"] for user in response.json["users"]] == [2, 1]

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

    def test_post_accepts_form_data(self, client):
        response = client.post("/users/", data=SAM, headers=csrf_header(client))

        assert response.status_code == 201
        assert response.json["username"] == "Sam Gamgee"

    def test_post_normalizes_white_space_in_the_username(self, client):
        sent = {**SAM, "username": "  Sam \n Gamgee "}

        response = client.post("/users/", json=sent, headers=csrf_header(client))

        assert response.json["username"] == "Sam Gamgee"

    def test_put_renames_the_logged_in_user(self, john, names):
        response = john.put("/users/1", json={"username": "John W."}, headers=csrf_header(john))

        assert response.status_code == 200
        assert response.json == {"id": 1, "username": "John W."}
        assert names() == ["John W.", "Fordo Baggings"]

    def test_new_username_is_confirmed_on_the_next_page(self, john):
        john.put("/users/1", json={"username": "John W."}, headers=csrf_header(john))

        assert flashes(john.get("/people/")) == ["Username changed."]

    def test_put_keeps_the_password_and_the_session(self, app, john):
        john.put("/users/1", json={"username": "John W."}, headers=csrf_header(john))

        assert texts(john.get("/"), "#me") == ["John W."]
        typed = {"username": "John W.", "password": PASSWORD}
        assert redirect_target(submit(app.test_client(), "/login", typed)) == "/"

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
        response = john.delete("/users/1", headers=csrf_header(john))

        assert (response.status_code, response.data) == (204, b"")
        assert names() == ["Fordo Baggings"]
        with app.app_context():
            assert set(db.session.scalars(select(Blogpost.userid))) == {2}
            assert set(db.session.scalars(select(Contact.userid))) == {2}

    def test_delete_ends_the_session(self, john):
        response = john.delete("/users/1", headers=csrf_header(john))

        assert response.status_code == 204
        assert flashes(john.get("/")) == ["Account deleted."]
        assert john.get_cookie("session") is None
        assert redirect_target(john.get("/contact")) == "/login?next=/contact"

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_visitor_cannot_change_a_user(self, client, dataset, names, method):
        response = client.open("/users/1", method=method, json={}, headers=csrf_header(client))

        assert error_message(response, 401) == "Log in to change your account."
        assert names() == ["John Williams", "Fordo Baggings"]

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_user_cannot_change_another_user(self, john, names, method):
        sent = {"username": "Gollum"}

        response = john.open("/users/2", method=method, json=sent, headers=csrf_header(john))

        assert error_message(response, 403) == "You can change only your own account."
        assert names() == ["John Williams", "Fordo Baggings"]

    @pytest.mark.parametrize(
        "user_id", ["99", "0", str(2**31 - 1), str(2**31), str(10**12), "9" * 5000, "-1", "x", "²"]
    )
    def test_user_with_an_unknown_id_is_not_found(self, client, user_id):
        assert error_message(client.get(f"/users/{user_id}"), 404)

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    @pytest.mark.parametrize("user_id", [99, 10**12])
    def test_changing_an_unknown_user_is_not_found(self, john, method, user_id):
        sent = {"username": "Gollum"}

        response = john.open(
            f"/users/{user_id}", method=method, json=sent, headers=csrf_header(john)
        )

        assert error_message(response, 404)

    def test_post_rejects_a_taken_username(self, client, dataset, names):
        sent = {**SAM, "username": " John  Williams"}

        response = client.post("/users/", json=sent, headers=csrf_header(client))

        assert error_message(response, 409) == "This username is taken. Choose another one."
        assert names() == ["John Williams", "Fordo Baggings"]

    def test_put_rejects_a_taken_username(self, john, names):
        response = john.put(
            "/users/1", json={"username": "Fordo Baggings"}, headers=csrf_header(john)
        )

        assert "This username is taken" in error_message(response, 409)
        assert names() == ["John Williams", "Fordo Baggings"]

    @pytest.mark.parametrize(("username", "reason"), INVALID_NAMES)
    def test_post_rejects_an_invalid_username_with_the_reason(
        self, client, names, username, reason
    ):
        response = client.post(
            "/users/", json={**SAM, "username": username}, headers=csrf_header(client)
        )

        assert error_message(response, 422) == reason
        assert names() == []

    @pytest.mark.parametrize(("username", "reason"), INVALID_NAMES[:3])
    def test_put_rejects_an_invalid_username_with_the_reason(self, john, names, username, reason):
        response = john.put("/users/1", json={"username": username}, headers=csrf_header(john))

        assert error_message(response, 422) == reason
        assert names() == ["John Williams", "Fordo Baggings"]

    @pytest.mark.parametrize(
        ("password", "reason"),
        [
            ("", "Password: This field is required."),
            ("seven77", "Password: Use at least 8 characters."),
            ("x" * 129, "Password: Use at most 128 characters."),
            ("\x1b" * 8, "Password: Remove the characters that cannot be displayed."),
        ],
    )
    def test_post_rejects_an_invalid_password_with_the_reason(
        self, client, names, password, reason
    ):
        response = client.post(
            "/users/", json={**SAM, "password": password}, headers=csrf_header(client)
        )

        assert error_message(response, 422) == reason
        assert names() == []

    def test_post_reports_all_invalid_fields_at_once(self, client):
        response = client.post("/users/", json={}, headers=csrf_header(client))

        assert error_message(response, 422) == (
            "Username: This field is required. Password: This field is required."
        )

    @pytest.mark.parametrize("length", [1, 80])
    def test_username_has_1_to_80_characters(self, john, length):
        response = john.put("/users/1", json={"username": "ñ" * length}, headers=csrf_header(john))

        assert response.json["username"] == "ñ" * length

    @pytest.mark.parametrize("body", INVALID_BODIES)
    def test_post_rejects_a_body_that_is_not_a_json_object_of_strings(self, client, names, body):
        response = client.post(
            "/users/", data=body, content_type="application/json", headers=csrf_header(client)
        )

        assert "must be a JSON object, and all values strings" in error_message(response, 400)
        assert names() == []

    def test_put_rejects_a_body_that_is_not_a_json_object_of_strings(self, john, names):
        response = john.put("/users/1", json=["Gollum"], headers=csrf_header(john))

        assert "must be a JSON object, and all values strings" in error_message(response, 400)
        assert names() == ["John Williams", "Fordo Baggings"]

    @pytest.mark.parametrize("kind", ["json", "data"])
    def test_request_body_over_the_limit_is_too_large(self, app, client, names, monkeypatch, kind):
        monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 1000)
        sent: dict[str, Any] = {kind: {**SAM, "padding": "x" * 1000}}

        response = client.post("/users/", **sent, headers=csrf_header(client))

        assert error_message(response, 413)
        assert names() == []

    @pytest.mark.parametrize(
        ("headers", "reason"),
        [
            ({}, "The CSRF token is missing."),
            ({"X-CSRFToken": ""}, "The CSRF token is missing."),
            ({"X-CSRFToken": "guessed"}, "The CSRF token is invalid."),
        ],
    )
    @pytest.mark.parametrize("line", ["POST /users/", "PUT /users/1", "DELETE /users/1"])
    def test_changing_a_user_needs_the_csrf_token(self, john, names, line, headers, reason):
        csrf_header(john)
        method, path = line.split()

        response = john.open(path, method=method, json=SAM, headers=headers)

        assert error_message(response, 400).startswith(reason)
        assert names() == ["John Williams", "Fordo Baggings"]

    @pytest.mark.parametrize(
        ("path", "method", "allowed"),
        [
            ("/users/", "PUT", {"GET", "HEAD", "OPTIONS", "POST"}),
            ("/users/", "DELETE", {"GET", "HEAD", "OPTIONS", "POST"}),
            ("/users/1", "POST", {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}),
            ("/users/1", "PATCH", {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}),
        ],
    )
    def test_method_not_allowed_lists_the_allowed_methods(self, client, path, method, allowed):
        response = client.open(path, method=method, headers=csrf_header(client))

        assert error_message(response, 405)
        assert response.allow == allowed

    # The people page, whose script calls this API

    def test_people_page_links_to_the_posts_of_every_user(self, client, dataset):
        links = page(client.get("/people/")).cssselect(".rows a")

        assert [(link.text, link.get("href")) for link in links] == [
            ("Fordo Baggings", "/posts/by/2"),
            ("John Williams", "/posts/by/1"),
        ]

    def test_people_page_without_users_has_a_message(self, client):
        assert texts(client.get("/people/"), "main p") == ["Nobody has signed up yet."]

    def test_people_page_has_a_link_to_older_users(self, app, client, dataset, monkeypatch):
        monkeypatch.setitem(app.config, "PAGE_SIZE", 1)

        [older] = page(client.get("/people/")).cssselect("a[rel=next]")
        response = client.get(older.get("href"))

        assert texts(response, ".rows a") == ["John Williams"]
        assert texts(response, ".pager a") == ["Newest"]

    def test_people_page_passes_the_url_and_csrf_token_to_its_script(self, fordo):
        [form] = page(fordo.get("/people/")).cssselect("#account")

        response = fordo.put(
            form.get("data-url"),
            json={"username": "Frodo Baggins"},
            headers={"X-CSRFToken": form.get("data-token")},
        )

        assert form.fields["username"] == "Fordo Baggings"
        assert response.json == {"id": 2, "username": "Frodo Baggins"}

    def test_people_page_script_urls_include_the_script_name(self, fordo):
        response = fordo.get("/people/", environ_overrides={"SCRIPT_NAME": "/blog"})

        [form] = page(response).cssselect("#account")
        assert (form.get("data-url"), form.get("data-home")) == ("/blog/users/2", "/blog/")

    def test_people_page_has_no_account_form_for_a_visitor(self, client, dataset):
        assert page(client.get("/people/")).cssselect("#account") == []
