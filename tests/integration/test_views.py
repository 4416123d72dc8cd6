"""Views that are classes: the pages, the contact card, and the people as JSON."""

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
from tests.support.html import csrf_header, page, redirect_target, submit, texts
from tests.support.stored import stored_rows

CARD = {"city": "Bree", "email": "john@bree.org", "phonenum": "1 (23) 4/5-6.7"}


class TestView:
    @pytest.mark.parametrize(("path", "heading"), [("/", "Hello World!!!"), ("/about", "About")])
    def test_one_class_serves_several_pages_each_from_its_template(self, client, path, heading):
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
    def test_each_page_has_its_own_title(self, john, path, title):
        assert texts(john.get(path), "title") == [f"{title} · Flask testing kata"]

    @pytest.mark.parametrize("path", ["/", "/login"])
    def test_whoever_has_no_account_is_led_to_the_sign_up(self, client, path):
        links = page(client.get(path)).cssselect("main a")

        assert "/signup" in [link.get("href") for link in links]

    def test_another_page_needs_no_new_class(self, new_app):
        app = new_app()
        app.add_url_rule("/start", view_func=BaseView.as_view("start", "home.html"))

        assert texts(app.test_client().get("/start"), "h1") == ["Hello World!!!"]

    def test_the_navigation_tells_which_page_this_is(self, client):
        assert texts(client.get("/about"), "[aria-current=page]") == ["About"]


