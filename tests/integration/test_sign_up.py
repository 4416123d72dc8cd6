"""The sign-up page: a new account, and the usernames and passwords that it rejects."""

import pytest

from tests.support.html import logged_in_as, page, redirect_target, submit, texts
from tests.support.stored import stored_rows

# A valid sign-up form.
BILBO = {"username": "Bilbo Baggings", "password": "an unexpected party"}

HIDDEN = "Remove the characters that are invisible or change the direction."
EASY = "Choose another password: this one is common, or your username."


class TestSignUp:
    def test_sign_up_creates_an_account_and_logs_in(self, client, app):
        response = submit(client, "/signup", BILBO)

        assert redirect_target(response) == "/"
        assert logged_in_as(client) == ["Bilbo Baggings"]
        assert redirect_target(submit(app.test_client(), "/login", BILBO)) == "/"

    def test_welcome_message_is_flashed_once(self, client):
        submit(client, "/signup", BILBO)

        assert len(texts(client.get("/about"), ".notice")) == 1
        assert texts(client.get("/about"), ".notice") == []

    def test_taken_username_is_a_conflict(self, app, client, dataset):
        before = stored_rows(app)

        response = submit(client, "/signup", {**BILBO, "username": "John Williams"})

        assert response.status_code == 409
        assert texts(response, ".error") == ["This username is taken. Choose another one."]
        assert stored_rows(app) == before
        assert logged_in_as(client) == []

    @pytest.mark.parametrize(
        ("field", "typed", "reason"),
        [
            ("username", "Bilbo\0", "Remove the characters that cannot be displayed."),
            ("username", "Bil\u200bbo", HIDDEN),
            ("password", "7 chars", "Use at least 8 characters."),
            ("password", "password", EASY),
            ("password", "bilbo baggings", EASY),
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
        [{"username": "John Williams"}, {"password": "7 chars"}],
        ids=["taken username", "short password"],
    )
    def test_rejected_sign_up_form_keeps_the_username_and_not_the_password(
        self, client, dataset, typed
    ):
        account = {**BILBO, **typed}

        response = submit(client, "/signup", account)

        assert page(response).cssselect("#username")[0].get("value") == account["username"]
        assert account["password"] not in response.text
