"""A preference that the client keeps: what is sent, what comes back, and for how long."""

import time
from datetime import timedelta
from email.message import Message
from http import cookiejar
from types import SimpleNamespace
from typing import Any
from urllib.request import Request

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from tests.support.config import CONFIG
from tests.support.html import csrf_header, page, redirect_target, submit, texts


def theme(response: TestResponse) -> str | None:
    """Give what the style sheet goes by."""
    return page(response).get("data-theme")


class TestRead:
    def test_a_client_that_sends_no_cookie_gets_light_pages(self, client):
        assert theme(client.get("/")) == "light"

    @pytest.mark.parametrize("url", ["/", "/preferences", "/en/", "/nowhere"])
    def test_every_page_looks_as_the_cookie_says(self, client, url):
        client.set_cookie("theme", "dark")

        assert theme(client.get(url)) == "dark"

    @pytest.mark.parametrize("value", ["", "plaid", "DARK", "dark ", '"><script>', "d\0ark"])
    def test_a_value_that_nobody_offers_is_ignored(self, client, value):
        client.set_cookie("theme", value)

        assert theme(client.get("/")) == "light"

    def test_the_form_shows_the_present_choice(self, client):
        client.set_cookie("theme", "dark")

        [chosen] = page(client.get("/preferences")).cssselect("input[checked]")

        assert chosen.get("value") == "dark"


class TestSet:
    def test_the_next_request_brings_the_choice_back(self, client):
        response = submit(client, "/preferences", {"theme": "dark"})

        assert redirect_target(response) == "/preferences"
        assert theme(client.get("/about")) == "dark"

    def test_a_later_choice_takes_the_place_of_the_first(self, client):
        submit(client, "/preferences", {"theme": "dark"})
        submit(client, "/preferences", {"theme": "light"})

        assert client.get_cookie("theme").value == "light"

    def test_the_choice_is_confirmed_once(self, client):
        submit(client, "/preferences", {"theme": "dark"})

        assert texts(client.get("/"), ".notice") == ["Your preference is kept."]
        assert texts(client.get("/"), ".notice") == []

    def test_another_client_sees_nothing_of_it(self, app):
        submit(app.test_client(), "/preferences", {"theme": "dark"})

        assert theme(app.test_client().get("/")) == "light"

    @pytest.mark.parametrize("value", ["", "plaid", "DARK", "dark\0"])
    def test_a_value_that_nobody_offers_is_refused_and_not_kept(self, client, value):
        response = submit(client, "/preferences", {"theme": value})

        assert response.status_code == 422
        assert texts(response, ".error") == ["Not a valid choice."]
        assert client.get_cookie("theme") is None


