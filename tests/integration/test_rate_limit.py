"""Rate limiting: guessing passwords and creating accounts becomes slow after a few attempts."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.blog import PASSWORD, delete_account, load_dataset
from tests.support.html import csrf_header, logged_in_as, redirect_target, submit, texts


@pytest.fixture
def app(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application with the course's data; it allows two attempts for each username."""
    monkeypatch.setitem(app.config, "ATTEMPTS_PER_USERNAME", "2 per minute")
    # All tests of a process share the counters: an earlier test may have reached the limit.
    app.extensions["attempts"]().storage.reset()
    load_dataset(app)
    return app


def guess(client: FlaskClient, password: str = "wrong") -> TestResponse:
    """Submit the login form as John Williams."""
    return submit(client, "/login", {"username": "John Williams", "password": password})


class TestRateLimit:
    def test_login_over_the_limit_is_rejected_with_the_time_to_wait(self, client):
        responses = [guess(client) for _ in range(3)]

        assert [response.status_code for response in responses] == [401, 401, 429]
        assert responses[-1].headers["Retry-After"] == "60"
        assert texts(responses[-1], "h1") == ["Too Many Requests"]
        assert len(texts(responses[-1], "main p")) == 1

    def test_right_password_over_the_limit_does_not_log_in(self, client):
        guess(client)
        guess(client)

        response = guess(client, PASSWORD)

        assert response.status_code == 429
        assert logged_in_as(client) == []

    def test_login_over_the_limit_is_rejected_as_json(self, client):
        guess(client)
        guess(client)
        sent = {"username": "John Williams", "password": "wrong"}

        response = client.post("/login", json=sent, headers=csrf_header(client))

        assert response.status_code == 429
        assert response.headers["Retry-After"] == "60"
        assert response.json["name"] == "Too Many Requests"

    def test_opening_the_login_page_is_no_attempt(self, client):
        for _ in range(5):
            client.get("/login")

        guess(client, PASSWORD)

        assert logged_in_as(client) == ["John Williams"]

    def test_sign_ups_from_one_address_are_limited(self, app, client, monkeypatch):
        monkeypatch.setitem(app.config, "ATTEMPTS_PER_ADDRESS", "2 per hour")
        accounts = [{"username": f"Bilbo {n}", "password": "an unexpected party"} for n in range(3)]

        submit(client, "/signup", accounts[0])
        client.post("/users/", json=accounts[1], headers=csrf_header(client))
        responses = [
            submit(client, "/signup", accounts[2]),
            client.post("/users/", json=accounts[2], headers=csrf_header(client)),
        ]

        assert [response.status_code for response in responses] == [429, 429]
        assert {response.headers["Retry-After"] for response in responses} == {"3600"}

    def test_guessing_the_password_with_a_stolen_session_is_limited(self, john):
        wrong = {"current_password": "wrong", "password": "second breakfast"}
        submit(john, "/password", wrong)
        delete_account(john, password="wrong")

        responses = [submit(john, "/password", wrong), delete_account(john)]

        assert [response.status_code for response in responses] == [429, 429]
        assert logged_in_as(john) == ["John Williams"]

    def test_guessing_the_new_password_with_an_ended_session_is_limited(self, john, log_in):
        john_again = log_in("John Williams")
        headers = csrf_header(john_again)
        submit(john, "/password", {"current_password": PASSWORD, "password": "second breakfast"})
        guess = {"current_password": PASSWORD, "password": "elevenses at nine"}

        first, second = (
            john_again.post("/password", data=guess, headers=headers) for _ in range(2)
        )

        assert redirect_target(first).startswith("/login")
        assert second.status_code == 429

    def test_login_is_unavailable_without_the_rate_limit_storage(self, new_app, tmp_path):
        storage = f"redis+unix://{tmp_path}/no.sock"
        app = new_app(ATTEMPTS_STORAGE=storage, WTF_CSRF_ENABLED=False)
        sent = {"username": "John Williams", "password": "wrong"}

        response = app.test_client().post("/login", json=sent)

        assert response.status_code == 503
        assert response.headers["Retry-After"]
