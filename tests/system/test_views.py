"""Class-based views in a browser: the menu, the contact card, and the script of the people page."""

from collections.abc import Iterable
from unittest.mock import patch

from tests.support.blog import PASSWORD
from tests.system.blog import BlogTestCase
from tests.system.page import Page
from tests.system.pages import ContactPage, PeoplePage, PostsPage, SignUpPage

# The links of the menu, with the heading of the page that each leads to.
MENU = {
    "Course": "Hello World!!!",
    "Posts": "All posts",
    "People": "People",
    "Preferences": "Preferences",
    "About": "About",
    "Flask testing kata": "Hello World!!!",
}
VISITOR_MENU = {"Sign up": "Sign up", "Log in": "Log in"}
USER_MENU = {"New post": "New post", "John Williams": "Contact card"}


class TestView(BlogTestCase):
    def follow_each(self, page: Page, links: Iterable[str]) -> dict[str, str]:
        """Follow the links one after the other, and return the heading behind each."""
        headings = {}
        for link in links:
            page.follow(link)
            headings[link] = page.heading
        return headings

    def test_menu_of_a_visitor_leads_to_each_page(self) -> None:
        page = self.visit(Page, "/posts/")

        assert self.follow_each(page, MENU | VISITOR_MENU) == MENU | VISITOR_MENU

    def test_menu_of_a_user_leads_to_the_pages_that_require_a_login(self) -> None:
        self.log_in("John Williams")
        page = self.visit(Page)

        assert self.follow_each(page, USER_MENU) == USER_MENU

    def test_header_of_a_phone_has_two_lines_even_with_the_longest_username(self) -> None:
        self.visit(SignUpPage).sign_up("W" * 80, PASSWORD)
        screen = {"width": 360, "height": 640, "deviceScaleFactor": 2, "mobile": True}
        self.browser.cdp("Emulation.setDeviceMetricsOverride", **screen)
        self.addCleanup(self.browser.cdp, "Emulation.clearDeviceMetricsOverride")

        lines = {path: self.visit(Page, path).header_lines for path in ["/", "/posts/new"]}

        assert lines == {"/": 2, "/posts/new": 2}


class TestMethods(BlogTestCase):
    def test_user_edits_the_contact_card(self) -> None:
        self.log_in("John Williams")
        page = self.visit(ContactPage)

        page.save(City="Paris", Phone="")

        assert page.current_path == "/contact"
        assert page.message != ""
        assert page.card == {"City": "Paris", "Email": "john.willy@xyz.com", "Phone": ""}

    def test_reload_after_saving_does_not_submit_the_form_again(self) -> None:
        self.log_in("John Williams")
        page = self.visit(ContactPage)
        page.save(City="Paris")

        self.browser.refresh()

        assert page.message == ""
        assert page.card["City"] == "Paris"

    def test_rejected_card_shows_the_error_and_keeps_the_input(self) -> None:
        self.expected_errors = [422]
        self.log_in("John Williams")
        page = self.visit(ContactPage)

        page.save(City="Paris", Phone="call me")

        assert page.error == "Use only digits, spaces and + ( ) / . -"
        assert page.value("City") == "Paris"
        assert page.value("Phone") == "call me"

    def test_city_is_shown_on_the_page_of_the_author(self) -> None:
        self.log_in("John Williams")
        page = self.visit(ContactPage)
        page.save(City="Paris")

        page.follow("the page with your posts")

        assert page.heading == "Posts by John Williams"
        assert page.text.splitlines()[1] == "Paris"

    def test_browser_asks_for_an_email_address(self) -> None:
        self.log_in("John Williams")
        page = self.visit(ContactPage)

        page.fill_in(Email="nowhere")

        assert page.validation_message("Email") != ""


