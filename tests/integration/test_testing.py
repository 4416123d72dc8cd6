"""Flask's own means of testing: its client and its command line runner, without a server."""

import socket

import pytest
from flask import Flask, request, session, url_for
from flask.testing import FlaskClient

from tests.support.html import csrf_header, redirect_target, submit, texts


class TestClient:
    def test_the_client_gets_a_page(self, client: FlaskClient):
        response = client.get("/")

        assert response.status_code == 200
        assert response.mimetype == "text/html"
        assert texts(response, "h1") == ["Hello World!!!"]

    def test_no_server_and_no_socket_is_needed(self, client, monkeypatch):
        monkeypatch.delattr(socket, "socket")

        assert client.get("/").status_code == 200

    def test_the_client_sends_a_query_and_headers(self, client):
        headers = {"Accept": "application/json"}

        response = client.get("/posts/", query_string={"before": 1}, headers=headers)

        assert (response.status_code, response.mimetype) == (404, "application/json")

    def test_the_client_sends_json_and_reads_it(self, client):
        sent = {"username": "Sam Gamgee", "password": "second breakfast"}

        response = client.post("/users/", json=sent, headers=csrf_header(client))

        assert response.status_code == 201
        assert response.json["username"] == "Sam Gamgee"

    def test_a_form_is_sent_with_the_token_that_its_page_holds(self, client):
        assert client.post("/preferences", data={"theme": "dark"}).status_code == 400

        assert redirect_target(submit(client, "/preferences", {"theme": "dark"})) == "/preferences"

    def test_a_redirect_is_followed_only_when_told(self, client):
        assert redirect_target(client.get("/contact")) == "/login?next=/contact"

        followed = client.get("/contact", follow_redirects=True)

        assert followed.request.path == "/login"
        assert [response.request.path for response in followed.history] == ["/contact"]

    def test_the_client_keeps_its_cookies_and_shares_them_with_no_other(self, app: Flask):
        one, other = app.test_client(), app.test_client()
        submit(one, "/preferences", {"theme": "dark"})

        assert one.get_cookie("theme").value == "dark"
        assert other.get_cookie("theme") is None

    def test_the_session_can_be_written_before_a_request(self, client, dataset):
        with client.session_transaction() as session:
            session["user_id"] = 2

        assert texts(client.get("/"), "#me") == ["Fordo Baggings"]

    def test_the_request_and_its_session_can_be_read_within_a_block(self, john):
        with john as client:
            client.get("/en/John")

            assert request.view_args == {"name": "John"}
            assert session["user_id"] == 1

    def test_a_url_can_be_built_without_a_request(self, app):
        with app.test_request_context():
            assert url_for("pages.user_api", user_id=1) == "/users/1"

    def test_an_exception_of_a_view_reaches_the_test(self, new_app):
        app = new_app()
        app.add_url_rule("/broken", view_func=lambda: 1 / 0)

        with pytest.raises(ZeroDivisionError):
            app.test_client().get("/broken")

    def test_the_runner_gives_the_exit_status_and_the_output(self, runner):
        result = runner.invoke(args=["mycommand", "John"])

        assert (result.exit_code, result.output) == (0, "John\n")

    def test_a_command_and_a_request_see_one_database(self, runner, client):
        runner.invoke(args=["seed"])

        assert len(client.get("/users/").json["users"]) == 2
