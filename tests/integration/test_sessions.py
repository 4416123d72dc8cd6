"""The session: a signed cookie that stores the user's id; login and logout."""

from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.database import db
from app.models import User
from app.sessions import fingerprint
from tests.support.blog import PASSWORD, delete_account
from tests.support.html import (
    csrf_header,
    flashes,
    logged_in_as,
    page,
    redirect_target,
    submit,
    texts,
)
from tests.support.stored import stored_rows


def log_in_as(
    client: FlaskClient, username: str, password: str = PASSWORD, *, then: str | None = None
) -> TestResponse:
    """Submit the login form; `then` is the page to redirect to."""
    url = "/login" if then is None else f"/login?{urlencode({'next': then})}"
    return submit(client, url, {"username": username, "password": password})


class TestStore:
    def test_logged_in_user_is_shown_on_every_page(self, john):
        assert texts(john.get("/about"), "#me") == ["John Williams"]
        assert texts(john.get("/posts/"), "#me") == ["John Williams"]

    def test_two_clients_are_logged_in_as_two_users(self, john, fordo):
        assert logged_in_as(john) == ["John Williams"]
        assert logged_in_as(fordo) == ["Fordo Baggings"]

    def test_page_that_stores_nothing_sets_no_cookie(self, client):
        assert "Set-Cookie" not in client.get("/").headers

    def test_session_ends_when_the_browser_is_closed(self, client, dataset):
        log_in_as(client, "John Williams")

        cookie = client.get_cookie("blog_session")
        assert (cookie.max_age, cookie.expires) == (None, None)

    def test_page_with_a_session_varies_by_cookie(self, john):
        assert "Cookie" in john.get("/about").vary


class TestSigned:
    """The course says: encrypted, on the server. In fact it is signed, in the cookie."""

    def test_session_cookie_is_readable_and_holds_no_secret(self, app, client, dataset):
        log_in_as(client, "John Williams")
        reader = URLSafeTimedSerializer("a key that signed nothing")

        signature_is_valid, content = reader.loads_unsafe(client.get_cookie("blog_session").value)

        assert not signature_is_valid
        with app.app_context():
            user = db.session.scalars(select(User).filter_by(username="John Williams")).one()
            assert content["user_id"] == user.id
            assert content["fingerprint"] == fingerprint(user)
            assert user.password_hash not in str(content)
            assert PASSWORD not in str(content)

    def test_session_cookie_with_the_data_of_another_user_is_ignored(self, john, fordo):
        _, *signature = fordo.get_cookie("blog_session").value.split(".")
        payload, *_ = john.get_cookie("blog_session").value.split(".")

        fordo.set_cookie("blog_session", ".".join([payload, *signature]))

        assert logged_in_as(fordo) == []


