"""What a signed cookie remembers: who is logged in, through the test client and a database."""

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
from tests.support.html import csrf_header, page, redirect_target, submit, texts
from tests.support.stored import stored_rows

# What the sign-up page takes.
BILBO = {"username": "Bilbo Baggings", "password": "an unexpected party"}


def who(client: FlaskClient) -> list[str]:
    """Give the name that the pages greet `client` by, if any."""
    return texts(client.get("/"), "#me")


def lend_cookie(lender: FlaskClient, borrower: FlaskClient) -> None:
    """Have `borrower` send the session cookie of `lender`."""
    borrower.set_cookie("session", lender.get_cookie("session").value)


def log_in_as(
    client: FlaskClient, username: str, password: str = PASSWORD, *, then: str | None = None
) -> TestResponse:
    """Log in by the form, `then` being the address to go on to."""
    url = "/login" if then is None else f"/login?{urlencode({'next': then})}"
    return submit(client, url, {"username": username, "password": password})


@pytest.fixture
def log_in(app: Flask, dataset: None) -> Callable[[str], FlaskClient]:
    """Logs in by the form, in the place of the fixture of this name: the form is the topic here."""

    def log_in(username: str) -> FlaskClient:
        client = app.test_client()
        assert redirect_target(log_in_as(client, username)) == "/"
        return client

    return log_in


class TestStore:
    def test_the_session_is_a_dictionary_that_is_there_in_the_next_request(self, client):
        with client.session_transaction() as kept:
            kept["city"] = "London"
        client.get("/")

        with client.session_transaction() as kept:
            assert kept["city"] == "London"

    def test_whoever_has_logged_in_is_known_on_every_page(self, john):
        assert texts(john.get("/about"), "#me") == ["John Williams"]
        assert texts(john.get("/posts/"), "#me") == ["John Williams"]

    def test_another_client_is_not_known(self, john, client):
        assert who(client) == []

    def test_two_clients_are_two_people_at_the_same_time(self, john, fordo):
        assert who(john) == ["John Williams"]
        assert who(fordo) == ["Fordo Baggings"]

    def test_a_page_that_remembers_nothing_sets_no_cookie(self, client):
        assert "Set-Cookie" not in client.get("/").headers

    def test_the_cookie_ends_with_the_browser(self, john):
        cookie = john.get_cookie("session")

        assert (cookie.max_age, cookie.expires) == (None, None)

    def test_no_script_can_read_the_cookie_and_no_other_site_can_post_with_it(self, john):
        cookie = john.get_cookie("session")

        assert cookie.http_only
        assert cookie.same_site == "Lax"

    def test_over_https_the_cookie_never_goes_back_over_http(self, app, client, monkeypatch):
        monkeypatch.setitem(app.config, "PREFERRED_URL_SCHEME", "https")

        client.get("/login")

        assert client.get_cookie("session").secure

    def test_flasks_own_setting_keeps_the_cookie_to_https(self, app, client, monkeypatch):
        monkeypatch.setitem(app.config, "SESSION_COOKIE_SECURE", True)

        client.get("/login")

        assert client.get_cookie("session").secure

    def test_over_http_the_cookie_goes_back_over_http(self, client):
        client.get("/login")

        assert not client.get_cookie("session").secure

    def test_pages_that_depend_on_the_session_are_not_shared_by_a_cache(self, john):
        assert "Cookie" in john.get("/").vary


class TestSigned:
    """The course says: encrypted, and kept on the server. It is signed, and kept in the cookie."""

    def test_anyone_can_read_the_cookie_without_the_key(self, app, john):
        reader = URLSafeTimedSerializer("a key that signed nothing")

        signature_is_good, content = reader.loads_unsafe(john.get_cookie("session").value)

        assert not signature_is_good
        with app.app_context():
            john_williams = select(User.id).where(User.username == "John Williams")
            assert content == {"user_id": db.session.scalar(john_williams)}

    def test_the_server_keeps_nothing_of_it(self, app, john):
        with john.session_transaction() as kept:
            kept["city"] = "London"

        serializer = app.session_interface.get_signing_serializer(app)
        assert serializer.loads(john.get_cookie("session").value) == {
            "user_id": 1,
            "city": "London",
        }

    def test_another_server_with_the_key_knows_who_it_is(self, john, new_app):
        app = new_app()
        load_dataset(app)
        another_server = app.test_client()

        lend_cookie(john, another_server)

        assert who(another_server) == ["John Williams"]

    def test_a_changed_cookie_is_ignored(self, john, fordo):
        _, *signature = fordo.get_cookie("session").value.split(".")
        payload, *_ = john.get_cookie("session").value.split(".")

        fordo.set_cookie("session", ".".join([payload, *signature]))

        assert who(fordo) == []

    @pytest.mark.parametrize("value", ["", "nonsense", "e30.e30.e30", "\0", "."])
    def test_a_cookie_that_is_no_session_is_ignored(self, client, value):
        client.set_cookie("session", value)

        assert who(client) == []


