"""Signing up, logging in and logging out in a browser."""

import base64

from tests.support.blog import PASSWORD
from tests.system.blog import BlogTestCase
from tests.system.page import Page
from tests.system.pages import (
    ContactPage,
    EditPostPage,
    LoginPage,
    PasswordPage,
    PeoplePage,
    SignUpPage,
)


class TestStore(BlogTestCase):
    def test_user_stays_logged_in_from_page_to_page(self) -> None:
        page = self.visit(LoginPage)
        page.log_in("John Williams", PASSWORD)

        page.follow("Filters")

        assert page.logged_in_as == "John Williams"

    def test_two_browsers_have_separate_sessions(self) -> None:
        page = self.visit(LoginPage)
        page.log_in("John Williams", PASSWORD)

        with self.new_browser() as browser:
            other = self.visit(LoginPage, browser=browser)
            other.log_in("Fordo Baggings", PASSWORD)
            page.open("/")

            assert other.logged_in_as == "Fordo Baggings"
            assert page.logged_in_as == "John Williams"

    def test_session_ends_when_the_browser_is_closed(self) -> None:
        with self.new_browser(profile=self.tmp_path / "profile") as browser:
            page = self.visit(LoginPage, browser=browser)
            page.log_in("John Williams", PASSWORD)
            assert page.logged_in_as == "John Williams"

        with self.new_browser(profile=self.tmp_path / "profile") as browser:
            assert self.visit(Page, browser=browser).logged_in_as == ""


class TestSigned(BlogTestCase):
    def test_changed_session_cookie_logs_the_user_out(self) -> None:
        page = self.visit(LoginPage)
        page.log_in("John Williams", PASSWORD)
        _, *signature = self.browser.get_cookie("blog_session")["value"].split(".")
        forged = base64.urlsafe_b64encode(b'{"user_id":2}').decode().rstrip("=")

        self.browser.add_cookie({"name": "blog_session", "value": ".".join([forged, *signature])})

        assert page.open().logged_in_as == ""


class TestLogin(BlogTestCase):
    def test_new_user_is_logged_in_after_signing_up(self) -> None:
        page = self.visit(SignUpPage)

        page.sign_up("Sam", "potatoes")

        assert page.message != ""
        assert page.logged_in_as == "Sam"

    def test_sign_up_shows_that_a_username_is_taken(self) -> None:
        self.expected_errors = [409]
        page = self.visit(SignUpPage)

        page.sign_up("John Williams", "potatoes")

        assert page.field_error("Username") == "This username is taken. Choose another one."
        assert page.logged_in_as == ""

    def test_sign_up_form_can_be_sent_again_after_going_back(self) -> None:
        # With a profile, this is a whole browser: a headless shell has no back/forward cache.
        with self.new_browser(profile=self.tmp_path / "profile") as browser:
            page = self.visit(SignUpPage, browser=browser)
            page.sign_up("Sam", "potatoes")

            page.go_back()

            assert page.heading == "Sign up"
            assert page.is_enabled("Sign up")

    def test_browser_asks_for_a_longer_password(self) -> None:
        page = self.visit(SignUpPage)

        page.fill_in(Username="Sam", Password="short")

        assert page.validation_message("Password") != ""

    def test_wrong_password_shows_an_error_and_keeps_only_the_username(self) -> None:
        self.expected_errors = [401]
        page = self.visit(LoginPage)

        page.log_in("John Williams", "open sesame")

        assert page.error != ""
        assert page.value("Username") == "John Williams"
        assert page.value("Password") == ""
        assert page.logged_in_as == ""

    def test_user_can_log_in_right_after_a_wrong_password(self) -> None:
        self.expected_errors = [401]
        page = self.visit(LoginPage)
        page.log_in("John Williams", "open sesame")

        page.log_in("John Williams", PASSWORD)

        assert page.logged_in_as == "John Williams"

    def test_browser_does_not_send_an_empty_form(self) -> None:
        page = self.visit(LoginPage)

        page.submit_expecting_validation("Log in")

        # The browser moves the focus from the button to the first field that is not valid.
        assert page.focused == "Username"

    def test_user_logs_out(self) -> None:
        self.log_in("John Williams")
        page = self.visit(Page, "/posts/")

        page.log_out()

        assert page.current_path == "/"
        assert page.logged_in_as == ""
        assert page.offers("Log in")

    def test_back_button_shows_no_private_page_after_logging_out(self) -> None:
        # With a profile, this is a whole browser: a headless shell has no back/forward cache.
        with self.new_browser(profile=self.tmp_path / "profile") as browser:
            self.visit(LoginPage, browser=browser).log_in("John Williams", PASSWORD)
            page = self.visit(ContactPage, browser=browser)
            assert page.card["City"] == "London"
            page.log_out()

            page.go_back()

            assert page.heading == "Log in"
            assert "London" not in browser.page_source

    def test_login_leads_back_to_the_page_that_required_it(self) -> None:
        page = self.visit(ContactPage)
        assert page.heading == "Log in"

        page.as_page(LoginPage).log_in("John Williams", PASSWORD)

        assert page.current_path == "/contact"
        assert page.card["City"] == "London"

    def test_login_does_not_redirect_to_another_site(self) -> None:
        # Open redirect: a browser reads the backslash as a slash, and "localhost" as the host.
        page = self.visit(LoginPage, "/login?next=/\\localhost/")

        page.log_in("John Williams", PASSWORD)

        assert page.current_path == "/"
        assert page.logged_in_as == "John Williams"

    def test_form_is_rejected_after_logging_out_in_another_window(self) -> None:
        self.expected_errors = [400]
        self.log_in("John Williams")
        page = self.visit(EditPostPage)
        with self.new_window():
            self.visit(Page).log_out()

        page.save(Title="Late", Text="Too late.")

        assert page.heading == "Bad Request"


class TestRevoke(BlogTestCase):
    def test_changed_password_logs_the_user_out_in_another_browser(self) -> None:
        page = self.visit(LoginPage)
        page.log_in("John Williams", PASSWORD)

        with self.new_browser() as browser:
            other = self.visit(LoginPage, browser=browser)
            other.log_in("John Williams", PASSWORD)
            page.as_page(PasswordPage).open().change_password(PASSWORD, "second breakfast")

            assert page.message != ""
            assert page.logged_in_as == "John Williams"
            assert other.open().logged_in_as == ""

    def test_password_form_shows_that_the_current_password_is_wrong(self) -> None:
        self.expected_errors = [422]
        self.log_in("John Williams")
        page = self.visit(PeoplePage)
        page.follow("Change your password")

        page.as_page(PasswordPage).change_password("open sesame", "second breakfast")

        assert page.field_error("Current password") == "Wrong password."
        assert page.value("Current password") == page.value("New password") == ""
