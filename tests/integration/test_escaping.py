"""Cross-site scripting (XSS): what users type is shown as text and never run as markup."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.database import db
from app.models import Blogpost, Contact, Tag, User
from tests.support.html import BROWSER, page, submit, texts
from tests.support.login import log_in

# Unescaped, this text closes an attribute or a title, and starts a script. The braces would show 49
# if the text was rendered as a template.
MARKUP = '"></title><script>{{ 7 * 7 }}'
# A slash would lead to another URL than that of the greeting.
NAME = MARKUP.replace("/", "")


class TestEscaping:
    @pytest.fixture
    def client(self, app: Flask) -> FlaskClient:
        """A logged-in client whose user has markup in every stored text."""
        with app.app_context():
            user = User(username=MARKUP)
            user.contact = Contact(city=MARKUP, email=MARKUP, phonenum=MARKUP)
            post = Blogpost(
                title=MARKUP, text=f"</textarea>{MARKUP}", user=user, tags=[Tag(tagname=MARKUP)]
            )
            db.session.add(post)
            db.session.commit()
        return log_in(app, MARKUP)

    @pytest.mark.parametrize(
        ("path", "selector"),
        [
            ("/", "#me"),
            ("/people/", ".rows a"),
            ("/posts/", "article h2 a"),
            ("/posts/", "a[rel=author]"),
            ("/posts/", "a[rel=tag]"),
            ("/posts/1", "title"),
            ("/posts/1", "article h1"),
            ("/posts/1", "a[rel=author]"),
            ("/posts/1", "a[rel=tag]"),
            ("/posts/1", ".text"),
            ("/posts/by/1", "title"),
            ("/posts/by/1", "h1"),
            ("/posts/tagged/1", "title"),
            ("/posts/tagged/1", "h1"),
            ("/posts/1/edit", "textarea"),
        ],
    )
    def test_stored_markup_is_shown_as_text(self, client, path, selector):
        response = client.get(path)

        [shown] = texts(response, selector)
        assert MARKUP in shown
        assert page(response).cssselect("script:not([src])") == []

    @pytest.mark.parametrize("path", [f"/en/{NAME}", f"/es/{NAME}/farewell"])
    def test_markup_in_the_url_is_shown_as_text(self, client, path):
        response = client.get(path)

        assert NAME in texts(response, "h1")[0]
        assert page(response).cssselect("script:not([src])") == []

    @pytest.mark.parametrize(
        ("path", "selector"),
        [
            ("/people/", "#username"),
            ("/contact", "#city"),
            ("/contact", "#email"),
            ("/contact", "#phonenum"),
            ("/posts/1/edit", "#title"),
            ("/posts/1/edit", "#tags"),
        ],
    )
    def test_stored_markup_stays_inside_its_form_field(self, client, path, selector):
        response = client.get(path)

        [field] = page(response).cssselect(selector)
        assert field.get("value") == MARKUP
        assert page(response).cssselect("script:not([src])") == []

    @pytest.mark.parametrize(
        ("path", "field"),
        [("/login", "username"), ("/signup", "username"), ("/posts/new", "title")],
    )
    def test_rejected_markup_stays_inside_its_form_field(self, client, path, field):
        response = submit(client, path, {field: MARKUP})

        assert response.status_code == 422
        assert page(response).cssselect(f"#{field}")[0].get("value") == MARKUP
        assert page(response).cssselect("script:not([src])") == []

    def test_markup_in_json_is_not_sent_as_html(self, client):
        response = client.get("/users/1", headers={"Accept": BROWSER})

        assert response.mimetype == "application/json"
        assert response.json["username"] == MARKUP
