"""The theme preference in a browser, which stores it in a cookie."""

from datetime import timedelta

from werkzeug.middleware.proxy_fix import ProxyFix

from tests.system.blog import BlogTestCase
from tests.system.page import Page, wait
from tests.system.pages import PreferencesPage


class ThemeTestCase(BlogTestCase):
    """A test case whose browser prefers light pages, on any machine."""

    def setUp(self) -> None:
        super().setUp()
        self.prefer("light")
        self.addCleanup(self.browser.cdp, "Emulation.setEmulatedMedia")

    def prefer(self, theme: str, media: str = "screen") -> None:
        """Set the theme that the browser prefers, and the medium: `screen` or `print`."""
        preference = {"name": "prefers-color-scheme", "value": theme}
        self.browser.cdp("Emulation.setEmulatedMedia", media=media, features=[preference])


class TestRead(ThemeTestCase):
    def test_theme_follows_the_system_without_a_cookie(self) -> None:
        page = self.visit(PreferencesPage)
        assert page.selected_theme == "System"
        assert not page.is_dark

        self.prefer("dark")

        assert page.is_dark

    def test_theme_in_the_cookie_overrides_the_system(self) -> None:
        page = self.visit(PreferencesPage)
        page.choose_theme("Light")

        self.prefer("dark")

        assert not page.is_dark


class TestSet(ThemeTestCase):
    def test_every_page_is_dark_after_choosing_the_dark_theme(self) -> None:
        page = self.visit(PreferencesPage)

        page.choose_theme("Dark")

        assert page.message != ""
        assert page.is_dark
        assert page.selected_theme == "Dark"
        assert self.visit(Page, "/posts/").is_dark

    def test_dark_page_is_printed_in_black_on_white_without_the_menu(self) -> None:
        self.visit(PreferencesPage).choose_theme("Dark")
        page = self.visit(Page, "/posts/1")
        assert page.offers("Posts")

        self.prefer("dark", media="print")

        assert page.colours == ("#000000", "#ffffff")
        assert not page.offers("Posts")

    def test_preference_survives_a_restart_of_the_browser(self) -> None:
        with self.new_browser(profile=self.tmp_path / "profile") as browser:
            self.visit(PreferencesPage, browser=browser).choose_theme("Dark")

        with self.new_browser(profile=self.tmp_path / "profile") as browser:
            assert self.visit(Page, browser=browser).is_dark


class TestExpire(ThemeTestCase):
    def test_browser_deletes_the_cookie_after_its_lifetime(self) -> None:
        # The clock of a browser cannot be changed, so this is the shortest lifetime possible.
        self.app.config["PREFERENCE_LIFETIME"] = timedelta(seconds=1)
        page = self.visit(PreferencesPage)

        page.choose_theme("Dark")
        wait(self.browser, lambda browser: browser.get_cookie("theme") is None)

        assert not page.open().is_dark

    def test_reset_deletes_the_cookie(self) -> None:
        page = self.visit(PreferencesPage)
        page.choose_theme("Dark")

        page.reset()

        assert page.message != ""
        assert not page.is_dark
        assert self.browser.get_cookie("theme") is None


class TestFlags(ThemeTestCase):
    def test_scripts_cannot_read_the_cookies(self) -> None:
        self.log_in("John Williams")
        self.visit(PreferencesPage).choose_theme("Dark")

        assert {cookie["name"] for cookie in self.browser.get_cookies()} == {
            "blog_session",
            "theme",
        }
        assert self.browser.execute_script("return document.cookie") == ""

    def test_cookies_are_secure_behind_an_https_proxy(self) -> None:
        self.app.wsgi_app = ProxyFix(self.app.wsgi_app)
        # The browser sends no https Referer, which the CSRF check would require.
        self.app.config["WTF_CSRF_SSL_STRICT"] = False
        self.browser.cdp("Network.enable")
        self.browser.cdp("Network.setExtraHTTPHeaders", headers={"X-Forwarded-Proto": "https"})
        self.addCleanup(self.browser.cdp, "Network.disable")

        self.visit(PreferencesPage).choose_theme("Dark")

        secure = {cookie["name"]: cookie["secure"] for cookie in self.browser.get_cookies()}
        assert secure == {"__Host-blog_session": True, "theme": True}

    def test_form_on_another_site_posts_without_the_cookies(self) -> None:
        self.expected_errors = [400]
        self.log_in("John Williams")
        self.visit(PreferencesPage).choose_theme("Dark")
        target = f"{self.get_server_url()}/preferences"
        self.browser.get(f"data:text/html,<form method=post action={target}><button>Win</button>")

        page = Page(self.browser, self.get_server_url())
        page.submit("Win")

        assert page.heading == "Bad Request"
        assert page.logged_in_as == ""
        assert not page.is_dark