class TestSecretKey:
    @pytest.fixture
    def app(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
        """The application, without a secret key."""
        monkeypatch.setitem(app.config, "SECRET_KEY", None)
        return app

    def test_form_without_a_secret_key_raises_an_error_that_names_the_key(self, client):
        with pytest.raises(RuntimeError, match="secret key is required"):
            client.get("/login")

    def test_page_without_a_session_needs_no_secret_key(self, client):
        assert client.get("/").status_code == 200


@pytest.mark.usefixtures("dataset")
class TestLogin:
    def test_login_form_asks_for_username_and_password(self, client):
        names = [field.get("name") for field in page(client.get("/login")).cssselect("main input")]

        assert names == ["csrf_token", "username", "password"]

    def test_username_and_password_log_in(self, client):
        response = log_in_as(client, "John Williams")

        assert redirect_target(response) == "/"
        assert logged_in_as(client) == ["John Williams"]

    def test_every_failed_login_has_the_same_message(self, client):
        # User enumeration: the message must not reveal which usernames exist.
        wrong_password = log_in_as(client, "John Williams", "wrong")
        unknown_username = log_in_as(client, "Bilbo Baggings", PASSWORD)

        assert [wrong_password.status_code, unknown_username.status_code] == [401, 401]
        [message] = texts(wrong_password, ".error")
        assert texts(unknown_username, ".error") == [message]
        assert logged_in_as(client) == []

    @pytest.mark.parametrize("field", ["username", "password"])
    def test_invalid_login_is_rejected_next_to_its_field(self, client, field):
        valid = {"username": "John Williams", "password": PASSWORD}

        response = submit(client, "/login", {**valid, field: ""})

        assert response.status_code == 422
        assert len(texts(response, f"#{field}-about .error")) == len(texts(response, ".error")) == 1
        assert logged_in_as(client) == []

    def test_rejected_login_form_keeps_the_username_and_not_the_password(self, client):
        response = log_in_as(client, "John Williams", "a wrong one")

        assert page(response).cssselect("#username")[0].get("value") == "John Williams"
        assert "a wrong one" not in response.text

    def test_logout_clears_the_session(self, john):
        with john.session_transaction() as kept:
            kept["city"] = "London"

        response = submit(john, "/", form="header form")

        assert redirect_target(response) == "/"
        assert logged_in_as(john) == []
        with john.session_transaction() as kept:
            assert dict(kept) == {}

    def test_logout_requires_post(self, john):
        response = john.get("/logout")

        assert response.status_code == 405
        assert response.allow.as_set() == {"options", "post"}
        assert logged_in_as(john) == ["John Williams"]

    def test_login_redirects_back_to_the_page_that_required_it(self, client):
        url = "/posts/new?title=A+%26+B"

        away = client.get(url)
        back = submit(
            client, redirect_target(away), {"username": "John Williams", "password": PASSWORD}
        )

        assert redirect_target(away).startswith("/login?next=")
        assert redirect_target(back) == url

    def test_login_redirects_back_below_the_script_name(self, client):
        away = client.get("/contact", environ_overrides={"SCRIPT_NAME": "/blog"})

        assert redirect_target(away) == "/blog/login?next=/blog/contact"

    def test_redirect_target_survives_a_wrong_password(self, client):
        rejected = log_in_as(client, "John Williams", "wrong", then="/contact")
        [form] = page(rejected).cssselect("main form")
        typed = {**dict(form.form_values()), "password": PASSWORD}

        response = client.post(form.get("action") or rejected.request.full_path, data=typed)

        assert redirect_target(response) == "/contact"

    @pytest.mark.parametrize("path", ["/posts/new", "/posts/1/edit", "/contact"])
    def test_login_page_tells_why_a_login_is_required(self, client, path):
        login = client.get(path, follow_redirects=True)

        assert login.request.path == "/login"
        assert len(flashes(login)) == 1

    @pytest.mark.parametrize("path", ["/login", "/signup"])
    def test_form_tells_a_logged_in_user_about_the_current_login(self, client, john, path):
        message = "You are logged in as John Williams."

        assert any(text.startswith(message) for text in texts(john.get(path), "main p"))
        assert not any("logged in" in text for text in texts(client.get(path), "main p"))

    def test_login_is_no_open_redirect_to_another_site(self, client):
        response = log_in_as(client, "John Williams", then="//evil.example")

        assert redirect_target(response) == "/"

    def test_session_of_a_deleted_user_is_invalid(self, john, log_in):
        other_client = log_in("John Williams")

        assert delete_account(john).status_code == 204

        assert logged_in_as(john) == logged_in_as(other_client) == []
        assert redirect_target(other_client.get("/contact")) == "/login?next=/contact"
        on_api = other_client.put("/users/2", json={}, headers=csrf_header(other_client))
        assert on_api.status_code == 401

    @pytest.mark.parametrize("path", ["/contact", "/users/1", "/nowhere"])
    def test_browser_must_not_store_what_a_logged_in_user_sees(self, john, path):
        # After logging out, the Back button would show it to the next person at the computer.
        assert john.get(path).headers["Cache-Control"] == "no-store"

    def test_browser_may_store_what_a_visitor_sees(self, client):
        # The form stores its CSRF token in a session, but no user.
        assert "no-store" not in client.get("/login").headers.get("Cache-Control", "")

    def test_browser_may_store_the_static_files_of_a_logged_in_user(self, john):
        with john.get("/static/style.css") as response:
            assert "no-store" not in response.headers["Cache-Control"]
            assert "Cookie" not in response.vary


@pytest.mark.usefixtures("dataset")
class TestRevoke:
    """The server stores no sessions: only a new password makes the existing ones invalid."""

    NEW = "second breakfast"

    def change_password(
        self, client: FlaskClient, current: str = PASSWORD, password: str = NEW
    ) -> TestResponse:
        """Submit the form that changes the password."""
        return submit(client, "/password", {"current_password": current, "password": password})

    def test_changed_password_ends_every_other_session(self, john, log_in):
        other_client = log_in("John Williams")

        self.change_password(john)

        assert logged_in_as(other_client) == []
        assert redirect_target(other_client.get("/contact")) == "/login?next=/contact"

    def test_user_stays_logged_in_where_the_password_was_changed(self, john):
        response = self.change_password(john)

        assert redirect_target(response) == "/people/"
        assert len(flashes(john.get("/people/"))) == 1
        assert logged_in_as(john) == ["John Williams"]

    def test_session_of_another_user_survives_a_changed_password(self, john, fordo):
        self.change_password(john)

        assert logged_in_as(fordo) == ["Fordo Baggings"]

    def test_only_the_new_password_logs_in(self, app, john):
        self.change_password(john)

        assert log_in_as(app.test_client(), "John Williams").status_code == 401
        response = log_in_as(app.test_client(), "John Williams", self.NEW)
        assert redirect_target(response) == "/"

    def test_changed_password_clears_the_session(self, john):
        with john.session_transaction() as kept:
            kept["city"] = "London"

        self.change_password(john)

        with john.session_transaction() as kept:
            assert "city" not in kept

    def test_copied_session_survives_a_logout_until_the_password_is_changed(
        self, app, john, log_in
    ):
        # Logging out deletes the cookie in one browser. The server cannot revoke a copy of it.
        thief = app.test_client()
        thief.set_cookie("blog_session", john.get_cookie("blog_session").value)

        submit(john, "/", form="header form")
        assert logged_in_as(thief) == ["John Williams"]

        self.change_password(log_in("John Williams"))
        assert logged_in_as(thief) == []

    @pytest.mark.parametrize("current", ["", "wrong"])
    def test_changing_the_password_requires_the_current_one(self, app, john, log_in, current):
        other_client = log_in("John Williams")
        before = stored_rows(app)

        response = self.change_password(john, current=current)

        assert response.status_code == 422
        assert (
            len(texts(response, "#current_password-about .error"))
            == len(texts(response, ".error"))
            == 1
        )
        assert stored_rows(app) == before
        assert logged_in_as(other_client) == ["John Williams"]

    def test_new_password_follows_the_rules_of_the_sign_up(self, app, john):
        before = stored_rows(app)

        response = self.change_password(john, password="7 chars")

        assert response.status_code == 422
        assert texts(response, "#password-about .error") == ["Use at least 8 characters."]
        assert stored_rows(app) == before

    def test_rejected_form_contains_no_password(self, john):
        response = self.change_password(john, current="a wrong one", password="7 chars")

        assert response.status_code == 422
        assert "a wrong one" not in response.text
        assert "7 chars" not in response.text

    def test_changing_the_password_requires_a_login(self, client):
        response = client.get("/password")

        assert redirect_target(response) == "/login?next=/password"

    def test_password_form_sent_without_a_login_leads_to_the_login(self, client):
        sent = {"current_password": PASSWORD, "password": self.NEW}

        response = client.post("/password", data=sent, headers=csrf_header(client))

        assert redirect_target(response) == "/login"

    def test_ended_session_cannot_change_the_password(self, app, john, log_in):
        john_again = log_in("John Williams")
        headers = csrf_header(john_again)
        self.change_password(john)
        before = stored_rows(app)

        response = john_again.post(
            "/password",
            data={"current_password": self.NEW, "password": "elevenses at nine"},
            headers=headers,
        )

        assert redirect_target(response) == "/login"
        assert stored_rows(app) == before

    def test_people_page_leads_to_the_password_form(self, john):
        links = page(john.get("/people/")).cssselect("main a")

        assert "/password" in [link.get("href") for link in links]