class TestMethods:
    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    def test_a_class_that_says_nothing_answers_get_alone(self, client, method):
        response = client.open("/about", method=method, headers=csrf_header(client))

        assert response.status_code == 405
        assert response.allow == {"GET", "HEAD", "OPTIONS"}

    def test_a_class_may_say_that_it_answers_post_too(self, john):
        response = john.put("/contact", headers=csrf_header(john))

        assert response.status_code == 405
        assert response.allow == {"GET", "HEAD", "OPTIONS", "POST"}

    def test_options_tells_the_methods(self, client):
        response = client.options("/contact")

        assert response.status_code == 200
        assert response.allow == {"GET", "HEAD", "OPTIONS", "POST"}

    def test_head_gives_the_headers_of_the_page_alone(self, client):
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

    def test_the_form_shows_what_was_stored_and_says_so_once(self, john):
        submit(john, "/contact", CARD)

        response = john.get("/contact")

        [form] = page(response).cssselect("main form")
        assert {name: form.fields[name] for name in CARD} == CARD
        assert texts(response, "[role=status]") == ["Your contact card is kept."]
        assert texts(john.get("/contact"), "[role=status]") == []

    def test_a_card_is_made_where_there_is_none(self, app, john, card_of):
        with app.app_context():
            db.session.delete(db.session.get(User, 1).contact)
            db.session.commit()

        response = submit(john, "/contact", CARD)

        assert redirect_target(response) == "/contact"
        assert card_of("John Williams") == CARD

    def test_spaces_around_and_within_are_made_single(self, john, card_of):
        typed = {"city": "  New \t York ", "email": " john@york ", "phonenum": " 1  2 "}

        submit(john, "/contact", typed)

        tidy = {"city": "New York", "email": "john@york", "phonenum": "1 2"}
        assert card_of("John Williams") == tidy

    def test_no_phone_number_is_a_good_answer(self, john, card_of):
        submit(john, "/contact", {**CARD, "phonenum": ""})

        assert card_of("John Williams")["phonenum"] == ""

    @pytest.mark.parametrize(
        ("name", "typed", "reason"),
        [
            ("city", "", "This field is required."),
            ("city", "   ", "This field is required."),
            ("city", "x" * 81, "Field cannot be longer than 80 characters."),
            ("city", "Lon\0don", "This has a character that cannot be stored or shown."),
            ("city", "\u200b", "This has nothing in it that can be seen."),
            ("email", "", "This field is required."),
            ("email", "john", "This is no email address."),
            ("email", "john@", "This is no email address."),
            ("email", "john @bree.org", "This is no email address."),
            ("email", "x" * 250 + "@b.org", "Field cannot be longer than 254 characters."),
            ("email", "john@bree\x07.org", "This has a character that cannot be stored or shown."),
            ("phonenum", "1" * 33, "Field cannot be longer than 32 characters."),
            (
                "phonenum",
                "call me",
                "A phone number has digits, spaces and +()/.- only.",
            ),
        ],
    )
    def test_a_refused_card_says_why_beside_the_field(self, john, card_of, name, typed, reason):
        response = submit(john, "/contact", {**CARD, name: typed})

        assert response.status_code == 422
        assert texts(response, f"#{name}-about .error") == [reason]
        assert [field.get("name") for field in page(response).cssselect("[aria-invalid]")] == [name]
        assert card_of("John Williams")["city"] == "London"

    def test_a_refused_card_keeps_what_was_typed(self, john):
        typed = {**CARD, "email": "no address"}

        response = submit(john, "/contact", typed)

        [form] = page(response).cssselect("main form")
        assert {name: form.fields[name] for name in CARD} == typed

    @pytest.mark.parametrize(
        "longest", [{"city": "x" * 80}, {"email": "x" * 248 + "@b.org"}, {"phonenum": "1" * 32}]
    )
    def test_what_is_just_short_enough_is_stored(self, john, card_of, longest):
        response = submit(john, "/contact", {**CARD, **longest})

        assert redirect_target(response) == "/contact"
        assert card_of("John Williams") == {**CARD, **longest}

    def test_head_is_answered_as_get_and_stores_nothing(self, john, card_of):
        card = card_of("John Williams")

        assert john.head("/contact").status_code == 200
        assert card_of("John Williams") == card

    def test_a_card_that_was_changed_meanwhile_is_a_conflict(self, john, log_in, card_of):
        [form] = page(john.get("/contact")).cssselect("main form")
        submit(log_in("John Williams"), "/contact", CARD)

        response = john.post("/contact", data={**dict(form.form_values()), "city": "Paris"})

        assert response.status_code == 409
        assert "changed meanwhile" in texts(response, "[role=alert]")[0]
        assert page(response).cssselect("main form")[0].fields["city"] == "Paris"
        assert card_of("John Williams") == CARD

    def test_a_form_that_is_sent_again_after_a_conflict_is_a_conflict_again(self, john, log_in):
        [form] = page(john.get("/contact")).cssselect("main form")
        submit(log_in("John Williams"), "/contact", CARD)
        refused = john.post("/contact", data=dict(form.form_values()))

        [form] = page(refused).cssselect("main form")
        response = john.post("/contact", data=dict(form.form_values()))

        assert response.status_code == 409

    def test_a_card_that_tells_no_version_changes_none_that_is_there(self, john, card_of):
        response = john.post("/contact", data=CARD, headers=csrf_header(john))

        assert response.status_code == 409
        assert card_of("John Williams")["city"] == "London"

    def test_a_card_without_its_token_is_refused(self, john, card_of):
        response = john.post("/contact", data={**CARD, "version": "1"})

        assert response.status_code == 400
        [reason] = texts(response, "main p")
        assert reason.startswith("The CSRF token is missing.")
        assert card_of("John Williams")["city"] == "London"

    def test_a_visitor_is_sent_to_the_login_and_back_again(self, client):
        assert redirect_target(client.get("/contact")) == "/login?next=/contact"

    @pytest.fixture
    def card_of(self, app: Flask) -> Callable[[str], dict[str, str]]:
        """Gives what is stored of a person's card."""

        def card_of(username: str) -> dict[str, str]:
            with app.app_context():
                found = select(Contact).join(User).where(User.username == username)
                card = db.session.scalars(found).one()
                return {"city": card.city, "email": card.email, "phonenum": card.phonenum}

        return card_of


SAM = {"username": "Sam Gamgee", "password": "second breakfast"}

# What is sent as JSON, and the reason that must be given; none of it is an account or a name.
REFUSED_NAMES = [
    ("", "Name: This field is required."),
    (" \t ", "Name: This field is required."),
    ("x" * 81, "Name: Field cannot be longer than 80 characters."),
    ("Sam\0", "Name: This has a character that cannot be stored or shown."),
    ("Sam\x1b[31m", "Name: This has a character that cannot be stored or shown."),
    ("Sam\x85", "Name: This has a character that cannot be stored or shown."),
    ("\u200b", "Name: This has nothing in it that can be seen."),
]

