"""The session: a signed cookie that stores the user's id; login, logout and sign-up."""

from collections.abc import Callable
from unicodedata import normalize
from urllib.parse import urlencode

import pytest
from flask import Flask, session
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.database import db
from app.models import User
from tests.support.databases import PASSWORD, load_dataset
from tests.support.html import csrf_header, flashes, page, redirect_target, submit, texts
from tests.support.stored import stored_rows

# A valid sign-up form.
BILBO = {"username": "Bilbo Baggings", "password": "an unexpected party"}


def logged_in_as(client: FlaskClient) -> list[str]:
    """Return the username in the page header: one, or none for a visitor."""
    return texts(client.get("/"), "#me")


def copy_session(source: FlaskClient, target: FlaskClient) -> None:
    """Send the session cookie of `source` with the requests of `target`."""
    target.set_cookie("session", source.get_cookie("session").value)


def log_in_as(
    client: FlaskClient, username: str, password: str = PASSWORD, *, then: str | None = None
) -> TestResponse:
    """Submit the login form; `then` is the page to redirect to."""
    url = "/login" if then is None else f"/login?{urlencode({'next': then})}"
    return submit(client, url, {"username": username, "password": password})


@pytest.fixture
def log_in(app: Flask, dataset: None) -> Callable[[str], FlaskClient]:
    """Replaces the fixture that skips the login form, because the form is the topic here."""

    def log_in(username: str) -> FlaskClient:
        client = app.test_client()
        assert redirect_target(log_in_as(client, username)) == "/"
        return client

    return log_in


class TestStore:
    def test_logged_in_user_is_shown_on_every_page(self, john):
        assert texts(john.get("/about"), "#me") == ["John Williams"]
        assert texts(john.get("/posts/"), "#me") == ["John Williams"]

    def test_two_clients_are_logged_in_as_two_users(self, john, fordo):
        assert logged_in_as(john) == ["John Williams"]
        assert logged_in_as(fordo) == ["Fordo Baggings"]

    def test_page_that_stores_nothing_sets_no_cookie(self, client):
        assert "Set-Cookie" not in client.get("/").headers

    def test_session_ends_when_the_browser_is_closed(self, john):
        cookie = john.get_cookie("session")

        assert (cookie.max_age, cookie.expires) == (None, None)

    def test_session_cookie_is_httponly_and_samesite_lax(self, john):
        cookie = john.get_cookie("session")

        assert cookie.http_only
        assert cookie.same_site == "Lax"

    def test_session_cookie_is_secure_over_https(self, app, client, monkeypatch):
        monkeypatch.setitem(app.config, "PREFERRED_URL_SCHEME", "https")

        client.get("/login")

        assert client.get_cookie("session").secure

    def test_session_cookie_secure_is_configurable(self, app, client, monkeypatch):
        monkeypatch.setitem(app.config, "SESSION_COOKIE_SECURE", True)

        client.get("/login")

        assert client.get_cookie("session").secure

    def test_session_cookie_is_not_secure_over_http(self, client):
        client.get("/login")

        assert not client.get_cookie("session").secure

    def test_page_with_a_session_varies_by_cookie(self, john):
        assert "Cookie" in john.get("/").vary


class TestSigned:
    """The course says: encrypted, on the server. In fact it is signed, in the cookie."""

    def test_session_cookie_is_readable_and_holds_the_user_id_only(self, app, john):
        reader = URLSafeTimedSerializer("a key that signed nothing")

        signature_is_valid, content = reader.loads_unsafe(john.get_cookie("session").value)

        assert not signature_is_valid
        with app.app_context():
            john_williams = select(User.id).where(User.username == "John Williams")
            assert content == {"user_id": db.session.scalar(john_williams)}

    def test_session_is_valid_on_another_server_with_the_same_key(self, john, new_app):
        app = new_app()
        load_dataset(app)
        another_server = app.test_client()

        copy_session(john, another_server)

        assert logged_in_as(another_server) == ["John Williams"]

    def test_session_cookie_with_the_data_of_another_user_is_ignored(self, john, fordo):
        _, *signature = fordo.get_cookie("session").value.split(".")
        payload, *_ = john.get_cookie("session").value.split(".")

        fordo.set_cookie("session", ".".join([payload, *signature]))

        assert logged_in_as(fordo) == []

    @pytest.mark.parametrize("value", ["", "nonsense", "e30.e30.e30", "\0", "."])
    def test_malformed_session_cookie_is_ignored(self, client, value):
        client.set_cookie("session", value)

        assert logged_in_as(client) == []