class TestMethodView(BlogTestCase):
    def test_user_is_renamed_on_every_page(self) -> None:
        self.log_in("John Williams")
        page = self.visit(PeoplePage)

        page.rename("John Silver")

        assert page.logged_in_as == "John Silver"
        assert page.usernames == ["Fordo Baggings", "John Silver"]
        assert self.visit(PostsPage).authors == {"Fordo Baggings", "John Silver"}

    def test_taken_username_shows_an_error(self) -> None:
        self.expected_errors = [409]
        self.log_in("John Williams")
        page = self.visit(PeoplePage)

        page.rename_expecting_error("Fordo Baggings")

        assert page.error == "This username is taken, or your account has changed. Reload the page."
        assert page.form_error("Rename") == page.error
        assert page.border_colour("Username") == page.error_colour
        assert page.open().logged_in_as == "John Williams"

    def test_user_can_be_renamed_right_after_an_error(self) -> None:
        self.expected_errors = [409]
        self.log_in("John Williams")
        page = self.visit(PeoplePage)
        page.rename_expecting_error("Fordo Baggings")

        page.rename("John Silver")

        assert page.logged_in_as == "John Silver"
        assert page.error == ""

    def test_double_click_on_a_slow_connection_deletes_the_account_once(self) -> None:
        self.log_in("John Williams")
        page = self.visit(PeoplePage)
        page.expand("Delete")
        page.fill_in(**{"Current password": PASSWORD})

        with self.recorded_requests() as requests:
            page.submit_twice("Delete my account and all my posts")

        assert requests.count("DELETE /users/1") == 1
        assert page.message != ""

    def test_user_deletes_the_account(self) -> None:
        self.log_in("John Williams")
        page = self.visit(PeoplePage)

        page.delete_account(PASSWORD)

        assert page.current_path == "/"
        assert page.logged_in_as == ""
        assert page.open().usernames == ["Fordo Baggings"]

    def test_wrong_password_does_not_delete_the_account(self) -> None:
        self.expected_errors = [422]
        self.log_in("John Williams")
        page = self.visit(PeoplePage)

        page.delete_account_expecting_error("open sesame")

        assert page.error == "Current password: Wrong password."
        assert page.form_error("Delete my account and all my posts") == page.error
        assert page.open().usernames == ["Fordo Baggings", "John Williams"]

    def test_deleting_an_account_takes_two_clicks(self) -> None:
        self.log_in("John Williams")

        page = self.visit(PeoplePage)

        assert page.offers("Delete")
        assert not page.offers("Delete my account and all my posts")

    def test_rename_after_the_session_has_ended_shows_an_error(self) -> None:
        self.expected_errors = [400]
        self.log_in("John Williams")
        page = self.visit(PeoplePage)
        self.browser.delete_all_cookies()

        page.rename_expecting_error("John Silver")

        assert page.error == "Your login may have changed. Reload the page."
        assert page.border_colour("Username") != page.error_colour

    def test_deletion_after_the_session_has_ended_shows_an_error(self) -> None:
        self.expected_errors = [400]
        self.log_in("John Williams")
        page = self.visit(PeoplePage)
        self.browser.delete_all_cookies()

        page.delete_account_expecting_error(PASSWORD)

        assert page.error == "Your login may have changed. Reload the page."
        assert page.open().usernames == ["Fordo Baggings", "John Williams"]

    def test_rename_shows_an_error_while_the_server_is_down(self) -> None:
        self.expected_errors = [502]
        self.log_in("John Williams")
        page = self.visit(PeoplePage)
        # What a proxy sends: a page instead of JSON.
        bad_gateway = {"pages.user_api": lambda **_: ("<h1>Bad Gateway</h1>", 502)}

        with patch.dict(self.app.view_functions, bad_gateway):
            page.rename_expecting_error("John Silver")

        assert page.error == "The server does not respond. Try again in a moment."

    def test_rename_shows_an_error_without_a_network(self) -> None:
        self.expected_errors = ["ERR_INTERNET_DISCONNECTED"]
        self.log_in("John Williams")
        page = self.visit(PeoplePage)
        self.browser.cdp("Network.enable")
        self.addCleanup(self.browser.cdp, "Network.disable")
        offline = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
        self.browser.cdp("Network.emulateNetworkConditions", **offline)

        page.rename_expecting_error("John Silver")

        assert page.error == "The server does not respond. Try again in a moment."

    def test_visitor_cannot_rename_an_account(self) -> None:
        page = self.visit(PeoplePage)

        assert not page.offers("Rename")