class Browser(FlaskClient):
    """Keeps cookies in the standard library's jar: it drops the expired, Werkzeug's does not."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "use_cookies": False})
        self.jar = cookiejar.CookieJar()

    def open(self, url: str, **options: Any) -> TestResponse:  # type: ignore[override]
        request = Request(f"http://localhost{url}")
        self.jar.add_cookie_header(request)
        response = super().open(url, headers=request.unredirected_hdrs, **options)
        headers = Message()
        for cookie in response.headers.getlist("Set-Cookie"):
            headers["Set-Cookie"] = cookie
        self.jar.extract_cookies(SimpleNamespace(info=lambda: headers), request)  # type: ignore[arg-type]
        return response


class Clock:
    """What the jar takes for the time."""

    def __init__(self) -> None:
        self.time = time.time

    def move(self, **by: float) -> None:
        now = self.time() + timedelta(**by).total_seconds()
        self.time = lambda: now


class TestExpire:
    @pytest.fixture
    def browser(self, app: Flask) -> FlaskClient:
        return Browser(app)

    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> Clock:
        clock = Clock()
        monkeypatch.setattr(cookiejar, "time", clock)
        return clock

    def test_the_preference_is_there_until_a_year_has_passed(self, browser, clock):
        submit(browser, "/preferences", {"theme": "dark"})

        clock.move(days=364, hours=23)

        assert theme(browser.get("/")) == "dark"

    def test_the_preference_is_gone_after_a_year(self, browser, clock):
        submit(browser, "/preferences", {"theme": "dark"})

        clock.move(days=365)

        assert theme(browser.get("/")) == "light"

    def test_choosing_again_begins_another_year(self, browser, clock):
        submit(browser, "/preferences", {"theme": "dark"})
        clock.move(days=364)
        submit(browser, "/preferences", {"theme": "dark"})

        clock.move(days=364)

        assert theme(browser.get("/")) == "dark"

    def test_the_lifetime_is_a_setting(self, app, browser, clock, monkeypatch):
        monkeypatch.setitem(app.config, "PREFERENCE_LIFETIME", timedelta(minutes=1))
        submit(browser, "/preferences", {"theme": "dark"})

        clock.move(minutes=1)

        assert theme(browser.get("/")) == "light"

    def test_a_preference_that_is_forgotten_is_gone_at_once(self, browser):
        submit(browser, "/preferences", {"theme": "dark"})

        response = submit(browser, "/preferences", form="form[action$=forget]")

        assert redirect_target(response) == "/preferences"
        assert "theme" not in [cookie.name for cookie in browser.jar]
        assert theme(browser.get("/")) == "light"

    def test_forgetting_what_was_never_set_does_no_harm(self, browser):
        submit(browser, "/preferences", form="form[action$=forget]")

        assert texts(browser.get("/"), ".notice") == ["Your preference is forgotten."]

    def test_a_link_cannot_forget_it(self, client):
        response = client.get("/preferences/forget")

        assert response.status_code == 405
        assert response.allow.as_set() == {"options", "post"}


class TestFlags:
    @pytest.fixture
    def https(self, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
        """Someone who comes over https, and says from which page, as Flask-WTF wants it there."""
        monkeypatch.setitem(client.application.config, "PREFERRED_URL_SCHEME", "https")
        client.environ_base["HTTP_REFERER"] = "https://localhost/preferences"
        return client

    def behind_a_proxy(self, **settings: int) -> FlaskClient:
        """Give someone who comes over https to a proxy, which hands it on over http."""
        client = create_app({**CONFIG, **settings}).test_client()
        client.environ_base["HTTP_X_FORWARDED_PROTO"] = "https"
        client.environ_base["HTTP_REFERER"] = "https://localhost/preferences"
        return client

    def test_no_script_can_read_the_cookie(self, client):
        submit(client, "/preferences", {"theme": "dark"})

        assert client.get_cookie("theme").http_only

    def test_no_other_site_can_post_with_the_cookie(self, client):
        submit(client, "/preferences", {"theme": "dark"})

        assert client.get_cookie("theme").same_site == "Lax"

    def test_every_page_gets_the_cookie(self, client):
        submit(client, "/preferences", {"theme": "dark"})

        assert client.get_cookie("theme").path == "/"

    def test_over_https_the_cookie_never_goes_back_over_http(self, https):
        submit(https, "/preferences", {"theme": "dark"})

        assert https.get_cookie("theme").secure

    def test_flasks_own_setting_keeps_the_cookie_to_https(self, app, client, monkeypatch):
        headers = csrf_header(client)
        monkeypatch.setitem(app.config, "SESSION_COOKIE_SECURE", True)

        client.post("/preferences", data={"theme": "dark"}, headers=headers)

        assert client.get_cookie("theme").secure

    def test_over_http_the_cookie_goes_back_over_http(self, client):
        submit(client, "/preferences", {"theme": "dark"})

        assert not client.get_cookie("theme").secure

    def test_a_proxy_that_is_configured_is_believed_about_https(self):
        client = self.behind_a_proxy(PROXY_HOPS=1)

        submit(client, "/preferences", {"theme": "dark"})

        assert client.get_cookie("theme").secure

    def test_a_proxy_that_nobody_configured_is_not_believed(self):
        client = self.behind_a_proxy()

        submit(client, "/preferences", {"theme": "dark"})

        assert not client.get_cookie("theme").secure
