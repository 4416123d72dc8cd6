"""Blueprints: the parts of the application, and a greeting that is registered twice."""

import pytest

from app.database import db
from app.models import User
from tests.support.html import page, texts


class TestOrganise:
    @pytest.mark.parametrize("path", ["/preferences", "/en/", "/about", "/posts/", "/login"])
    def test_page_of_each_blueprint_is_served(self, client, path):
        assert client.get(path).status_code == 200


class TestPrefix:
    def test_greeting_is_served_under_its_prefix(self, client):
        assert texts(client.get("/en/"), "h1") == ["Hello, World!"]

    def test_front_page_links_to_the_english_greeting(self, client):
        links = page(client.get("/")).cssselect("td a")

        assert [a.get("href") for a in links if a.text == "Greeting"] == ["/en/"]


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
    def test_greeting_is_marked_with_the_language_of_its_registration(self, client, path, heading):
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
    def test_link_stays_in_the_registration_of_its_page(self, client, path, link):
        [found] = page(client.get(path)).cssselect("main div a")

        assert found.get("href") == link

    def test_greeting_links_to_both_languages(self, client):
        links = page(client.get("/en/John/farewell")).cssselect("main a[hreflang]")

        assert [(link.get("hreflang"), link.get("href")) for link in links] == [
            ("en", "/en/John"),
            ("es", "/es/John"),
        ]


class TestFactory:
    def test_two_applications_share_no_data(self, app, new_app):
        other_app = new_app()
        with other_app.app_context():
            db.session.add(User(username="John Williams"))
            db.session.commit()

        assert len(other_app.test_client().get("/users/").json["users"]) == 1
        assert app.test_client().get("/users/").json["users"] == []
