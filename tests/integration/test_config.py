"""Settings from environment variables, and security headers."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.config import HEADERS
from app.database import db
from tests.support.blog import delete_account
from tests.support.config import CONFIG
from tests.support.html import csrf_header, page, redirect_target, submit
from tests.support.login import log_in


class TestEnvironment:
    @pytest.fixture
    def start(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable]:
        """A function that creates an application from environment variables, as `wsgi.py` does."""
        apps: list[Flask] = []
        for name in [name for name in os.environ if name.startswith(("FLASK_", "DATABASE_URL"))]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("FLASK_INSTANCE_PATH", str(tmp_path))

        def start(**environment: str) -> Flask:
            with monkeypatch.context() as patch:
                for name, value in environment.items():
                    patch.setenv(name, value)
                apps.append(create_app())
            return apps[-1]

        yield start
        for app in apps:
            with app.app_context():
                db.engine.dispose()

    def test_application_without_variables_serves_the_seeded_blog(self, start):
        app = start()

        seeded = app.test_cli_runner().invoke(args=["seed"])

        assert seeded.exit_code == 0, seeded.output
        assert len(app.test_client().get("/users/").json["users"]) == 2

    def test_instance_folder_holds_only_the_database_and_the_secret_key(self, start, tmp_path):
        app = start()

        app.test_cli_runner().invoke(args=["init-db"])

        kept = {path.name for path in tmp_path.iterdir()}
        assert {"blog.sqlite", "secret_key"} <= kept
        assert all(name.startswith(("blog.sqlite", "secret_key")) for name in kept)

    def test_data_and_sessions_survive_a_restart(self, start):
        before = start()
        before.test_cli_runner().invoke(args=["seed"])
        cookie = log_in(before, "John Williams").get_cookie("blog_session")

        again = start().test_client()
        again.set_cookie("blog_session", cookie.value)

        assert again.get("/users/1").json["username"] == "John Williams"
        with again.session_transaction() as session:
            assert session["user_id"] == 1

    def test_session_and_csrf_token_need_the_same_secret_key(self, start):
        one, other = start(FLASK_SECRET_KEY="one"), start(FLASK_SECRET_KEY="other")
        client, visitor = one.test_client(), other.test_client()
        headers = {**csrf_header(client), "Accept": "application/json"}
        visitor.set_cookie("blog_session", client.get_cookie("blog_session").value)

        response = visitor.post("/preferences", data={"theme": "dark"}, headers=headers)

        assert response.status_code == 400
        assert redirect_target(client.post("/preferences", data={"theme": "dark"}, headers=headers))

    def test_database_url_selects_the_database(self, start, tmp_path):
        app = start(DATABASE_URL=f"sqlite:///{tmp_path}/elsewhere.sqlite")

        app.test_cli_runner().invoke(args=["init-db"])

        assert (tmp_path / "elsewhere.sqlite").exists()
        assert not (tmp_path / "blog.sqlite").exists()

    def test_relative_instance_folder_is_rejected(self, start):
        with pytest.raises(ValueError, match="must be absolute"):
            start(FLASK_INSTANCE_PATH="instance")

    def test_empty_instance_path_means_the_default(self, monkeypatch):
        monkeypatch.setenv("FLASK_INSTANCE_PATH", "")

        assert create_app(CONFIG).instance_path == Flask("app").instance_path

    def test_settings_passed_in_write_nothing_to_the_instance_folder(self, monkeypatch, tmp_path):
        monkeypatch.setenv("FLASK_INSTANCE_PATH", str(tmp_path))

        create_app(CONFIG)

        assert list(tmp_path.iterdir()) == []


class TestHeaders:
    @pytest.fixture
    def client(self, john: FlaskClient) -> FlaskClient:
        """A logged-in client, which gets every kind of response."""
        return john

    @pytest.mark.parametrize(
        ("path", "status", "mimetype"),
        [
            ("/", 200, "text/html"),
            ("/users/1", 200, "application/json"),
            ("/static/style.css", 200, "text/css"),
            ("/users", 308, "text/html"),
            ("/login?next=/", 200, "text/html"),
        ],
    )
    def test_every_kind_of_response_has_the_security_headers(self, client, path, status, mimetype):
        response = client.get(path)
        response.close()

        assert (response.status_code, response.mimetype) == (status, mimetype)
        assert dict(response.headers).items() >= HEADERS.items()

    def test_redirect_after_a_form_has_the_security_headers(self, client):
        response = submit(client, "/preferences", {"theme": "dark"})

        assert redirect_target(response) == "/preferences"
        assert dict(response.headers).items() >= HEADERS.items()

    def test_response_without_a_body_has_the_security_headers(self, client):
        response = delete_account(client)

        assert response.status_code == 204
        assert dict(response.headers).items() >= HEADERS.items()

    def test_no_page_contains_what_the_security_policy_forbids(self, app, client):
        rules = [rule for rule in app.url_map.iter_rules() if "GET" in rule.methods]
        paths = [rule.rule for rule in rules if not rule.arguments]

        for path in [*paths, "/posts/1", "/posts/1/edit", "/posts/by/1", "/en/John", "/nowhere"]:
            response = client.get(path)
            if response.mimetype != "text/html":
                continue

            found = page(response)
            assert found.cssselect("script:not([src]), style, [style], base") == [], path
            assert found.cssselect("object, embed, iframe") == [], path
            assert found.xpath("//@*[starts-with(name(), 'on')]") == [], path
            loaded = found.xpath("//script/@src | //link/@href | //img/@src")
            assert [address for address in loaded if not address.startswith("/static/")] == [], path
            links = {urlsplit(link).scheme for link in found.xpath("//@href")}
            assert "javascript" not in links, path
            targets = {urlsplit(url)[:2] for url in found.xpath("//@action|//@formaction")}
            assert targets <= {("", "")}, path  # of this scheme and this host
