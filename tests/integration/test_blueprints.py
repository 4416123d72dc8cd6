"""Blueprints: what an application is put together from, and a greeting that is mounted twice."""

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import Client

from app.database import db
from app.models import User
from app.sample_blueprint import sample_blueprint
from tests.support.html import page, texts


class TestOrganise:
    def test_the_application_is_put_together_from_its_blueprints(self, app):
        assert set(app.blueprints) == {"cookies", "en", "es", "pages", "posts", "sessions"}

    @pytest.mark.parametrize("path", ["/preferences", "/en/", "/about", "/posts/", "/login"])
    def test_a_page_of_each_blueprint_is_served(self, client, path):
        assert client.get(path).status_code == 200

    def test_a_blueprint_alone_is_no_application(self):
        with pytest.raises(TypeError, match="'Blueprint' object is not callable"):
            Client(sample_blueprint).get("/")


class TestPrefix:
    def test_the_greeting_is_served_under_its_prefix(self, client):
        assert texts(client.get("/en/"), "h1") == ["Hello, World!"]

    def test_the_root_is_another_page(self, client):
        assert texts(client.get("/"), "h1") == ["Hello World!!!"]

    def test_the_menu_leads_to_the_greeting_in_english(self, client):
        links = page(client.get("/")).cssselect("nav a")

        assert [a.get("href") for a in links if a.text.strip() == "Greeting"] == ["/en/"]

    @pytest.mark.parametrize("path", ["/John", "/John/farewell", "/sample_blueprint/John"])
    def test_no_page_of_it_is_served_elsewhere(self, client, path):
        assert client.get(path).status_code == 404


class TestRepeat:
    @pytest.mark.parametrize(
        ("path", "heading"),
        [
            ("/en/John", "Hello, John!"),
            ("/es/John", "Hola, John!"),
            ("/en/John/farewell", "Goodbye, John!"),
            ("/es/John/farewell", "Adiós, John!"),
        ],
    )
    def test_each_mount_greets_in_its_own_language(self, client, path, heading):
        response = client.get(path)

        assert texts(response, "h1") == [heading]
        assert page(response).cssselect("h1")[0].getparent().get("lang") == path[1:3]

    @pytest.mark.parametrize(
        ("path", "link"),
        [
            ("/en/John", "/en/John/farewell"),
            ("/es/John", "/es/John/farewell"),
            ("/es/John/farewell", "/es/John"),
        ],
    )
    def test_a_relative_link_stays_in_the_mount_of_the_page(self, client, path, link):
        [found] = page(client.get(path)).cssselect("main div a")

        assert found.get("href") == link

    def test_each_page_leads_to_the_other_language(self, client):
        links = page(client.get("/en/John/farewell")).cssselect("main a[hreflang]")

        assert [(link.get("hreflang"), link.get("href")) for link in links] == [
            ("en", "/en/John"),
            ("es", "/es/John"),
        ]


class TestFactory:
    @pytest.fixture
    def other(self, new_app: Callable[..., Flask]) -> Flask:
        """A second application in this process, with a database and a secret key of its own."""
        return new_app(SECRET_KEY="other")

    def test_two_applications_share_no_routes_and_no_filters(self, app, other):
        other.add_url_rule("/only-here", view_func=lambda: "here")
        other.jinja_env.filters["only_here"] = str

        assert app.test_client().get("/only-here").status_code == 404
        assert "only_here" not in app.jinja_env.filters

    def test_two_applications_share_no_data(self, app, other):
        with other.app_context():
            db.session.add(User(username="John Williams"))
            db.session.commit()

        assert len(other.test_client().get("/users/").json["users"]) == 1
        assert app.test_client().get("/users/").json["users"] == []

    def test_the_session_of_one_application_is_none_for_the_other(self, app, other):
        for application in (app, other):
            with application.app_context():
                db.session.add(User(username="John Williams"))
                db.session.commit()
        client = app.test_client()
        with client.session_transaction() as session:
            session["user_id"] = 1
        visitor = other.test_client()
        visitor.set_cookie("session", client.get_cookie("session").value)

        pages = [client.get("/"), visitor.get("/")]

        assert [texts(page, "#me") for page in pages] == [["John Williams"], []]