REFUSED_BODIES = [
    pytest.param("not JSON", id="not JSON"),
    pytest.param("", id="empty"),
    pytest.param('{"username": "Sam', id="cut off"),
    pytest.param("null", id="null"),
    pytest.param("[]", id="a list"),
    pytest.param('"Sam Gamgee"', id="text"),
    pytest.param('{"username": null}', id="a null"),
    pytest.param('{"username": 7}', id="a number"),
    pytest.param('{"username": ["Sam Gamgee"]}', id="a list within"),
    pytest.param('{"username": {"of": "Sam"}}', id="an object within"),
    pytest.param("[" * 100_000, id="deep"),
    pytest.param('{"username": ' + "9" * 5000 + "}", id="a huge number"),
    pytest.param(r'{"username": "\ud800"}', id="half of a surrogate pair"),
]


def refused(response: TestResponse, status: int) -> str:
    """See that the answer is an error as JSON, and give its message."""
    assert response.status_code == status, response.text
    assert response.mimetype == "application/json"
    assert response.json["code"] == status
    assert set(response.json) == {"code", "name", "message"}
    return response.json["message"]


class TestMethodView:
    @pytest.fixture
    def names(self, app: Flask) -> Callable[[], list[str]]:
        """Gives the names that are stored, by their ids."""

        def names() -> list[str]:
            with app.app_context():
                return list(db.session.scalars(select(User.username).order_by(User.id)))

        return names

    def test_get_gives_one_person(self, client, dataset):
        response = client.get("/users/2")

        assert response.status_code == 200
        assert response.json == {"id": 2, "username": "Fordo Baggings"}

    def test_get_without_an_id_gives_all_people_the_newest_first(self, client, dataset):
        response = client.get("/users/")

        assert response.status_code == 200
        assert response.json == {
            "users": [
                {"id": 2, "username": "Fordo Baggings"},
                {"id": 1, "username": "John Williams"},
            ],
            "next": None,
        }

    def test_get_gives_an_empty_list_where_there_is_nobody(self, client):
        assert client.get("/users/").json == {"users": [], "next": None}

    def test_get_gives_the_people_a_page_at_a_time(self, app, client, dataset, monkeypatch):
        monkeypatch.setitem(app.config, "PAGE_SIZE", 1)

        first = client.get("/users/").json
        second = client.get(first["next"]).json

        assert [user["id"] for user in first["users"]] == [2]
        assert [user["id"] for user in second["users"]] == [1]
        assert second["next"] is None

    @pytest.mark.parametrize("before", ["1", "0", "x", "-1", "", "2147483648", "9" * 11])
    def test_a_page_that_is_not_there_is_unknown(self, client, dataset, before):
        assert refused(client.get("/users/", query_string={"before": before}), 404)

    def test_a_page_may_begin_below_the_largest_id(self, client, dataset):
        response = client.get("/users/?before=2147483647")

        assert [user["id"] for user in response.json["users"]] == [2, 1]

    def test_post_makes_a_person_and_tells_where_it_is(self, client):
        response = client.post("/users/", json=SAM, headers=csrf_header(client))

        assert response.status_code == 201
        assert response.json == {"id": 1, "username": "Sam Gamgee"}
        assert response.location == "/users/1"
        assert client.get(response.location).json == response.json

    def test_post_makes_a_person_who_can_log_in_but_is_not_logged_in(self, client):
        client.post("/users/", json=SAM, headers=csrf_header(client))

        assert texts(client.get("/"), "#me") == []
        assert redirect_target(submit(client, "/login", SAM)) == "/"

    def test_post_takes_a_form_too(self, client):
        response = client.post("/users/", data=SAM, headers=csrf_header(client))

        assert response.status_code == 201
        assert response.json["username"] == "Sam Gamgee"

    def test_post_makes_the_spaces_of_a_name_single(self, client):
        sent = {**SAM, "username": "  Sam \n Gamgee "}

        response = client.post("/users/", json=sent, headers=csrf_header(client))

        assert response.json["username"] == "Sam Gamgee"

    def test_put_renames_oneself(self, john, names):
        response = john.put("/users/1", json={"username": "John W."}, headers=csrf_header(john))

        assert response.status_code == 200
        assert response.json == {"id": 1, "username": "John W."}
        assert names() == ["John W.", "Fordo Baggings"]

    def test_put_leaves_the_password_and_the_session_as_they_are(self, app, john):
        john.put("/users/1", json={"username": "John W."}, headers=csrf_header(john))

        assert texts(john.get("/"), "#me") == ["John W."]
        typed = {"username": "John W.", "password": PASSWORD}
        assert redirect_target(submit(app.test_client(), "/login", typed)) == "/"

    def test_put_changes_nothing_but_the_name(self, app, john):
        sent = {"username": "John W.", "id": "7", "password_hash": "x", "version": "9"}
        before = stored_rows(app)

        john.put("/users/1", json=sent, headers=csrf_header(john))

        after = stored_rows(app)
        [me, *others], [renamed, *still_others] = before.pop("user"), after.pop("user")
        assert renamed._asdict() == {**me._asdict(), "username": "John W.", "version": 2}
        assert (still_others, after) == (others, before)

    def test_put_with_the_name_one_has_is_fine(self, john, names):
        response = john.put(
            "/users/1", json={"username": "John Williams"}, headers=csrf_header(john)
        )

        assert response.status_code == 200
        assert names() == ["John Williams", "Fordo Baggings"]

    def test_delete_removes_oneself_with_everything_one_has_written(self, app, john, names):
        response = john.delete("/users/1", headers=csrf_header(john))

        assert (response.status_code, response.data) == (204, b"")
        assert names() == ["Fordo Baggings"]
        with app.app_context():
            assert set(db.session.scalars(select(Blogpost.userid))) == {2}
            assert set(db.session.scalars(select(Contact.userid))) == {2}

    def test_delete_ends_the_session(self, john):
        response = john.delete("/users/1", headers=csrf_header(john))

        assert response.status_code == 204
        assert john.get_cookie("session") is None
        assert redirect_target(john.get("/contact")) == "/login?next=/contact"

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_a_visitor_changes_nobody(self, client, dataset, names, method):
        response = client.open("/users/1", method=method, json={}, headers=csrf_header(client))

        assert refused(response, 401) == "Log in first."
        assert names() == ["John Williams", "Fordo Baggings"]

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_nobody_changes_someone_else(self, john, names, method):
        sent = {"username": "Gollum"}

        response = john.open("/users/2", method=method, json=sent, headers=csrf_header(john))

        assert refused(response, 403) == "You can change only yourself."
        assert names() == ["John Williams", "Fordo Baggings"]

    @pytest.mark.parametrize(
        "user_id", ["99", "0", str(2**31 - 1), str(2**31), str(10**12), "9" * 5000, "-1", "x", "²"]
    )
    def test_an_unknown_id_is_unknown(self, client, user_id):
        assert refused(client.get(f"/users/{user_id}"), 404)

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    @pytest.mark.parametrize("user_id", [99, 10**12])
    def test_whoever_is_unknown_cannot_be_changed(self, john, method, user_id):
        sent = {"username": "Gollum"}

        response = john.open(
            f"/users/{user_id}", method=method, json=sent, headers=csrf_header(john)
        )

        assert refused(response, 404)

    def test_post_refuses_a_name_that_is_taken(self, client, dataset, names):
        sent = {**SAM, "username": " John  Williams"}

        response = client.post("/users/", json=sent, headers=csrf_header(client))

        assert refused(response, 409) == "This name is taken; choose another one."
        assert names() == ["John Williams", "Fordo Baggings"]

    def test_put_refuses_a_name_that_is_taken(self, john, names):
        response = john.put(
            "/users/1", json={"username": "Fordo Baggings"}, headers=csrf_header(john)
        )

        assert "This name is taken" in refused(response, 409)
        assert names() == ["John Williams", "Fordo Baggings"]

    @pytest.mark.parametrize(("username", "reason"), REFUSED_NAMES)
    def test_post_refuses_a_bad_name_and_says_why(self, client, names, username, reason):
        response = client.post(
            "/users/", json={**SAM, "username": username}, headers=csrf_header(client)
        )

        assert refused(response, 422) == reason
        assert names() == []

    @pytest.mark.parametrize(("username", "reason"), REFUSED_NAMES[:3])
    def test_put_refuses_a_bad_name_and_says_why(self, john, names, username, reason):
        response = john.put("/users/1", json={"username": username}, headers=csrf_header(john))

        assert refused(response, 422) == reason
        assert names() == ["John Williams", "Fordo Baggings"]

    @pytest.mark.parametrize(
        ("password", "reason"),
        [
            ("", "Password: This field is required."),
            ("seven77", "Password: Field must be between 8 and 128 characters long."),
            ("x" * 129, "Password: Field must be between 8 and 128 characters long."),
            ("\x1b" * 8, "Password: This has a character that cannot be stored or shown."),
        ],
    )
    def test_post_refuses_a_bad_password_and_says_why(self, client, names, password, reason):
        response = client.post(
            "/users/", json={**SAM, "password": password}, headers=csrf_header(client)
        )

        assert refused(response, 422) == reason
        assert names() == []

    def test_post_says_everything_that_is_wrong(self, client):
        response = client.post("/users/", json={}, headers=csrf_header(client))

        assert refused(response, 422) == (
            "Name: This field is required. Password: This field is required."
        )

    @pytest.mark.parametrize("length", [1, 80])
    def test_a_name_may_have_one_to_eighty_characters(self, john, length):
        response = john.put("/users/1", json={"username": "ñ" * length}, headers=csrf_header(john))

        assert response.json["username"] == "ñ" * length

    @pytest.mark.parametrize("body", REFUSED_BODIES)
    def test_post_refuses_what_is_no_object_of_texts(self, client, names, body):
        response = client.post(
            "/users/", data=body, content_type="application/json", headers=csrf_header(client)
        )

        assert "must be a JSON object whose values are all text" in refused(response, 400)
        assert names() == []

    def test_put_refuses_what_is_no_object_of_texts(self, john, names):
        response = john.put("/users/1", json=["Gollum"], headers=csrf_header(john))

        assert "must be a JSON object whose values are all text" in refused(response, 400)
        assert names() == ["John Williams", "Fordo Baggings"]

    @pytest.mark.parametrize("kind", ["json", "data"])
    def test_a_body_over_the_limit_is_too_large(self, app, client, names, monkeypatch, kind):
        monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 1000)
        sent: dict[str, Any] = {kind: {**SAM, "padding": "x" * 1000}}

        response = client.post("/users/", **sent, headers=csrf_header(client))

        assert refused(response, 413)
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
    def test_nothing_is_changed_without_the_right_token(self, john, names, line, headers, reason):
        csrf_header(john)
        method, path = line.split()

        response = john.open(path, method=method, json=SAM, headers=headers)

        assert refused(response, 400).startswith(reason)
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
    def test_a_wrong_method_is_told_the_right_ones(self, client, path, method, allowed):
        response = client.open(path, method=method, headers=csrf_header(client))

        assert refused(response, 405)
        assert response.allow == allowed

    def test_the_page_of_people_leads_to_the_posts_of_each(self, client, dataset):
        links = page(client.get("/people/")).cssselect(".rows a")

        assert [(link.text, link.get("href")) for link in links] == [
            ("Fordo Baggings", "/posts/by/2"),
            ("John Williams", "/posts/by/1"),
        ]

    def test_the_page_of_people_says_when_there_is_nobody(self, client):
        assert texts(client.get("/people/"), "main p") == ["Nobody has signed up yet."]

    def test_the_page_of_people_shows_a_page_at_a_time(self, app, client, dataset, monkeypatch):
        monkeypatch.setitem(app.config, "PAGE_SIZE", 1)

        [older] = page(client.get("/people/")).cssselect("a[rel=next]")
        response = client.get(older.get("href"))

        assert texts(response, ".rows a") == ["John Williams"]
        assert texts(response, ".pager a") == ["Newest"]

    def test_the_page_of_people_gives_its_script_what_it_sends(self, fordo):
        [form] = page(fordo.get("/people/")).cssselect("#account")

        response = fordo.put(
            form.get("data-url"),
            json={"username": "Frodo Baggins"},
            headers={"X-CSRFToken": form.get("data-token")},
        )

        assert form.fields["username"] == "Fordo Baggings"
        assert response.json == {"id": 2, "username": "Frodo Baggins"}

    def test_the_script_knows_its_addresses_where_the_blog_is_a_part_of_a_site(self, fordo):
        response = fordo.get("/people/", environ_overrides={"SCRIPT_NAME": "/blog"})

        [form] = page(response).cssselect("#account")
        assert (form.get("data-url"), form.get("data-home")) == ("/blog/users/2", "/blog/")

    def test_the_page_of_people_lets_a_visitor_change_nothing(self, client, dataset):
        assert page(client.get("/people/")).cssselect("#account") == []
