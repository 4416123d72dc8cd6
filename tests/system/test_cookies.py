"""A preference that the browser keeps for its reader."""

from datetime import timedelta

from werkzeug.middleware.proxy_fix import ProxyFix

from tests.system.blog import BlogTestCase
from tests.system.pages import Page, PreferencesPage, wait


class TestRead(BlogTestCase):
    def test_whoever_comes_for_the_first_time_sees_the_light_theme(self) -> None:
        page = self.visit(PreferencesPage)

        assert (page.is_dark, page.chosen) == (False, "Light")

    def test_a_theme_that_nobody_offers_is_no_theme(self) -> None:
        page = self.visit(PreferencesPage)
        self.browser.add_cookie({"name": "theme", "value": "purple"})

        page.open()

        assert (page.is_dark, page.chosen) == (False, "Light")


class TestSet(BlogTestCase):
    def test_whoever_chooses_the_dark_theme_sees_every_page_dark(self) -> None:
        page = self.visit(PreferencesPage)

        page.choose("Dark")

        assert page.notice == "Your preference is kept."
        assert (page.is_dark, page.chosen) == (True, "Dark")
        assert self.visit(Page, "/posts/").is_dark

    def test_the_preference_is_there_when_the_browser_is_started_again(self) -> None:
        with self.another_browser(self.folder) as browser:
            self.visit(PreferencesPage, browser=browser).choose("Dark")

        with self.another_browser(self.folder) as browser:
            assert self.visit(Page, browser=browser).is_dark


class TestExpire(BlogTestCase):
    def test_the_preference_is_gone_after_its_time(self) -> None:
        page = self.visit(PreferencesPage)
        page.choose("Dark")
        assert page.is_dark

        # A browser's clock cannot be moved: the shortest lifetime that a cookie can have.
        self.app.config["PREFERENCE_LIFETIME"] = timedelta(seconds=1)
        page.choose("Dark")
        wait(self.browser, lambda browser: browser.get_cookie("theme") is None)

        assert not page.open().is_dark

    def test_the_preference_is_gone_at_once_when_it_is_forgotten(self) -> None:
        page = self.visit(PreferencesPage)
        page.choose("Dark")

        page.forget()

        assert page.notice == "Your preference is forgotten."
        assert not page.is_dark
        assert self.browser.get_cookie("theme") is None


class TestFlags(BlogTestCase):
    def test_no_script_of_the_page_can_read_the_cookies(self) -> None:
        self.log_in("John Williams")
        self.visit(PreferencesPage).choose("Dark")

        assert {cookie["name"] for cookie in self.browser.get_cookies()} == {"session", "theme"}
        assert self.browser.execute_script("return document.cookie") == ""

    def test_what_is_set_over_https_is_for_https_alone(self) -> None:
        # As from a proxy that speaks https with the browser, which itself knows nothing of it.
        self.app.wsgi_app = ProxyFix(self.app.wsgi_app)
        self.app.config["WTF_CSRF_SSL_STRICT"] = False
        self.browser.cdp("Network.enable")
        self.browser.cdp("Network.setExtraHTTPHeaders", headers={"X-Forwarded-Proto": "https"})
        self.addCleanup(self.browser.cdp, "Network.disable")

        self.visit(PreferencesPage).choose("Dark")

        kept = {cookie["name"]: cookie["secure"] for cookie in self.browser.get_cookies()}
        assert kept == {"session": True, "theme": True}

    def test_what_another_site_posts_comes_without_the_cookies(self) -> None:
        self.expects = [400]
        self.log_in("John Williams")
        self.visit(PreferencesPage).choose("Dark")
        target = f"{self.get_server_url()}/preferences"
        self.browser.get(f"data:text/html,<form method=post action={target}><button>Win</button>")

        page = Page(self.browser, self.get_server_url())
        page.press("Win")

        assert page.heading == "Bad Request"
        assert (page.me, page.is_dark) == ("", False)