class TestSecretKey:
    @pytest.fixture
    def app(self, new_app: Callable[..., Flask]) -> Flask:
        """An application without a secret key."""
        app = new_app()
        app.secret_key = None
        return app

    def test_without_a_key_the_session_says_that_one_is_needed(self, app, client):
        app.add_url_rule("/move", view_func=lambda: session.setdefault("city", "London"))

        with pytest.raises(RuntimeError, match="no secret key was set"):
            client.get("/move")

    def test_without_a_key_a_form_says_that_one_is_needed(self, client):
        with pytest.raises(RuntimeError, match="secret key is required"):
            client.get("/login")

    def test_a_page_without_a_session_needs_no_key(self, client):
        assert client.get("/").status_code == 200


@pytest.mark.usefixtures("dataset")
class TestLogin:
    def test_a_visitor_is_offered_the_form(self, client):
        names = [field.get("name") for field in page(client.get("/login")).cssselect("main input")]

        assert names == ["csrf_token", "username", "password"]

    def test_the_name_and_its_password_log_in(self, client):
        response = log_in_as(client, "John Williams")

        assert redirect_target(response) == "/"
        assert who(client) == ["John Williams"]

    def test_spaces_around_the_name_do_not_matter(self, client):
        log_in_as(client, "  John  Williams ")

        assert who(client) == ["John Williams"]

    @pytest.mark.parametrize(
        ("username", "password"),
        [
            pytest.param("John Williams", "wrong", id="a wrong password"),
            pytest.param("John Williams", PASSWORD.upper(), id="the password in another case"),
            pytest.param("John Williams", f" {PASSWORD} ", id="spaces around the password"),
            pytest.param("John Williams", "x" * 10_000, id="a very long password"),
            pytest.param("john williams", PASSWORD, id="the name in another case"),
            pytest.param("Bilbo Baggings", PASSWORD, id="an unknown name"),
            pytest.param("x" * 10_000, PASSWORD, id="a very long name"),
            pytest.param("' OR '1'='1", "' OR '1'='1", id="a piece of SQL"),
        ],
    )
    def test_each_bad_login_is_refused_with_the_same_words(self, client, username, password):
        response = log_in_as(client, username, password)

        assert response.status_code == 401
        assert texts(response, ".error") == ["This name and this password do not belong together."]
        assert who(client) == []

    def test_whoever_never_got_a_password_is_refused_with_the_same_words(self, app, client):
        with app.app_context():
            db.session.add(User(username="Bilbo Baggings"))
            db.session.commit()

        response = log_in_as(client, "Bilbo Baggings")

        assert response.status_code == 401
        assert texts(response, ".error") == ["This name and this password do not belong together."]

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
    def test_what_can_be_no_login_is_refused_beside_its_field(self, client, field, typed):
        good = {"username": "John Williams", "password": PASSWORD}

        response = submit(client, "/login", {**good, field: typed})

        assert response.status_code == 422
        assert len(texts(response, f"#{field}-about .error")) == len(texts(response, ".error")) == 1
        assert who(client) == []

    def test_a_refused_login_keeps_the_name_and_never_the_password(self, client):
        response = log_in_as(client, "John Williams", "a wrong one")

        assert page(response).cssselect("#username")[0].get("value") == "John Williams"
        assert "a wrong one" not in response.text

    def test_logging_in_replaces_all_that_the_session_held(self, client):
        client.get("/login")
        with client.session_transaction() as kept:
            before = kept["csrf_token"]
            kept["city"] = "London"

        log_in_as(client, "John Williams")

        client.get("/preferences")
        with client.session_transaction() as kept:
            assert kept["csrf_token"] != before
            assert "city" not in kept

    def test_logging_out_clears_all_that_the_session_held(self, john):
        with john.session_transaction() as kept:
            kept["city"] = "London"

        response = submit(john, "/", form="header form")

        assert redirect_target(response) == "/"
        assert who(john) == []
        with john.session_transaction() as kept:
            assert dict(kept) == {}

    def test_logging_out_leaves_the_other_clients_of_a_person_logged_in(self, john, log_in):
        on_the_phone = log_in("John Williams")

        submit(john, "/", form="header form")

        assert who(on_the_phone) == ["John Williams"]

    def test_a_link_cannot_log_out(self, john):
        response = john.get("/logout")

        assert response.status_code == 405
        assert response.allow.as_set() == {"options", "post"}
        assert who(john) == ["John Williams"]

    @pytest.mark.parametrize(
        "url", ["/posts/new", "/contact", "/posts/1/edit", "/posts/new?title=A+%26+B"]
    )
    def test_a_page_that_needs_a_login_leads_there_and_back_again(self, client, url):
        away = client.get(url)
        back = submit(
            client, redirect_target(away), {"username": "John Williams", "password": PASSWORD}
        )

        assert redirect_target(away).startswith("/login?next=")
        assert redirect_target(back) == url

    def test_where_the_blog_is_a_part_of_a_site_its_login_leads_back_into_it(self, client):
        away = client.get("/contact", environ_overrides={"SCRIPT_NAME": "/blog"})

        assert redirect_target(away) == "/blog/login?next=/blog/contact"

    def test_a_wrong_password_does_not_forget_where_the_person_was_going(self, client):
        refused = log_in_as(client, "John Williams", "wrong", then="/contact")
        [form] = page(refused).cssselect("main form")
        typed = {**dict(form.form_values()), "password": PASSWORD}

        response = client.post(form.get("action") or refused.request.full_path, data=typed)

        assert redirect_target(response) == "/contact"

    def test_what_was_posted_without_a_login_is_not_come_back_to(self, client):
        response = client.post("/posts/1/delete", headers=csrf_header(client))

        assert redirect_target(response) == "/login"

    def test_a_client_that_wants_json_is_told_and_not_led(self, client):
        response = client.get("/contact", headers={"Accept": "application/json"})

        assert response.status_code == 401
        assert response.json["message"] == "Log in first."

    @pytest.mark.parametrize(
        "target",
        [
            "/",
            "/posts/?before=3",
            "/posts/new?title=A+%26+B",
            "/es/Fordo%20Baggings",
            "/about#main",
        ],
    )
    def test_the_login_goes_on_to_a_page_of_this_site(self, client, target):
        assert redirect_target(log_in_as(client, "John Williams", then=target)) == target

    @pytest.mark.parametrize(
        "target",
        [
            "https://evil.example/",
            "https:evil.example",
            "https:/evil.example",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/posts/\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "\r\n//evil.example",
            " //evil.example",
            "/ /evil.example",
            "/\x00/evil.example",
            "/\x7f/evil.example",
            "/\u2028/evil.example",
            "javascript:alert(1)",
            "evil.example",
            "posts/",
            "?next=/",
            "",
        ],
    )
    def test_the_login_never_goes_on_to_another_site(self, client, target):
        response = log_in_as(client, "John Williams", then=target)

        assert redirect_target(response) == "/"

    def test_the_session_of_a_deleted_person_opens_nothing(self, john, log_in):
        on_the_phone = log_in("John Williams")

        assert john.delete("/users/1", headers=csrf_header(john)).status_code == 204

        assert who(john) == who(on_the_phone) == []
        assert redirect_target(on_the_phone.get("/contact")) == "/login?next=/contact"
        on_api = on_the_phone.put("/users/2", json={}, headers=csrf_header(on_the_phone))
        assert on_api.status_code == 401

    def test_the_session_of_a_deleted_person_is_not_that_of_who_comes_next(self, fordo, log_in):
        on_the_phone = log_in("Fordo Baggings")
        assert fordo.delete("/users/2", headers=csrf_header(fordo)).status_code == 204

        assert redirect_target(submit(fordo, "/signup", BILBO)) == "/"

        assert who(fordo) == ["Bilbo Baggings"]
        assert who(on_the_phone) == []

    def test_signing_up_makes_an_account_and_logs_in_with_it(self, client, app):
        response = submit(client, "/signup", BILBO)

        assert redirect_target(response) == "/"
        assert who(client) == ["Bilbo Baggings"]
        assert redirect_target(log_in_as(app.test_client(), **BILBO)) == "/"

    @pytest.mark.parametrize(("there", "here"), [("NFD", "NFC"), ("NFC", "NFD")])
    def test_a_password_is_the_same_however_its_accents_are_typed(self, client, app, there, here):
        typed = normalize(there, "café crème")
        submit(client, "/signup", {"username": "Sam", "password": typed})

        response = log_in_as(app.test_client(), "Sam", normalize(here, typed))

        assert redirect_target(response) == "/"

    def test_signing_up_welcomes_once(self, client):
        submit(client, "/signup", BILBO)

        assert texts(client.get("/"), ".notice") == ["Welcome."]
        assert texts(client.get("/"), ".notice") == []

    def test_signing_up_replaces_all_that_the_session_held(self, john):
        with john.session_transaction() as kept:
            kept["city"] = "London"

        submit(john, "/signup", BILBO)

        assert who(john) == ["Bilbo Baggings"]
        with john.session_transaction() as kept:
            assert "city" not in kept

    def test_the_password_is_stored_as_a_hash_alone(self, app, client):
        submit(client, "/signup", BILBO)

        assert BILBO["password"] not in str(stored_rows(app))

    @pytest.mark.parametrize("name", ["John Williams", "  John   Williams "])
    def test_a_name_that_is_taken_is_a_conflict(self, app, client, name):
        before = stored_rows(app)

        response = submit(client, "/signup", {**BILBO, "username": name})

        assert response.status_code == 409
        assert texts(response, ".error") == ["This name is taken; choose another one."]
        assert stored_rows(app) == before
        assert who(client) == []

    @pytest.mark.parametrize(
        ("field", "typed", "reason"),
        [
            ("username", "", "This field is required."),
            ("username", " \t ", "This field is required."),
            ("username", "x" * 81, "Field cannot be longer than 80 characters."),
            ("username", "Bilbo\0", "This has a character that cannot be stored or shown."),
            ("username", "Bilbo\x1b[2J", "This has a character that cannot be stored or shown."),
            ("username", "\u200b", "This has nothing in it that can be seen."),
            ("password", "", "This field is required."),
            ("password", "7 chars", "Field must be between 8 and 128 characters long."),
            ("password", "x" * 129, "Field must be between 8 and 128 characters long."),
            ("password", "12345678\0", "This has a character that cannot be stored or shown."),
        ],
    )
    def test_a_sign_up_that_cannot_be_is_refused_with_the_reason(
        self, app, client, field, typed, reason
    ):
        before = stored_rows(app)

        response = submit(client, "/signup", {**BILBO, field: typed})

        assert response.status_code == 422
        assert texts(response, ".error") == texts(response, f"#{field}-about .error") == [reason]
        assert stored_rows(app) == before
        assert who(client) == []

    @pytest.mark.parametrize(
        "typed",
        [{"username": "x" * 80}, {"password": "8 chars!"}, {"password": "x" * 128}],
        ids=["longest name", "shortest password", "longest password"],
    )
    def test_a_sign_up_may_go_to_the_limits(self, client, app, typed):
        account = {**BILBO, **typed}

        assert redirect_target(submit(client, "/signup", account)) == "/"

        assert redirect_target(log_in_as(app.test_client(), **account)) == "/"

    @pytest.mark.parametrize(
        "typed",
        [{"username": "John Williams"}, {"username": "x" * 81}, {"password": "7 chars"}],
        ids=["taken", "too long", "short password"],
    )
    def test_a_refused_sign_up_keeps_the_name_and_never_the_password(self, client, typed):
        account = {**BILBO, **typed}

        response = submit(client, "/signup", account)

        assert page(response).cssselect("#username")[0].get("value") == account["username"]
        assert account["password"] not in response.text

    @pytest.mark.parametrize("sent", [{}, {"X-CSRFToken": "wrong"}], ids=["missing", "wrong"])
    def test_nothing_is_changed_without_the_token_of_the_page(self, app, john, sent):
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
        assert who(john) == ["John Williams"]

    def test_the_token_of_another_session_is_not_taken(self, app, john, fordo):
        before = stored_rows(app)

        response = john.post("/posts/1/delete", headers=csrf_header(fordo))

        assert response.status_code == 400
        assert stored_rows(app) == before

    def test_a_token_from_before_the_login_is_not_taken(self, client):
        from_before = csrf_header(client)
        log_in_as(client, "John Williams")

        response = client.post("/posts/1/delete", headers=from_before)

        assert response.status_code == 400

    def test_a_missing_token_is_reported(self, client):
        response = client.post("/login", data={"username": "John Williams", "password": PASSWORD})

        assert response.status_code == 400
        [reason] = texts(response, "main p")
        assert reason.startswith("The CSRF token is missing. Has your login changed since")