class TestSecretKey:
    @pytest.fixture
    def app(self, new_app: Callable[..., Flask]) -> Flask:
        """An application without a secret key."""
        app = new_app()
        app.secret_key = None
        return app

    def test_storing_without_a_secret_key_is_an_error_that_says_so(self, app, client):
        app.add_url_rule("/move", view_func=lambda: session.setdefault("city", "London"))

        with pytest.raises(RuntimeError, match="no secret key was set"):
            client.get("/move")

    def test_form_without_a_secret_key_is_an_error_that_says_so(self, client):
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

    def test_spaces_around_the_username_are_ignored_at_login(self, client):
        log_in_as(client, "  John  Williams ")

        assert logged_in_as(client) == ["John Williams"]

    @pytest.mark.parametrize(
        ("username", "password"),
        [
            pytest.param("John Williams", "wrong", id="wrong password"),
            pytest.param("John Williams", PASSWORD.upper(), id="password in another case"),
            pytest.param("John Williams", f" {PASSWORD} ", id="spaces around the password"),
            pytest.param("john williams", PASSWORD, id="username in another case"),
            pytest.param("Bilbo Baggings", PASSWORD, id="unknown username"),
            pytest.param("' OR '1'='1", "' OR '1'='1", id="SQL injection"),
        ],
    )
    def test_every_failed_login_has_the_same_message(self, client, username, password):
        # User enumeration: the message must not reveal which usernames exist.
        response = log_in_as(client, username, password)

        assert response.status_code == 401
        assert texts(response, ".error") == ["Wrong username or password."]
        assert logged_in_as(client) == []

    def test_login_of_a_user_without_a_password_has_the_same_message(self, app, client):
        with app.app_context():
            db.session.add(User(username="Bilbo Baggings"))
            db.session.commit()

        response = log_in_as(client, "Bilbo Baggings")

        assert response.status_code == 401
        assert texts(response, ".error") == ["Wrong username or password."]

    @pytest.mark.parametrize(
        ("field", "typed"),
        [
            ("username", ""),
            ("username", "  "),
            ("username", "John\0Williams"),
            ("password", ""),
            ("password", "there\0and back again"),
        ],
    )
    def test_invalid_login_is_rejected_next_to_its_field(self, client, field, typed):
        good = {"username": "John Williams", "password": PASSWORD}

        response = submit(client, "/login", {**good, field: typed})

        assert response.status_code == 422
        assert len(texts(response, f"#{field}-about .error")) == len(texts(response, ".error")) == 1
        assert logged_in_as(client) == []

    def test_rejected_login_form_keeps_the_username_and_not_the_password(self, client):
        response = log_in_as(client, "John Williams", "a wrong one")

        assert page(response).cssselect("#username")[0].get("value") == "John Williams"
        assert "a wrong one" not in response.text

    def test_login_clears_the_session_against_session_fixation(self, client):
        # Session fixation: an attacker who planted this session must not share the login.
        client.get("/login")
        with client.session_transaction() as kept:
            before = kept["csrf_token"]
            kept["city"] = "London"

        log_in_as(client, "John Williams")

        client.get("/preferences")
        with client.session_transaction() as kept:
            assert kept["csrf_token"] != before
            assert "city" not in kept

    def test_logout_clears_the_session(self, john):
        with john.session_transaction() as kept:
            kept["city"] = "London"

        response = submit(john, "/", form="header form")

        assert redirect_target(response) == "/"
        assert logged_in_as(john) == []
        with john.session_transaction() as kept:
            assert dict(kept) == {}

    def test_logout_does_not_affect_another_client_of_the_user(self, john, log_in):
        other_client = log_in("John Williams")

        submit(john, "/", form="header form")

        assert logged_in_as(other_client) == ["John Williams"]

    def test_logout_requires_post(self, john):
        response = john.get("/logout")

        assert response.status_code == 405
        assert response.allow.as_set() == {"options", "post"}
        assert logged_in_as(john) == ["John Williams"]

    @pytest.mark.parametrize(
        "url", ["/posts/new", "/contact", "/posts/1/edit", "/posts/new?title=A+%26+B"]
    )
    def test_login_redirects_back_to_the_page_that_required_it(self, client, url):
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
        refused = log_in_as(client, "John Williams", "wrong", then="/contact")
        [form] = page(refused).cssselect("main form")
        typed = {**dict(form.form_values()), "password": PASSWORD}

        response = client.post(form.get("action") or refused.request.full_path, data=typed)

        assert redirect_target(response) == "/contact"

    def test_login_does_not_redirect_back_to_a_post(self, client):
        response = client.post("/posts/1/delete", headers=csrf_header(client))

        assert redirect_target(response) == "/login"

    @pytest.mark.parametrize(
        ("path", "reason"),
        [
            ("/posts/new", "Log in to write a post."),
            ("/posts/1/edit", "Log in to edit a post."),
            ("/contact", "Log in to edit your contact card."),
        ],
    )
    def test_login_page_tells_why_a_login_is_required(self, client, path, reason):
        login = client.get(path, follow_redirects=True)

        assert login.request.path == "/login"
        assert flashes(login) == [reason]

    def test_json_client_is_unauthorized_instead_of_redirected(self, client):
        response = client.get("/contact", headers={"Accept": "application/json"})

        assert response.status_code == 401
        assert response.json["message"] == "Log in to edit your contact card."

    @pytest.mark.parametrize(
        "target", ["/posts/?before=3", "/posts/new?title=A+%26+B", "/es/Fordo%20Baggings"]
    )
    def test_login_redirects_to_a_path_on_this_site(self, client, target):
        assert redirect_target(log_in_as(client, "John Williams", then=target)) == target

    @pytest.mark.parametrize(
        "target",
        ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""],
    )
    def test_login_is_no_open_redirect_to_another_site(self, client, target):
        response = log_in_as(client, "John Williams", then=target)

        assert redirect_target(response) == "/"

    def test_session_of_a_deleted_user_is_invalid(self, john, log_in):
        other_client = log_in("John Williams")

        assert john.delete("/users/1", headers=csrf_header(john)).status_code == 204

        assert logged_in_as(john) == logged_in_as(other_client) == []
        assert redirect_target(other_client.get("/contact")) == "/login?next=/contact"
        on_api = other_client.put("/users/2", json={}, headers=csrf_header(other_client))
        assert on_api.status_code == 401

    def test_session_of_a_deleted_user_does_not_log_in_a_new_user(self, fordo, log_in):
        other_client = log_in("Fordo Baggings")
        assert fordo.delete("/users/2", headers=csrf_header(fordo)).status_code == 204

        assert redirect_target(submit(fordo, "/signup", BILBO)) == "/"

        assert logged_in_as(fordo) == ["Bilbo Baggings"]
        assert logged_in_as(other_client) == []

    # Sign-up

    def test_sign_up_creates_an_account_and_logs_in(self, client, app):
        response = submit(client, "/signup", BILBO)

        assert redirect_target(response) == "/"
        assert logged_in_as(client) == ["Bilbo Baggings"]
        assert redirect_target(log_in_as(app.test_client(), **BILBO)) == "/"

    @pytest.mark.parametrize(("there", "here"), [("NFD", "NFC"), ("NFC", "NFD")])
    def test_password_accents_are_normalized_at_sign_up_and_login(self, client, app, there, here):
        typed = normalize(there, "café crème")
        submit(client, "/signup", {"username": "Sam", "password": typed})

        response = log_in_as(app.test_client(), "Sam", normalize(here, typed))

        assert redirect_target(response) == "/"

    def test_welcome_message_is_flashed_once(self, client):
        submit(client, "/signup", BILBO)

        assert texts(client.get("/"), ".notice") == ["Welcome."]
        assert texts(client.get("/"), ".notice") == []

    def test_sign_up_clears_the_session(self, john):
        with john.session_transaction() as kept:
            kept["city"] = "London"

        submit(john, "/signup", BILBO)

        assert logged_in_as(john) == ["Bilbo Baggings"]
        with john.session_transaction() as kept:
            assert "city" not in kept

    def test_password_is_stored_as_a_hash_only(self, app, client):
        submit(client, "/signup", BILBO)

        assert BILBO["password"] not in str(stored_rows(app))

    @pytest.mark.parametrize("name", ["John Williams", "  John   Williams "])
    def test_taken_username_is_a_conflict(self, app, client, name):
        before = stored_rows(app)

        response = submit(client, "/signup", {**BILBO, "username": name})

        assert response.status_code == 409
        assert texts(response, ".error") == ["This username is taken. Choose another one."]
        assert stored_rows(app) == before
        assert logged_in_as(client) == []

    @pytest.mark.parametrize(
        ("field", "typed", "reason"),
        [
            ("username", "", "This field is required."),
            ("username", " \t ", "This field is required."),
            ("username", "x" * 81, "Use at most 80 characters."),
            ("username", "Bilbo\0", "Remove the characters that cannot be displayed."),
            ("username", "Bilbo\x1b[2J", "Remove the characters that cannot be displayed."),
            ("username", "\u200b", "Enter some visible text."),
            ("password", "", "This field is required."),
            ("password", "7 chars", "Use at least 8 characters."),
            ("password", "x" * 129, "Use at most 128 characters."),
            ("password", "12345678\0", "Remove the characters that cannot be displayed."),
        ],
    )
    def test_invalid_sign_up_is_rejected_with_the_reason(self, app, client, field, typed, reason):
        before = stored_rows(app)

        response = submit(client, "/signup", {**BILBO, field: typed})

        assert response.status_code == 422
        assert texts(response, ".error") == texts(response, f"#{field}-about .error") == [reason]
        assert stored_rows(app) == before
        assert logged_in_as(client) == []

    @pytest.mark.parametrize(
        "typed",
        [{"username": "x" * 80}, {"password": "8 chars!"}, {"password": "x" * 128}],
        ids=["longest name", "shortest password", "longest password"],
    )
    def test_longest_and_shortest_values_are_accepted_at_sign_up(self, client, app, typed):
        account = {**BILBO, **typed}

        assert redirect_target(submit(client, "/signup", account)) == "/"

        assert redirect_target(log_in_as(app.test_client(), **account)) == "/"

    @pytest.mark.parametrize(
        "typed",
        [{"username": "John Williams"}, {"username": "x" * 81}, {"password": "7 chars"}],
        ids=["taken", "too long", "short password"],
    )
    def test_rejected_sign_up_form_keeps_the_username_and_not_the_password(self, client, typed):
        account = {**BILBO, **typed}

        response = submit(client, "/signup", account)

        assert page(response).cssselect("#username")[0].get("value") == account["username"]
        assert account["password"] not in response.text

    # CSRF tokens

    @pytest.mark.parametrize("sent", [{}, {"X-CSRFToken": "wrong"}], ids=["missing", "wrong"])
    def test_every_changing_request_needs_the_csrf_token(self, app, john, sent):
        changing = [
            (method, rule.rule.replace("<int:post_id>", "1").replace("<int:user_id>", "1"))
            for rule in app.url_map.iter_rules()
            for method in rule.methods & {"POST", "PUT", "PATCH", "DELETE"}
        ]
        before = stored_rows(app)

        answers = {
            (method, url): john.open(url, method=method, headers=sent).status_code
            for method, url in changing
        }

        assert ("DELETE", "/users/1") in answers
        assert set(answers.values()) == {400}
        assert stored_rows(app) == before
        assert logged_in_as(john) == ["John Williams"]

    def test_csrf_token_of_another_session_is_rejected(self, app, john, fordo):
        before = stored_rows(app)

        response = john.post("/posts/1/delete", headers=csrf_header(fordo))

        assert response.status_code == 400
        assert stored_rows(app) == before

    def test_csrf_token_from_before_the_login_is_rejected(self, client):
        from_before = csrf_header(client)
        log_in_as(client, "John Williams")

        response = client.post("/posts/1/delete", headers=from_before)

        assert response.status_code == 400

    def test_missing_csrf_token_is_reported(self, client):
        response = client.post("/login", data={"username": "John Williams", "password": PASSWORD})

        assert response.status_code == 400
        [reason] = texts(response, "main p")
        assert reason.startswith("The CSRF token is missing. Your login may have changed.")
