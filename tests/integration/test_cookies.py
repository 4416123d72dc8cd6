"""The theme preference, stored in a cookie: reading, setting, expiry and security flags."""

from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from tests.support.html import flashes, page, redirect_target, submit, texts


def theme(response: TestResponse) -> str | None:
    """Return the theme of the page: an attribute that the style sheet reads."""
    return page(response).get("data-theme")


class TestRead:
    def test_theme_follows_the_system_without_a_cookie(self, client):
        response = client.get("/")

        assert theme(response) == "system"

    @pytest.mark.parametrize("url", ["/", "/preferences", "/en/", "/no-such-page"])
    def test_every_page_uses_the_theme_in_the_cookie(self, client, url):
        client.set_cookie("theme", "dark")

        response = client.get(url)

        assert theme(response) == "dark"

    def test_preferences_form_shows_the_current_choice(self, client):
        client.set_cookie("theme", "dark")

        response = client.get("/preferences")

        [checked] = page(response).cssselect("input[checked]")
        assert checked.get("value") == "dark"


class TestSet:
    def test_choosing_a_theme_sets_the_cookie_and_redirects_back(self, client):
        response = submit(client, "/preferences", {"theme": "dark"})

        assert redirect_target(response) == "/preferences"
        assert client.get_cookie("theme").value == "dark"

    def test_next_page_uses_the_chosen_theme(self, client):
        submit(client, "/preferences", {"theme": "dark"})

        assert theme(client.get("/about")) == "dark"

    def test_confirmation_is_flashed_once(self, client):
        submit(client, "/preferences", {"theme": "dark"})

        assert len(flashes(client.get("/about"))) == 1
        assert flashes(client.get("/about")) == []

    def test_unknown_theme_is_rejected_and_sets_no_cookie(self, client):
        response = submit(client, "/preferences", {"theme": "plaid"})

        assert response.status_code == 422
        assert texts(response, ".error") == ["Not a valid choice."]
        assert client.get_cookie("theme") is None


class TestExpire:
    def test_cookie_expires_after_one_year(self, client):
        submit(client, "/preferences", {"theme": "dark"})

        assert client.get_cookie("theme").max_age == timedelta(days=365).total_seconds()

    def test_reset_deletes_the_cookie(self, client):
        submit(client, "/preferences", {"theme": "dark"})

        response = submit(client, "/preferences", form="form[action$=reset]")

        assert redirect_target(response) == "/preferences"
        assert client.get_cookie("theme") is None

    def test_reset_is_confirmed_even_without_a_cookie(self, client):
        submit(client, "/preferences", form="form[action$=reset]")

        assert len(flashes(client.get("/about"))) == 1

    def test_reset_requires_post(self, client):
        # A GET request must not change anything: a link on another site could send it.
        response = client.get("/preferences/reset")

        assert response.status_code == 405
        assert response.allow.as_set() == {"options", "post"}


class TestFlags:
    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_cookie_is_secure_if_the_proxy_received_https(self, new_app, scheme):
        client = new_app(PROXY_HOPS=1, WTF_CSRF_ENABLED=False).test_client()

        client.post("/preferences", data={"theme": "dark"}, headers={"X-Forwarded-Proto": scheme})

        assert client.get_cookie("theme").secure is (scheme == "https")

    def test_session_cookie_secure_also_makes_the_preference_cookie_secure(
        self, app, client, monkeypatch
    ):
        # Without CSRF protection: its token is in the session cookie, which is Secure now, too, and
        # which the client would not send back over HTTP.
        monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
        monkeypatch.setitem(app.config, "SESSION_COOKIE_SECURE", True)

        client.post("/preferences", data={"theme": "dark"})

        assert client.get_cookie("theme").secure
