"""Flask's own testing tools: the test client and the CLI runner, which need no server."""

import socket

import pytest
from flask import request, session, url_for

from tests.support.html import csrf_header, logged_in_as, redirect_target, submit, texts


class TestClient:
    def test_client_gets_a_page(self, client):
        response = client.get("/")

        assert response.status_code == 200
        assert response.mimetype == "text/html"
        assert texts(response, "h1") == ["Hello World!!!"]

    def test_client_needs_no_socket(self, client, monkeypatch):
        monkeypatch.delattr(socket, "socket")

        assert client.get("/").status_code == 200

    def test_client_sends_a_query_string_and_headers(self, client):
        headers = {"Accept": "application/json"}

        response = client.get("/posts/", query_string={"before": 1}, headers=headers)

        assert (response.status_code, response.mimetype) == (404, "application/json")

    def test_client_sends_and_receives_json(self, client):
        sam = {"username": "Sam Gamgee", "password": "second breakfast"}

        response = client.post("/users/", json=sam, headers=csrf_header(client))

        assert response.status_code == 201
        assert response.json["username"] == "Sam Gamgee"

    def test_submitted_form_needs_the_csrf_token_of_its_page(self, client):
        without_token = client.post("/preferences", data={"theme": "dark"})
        with_token = submit(client, "/preferences", {"theme": "dark"})

        assert without_token.status_code == 400
        assert redirect_target(with_token) == "/preferences"

    def test_client_follows_a_redirect_if_asked(self, client):
        response = client.get("/contact", follow_redirects=True)

        assert response.request.path == "/login"
        assert [step.request.path for step in response.history] == ["/contact"]

    def test_cookies_belong_to_one_client(self, app):
        one, other = app.test_client(), app.test_client()

        submit(one, "/preferences", {"theme": "dark"})

        assert one.get_cookie("theme").value == "dark"
        assert other.get_cookie("theme") is None

    def test_session_can_be_changed_before_a_request(self, john):
        with john.session_transaction() as session:
            del session["user_id"]

        assert logged_in_as(john) == []

    def test_request_and_session_can_be_read_after_a_request(self, john):
        with john as client:
            client.get("/en/John")

            assert request.view_args == {"name": "John"}
            assert session["user_id"] == 1

    def test_url_can_be_built_in_a_test_request_context(self, app):
        with app.test_request_context():
            assert url_for("pages.user_api", user_id=1) == "/users/1"

    def test_exception_in_a_view_reaches_the_test(self, app, client, monkeypatch):
        monkeypatch.setitem(app.view_functions, "pages.about", lambda: 1 / 0)

        with pytest.raises(ZeroDivisionError):
            client.get("/about")

    def test_teardown_function_receives_the_exception_of_the_view(self, new_app):
        app, received = new_app(), []
        app.teardown_request(received.append)
        app.add_url_rule("/broken", view_func=lambda: 1 / 0)

        with pytest.raises(ZeroDivisionError) as raised:
            app.test_client().get("/broken")

        assert received == [raised.value]

    def test_runner_returns_the_exit_status_and_the_output(self, runner):
        result = runner.invoke(args=["mycommand", "John"])

        assert (result.exit_code, result.output) == (0, "John\n")

    def test_runner_and_client_share_one_database(self, runner, client):
        runner.invoke(args=["seed"])

        assert len(client.get("/users/").json["users"]) == 2
