"""Class-based views: pages, forms, and a script that speaks to an API."""

from collections.abc import Iterable
from unittest.mock import patch

from tests.system.blog import BlogTestCase
from tests.system.pages import ContactPage, Page, PeoplePage, PostsPage

# Each word of the menu, and the heading of the page that it leads to.
MENU = {
    "Posts": "All posts",
    "People": "People",
    "Filters": "Filters",
    "Preferences": "Preferences",
    "About": "About",
    "Home": "Hello World!!!",
}
FOR_VISITORS = {"Sign up": "Sign up", "Log in": "Log in"}
FOR_JOHN = {"New post": "New post", "Contact card": "Contact card"}


class TestView(BlogTestCase):
    def headings(self, page: Page, words: Iterable[str]) -> dict[str, str]:
        """Follow each of these words, one after the other, and give what it leads to."""
        found = {}
        for word in words:
            page.follow(word)
            found[word] = page.heading
        return found

    def test_the_menu_leads_where_it_says(self) -> None:
        page = self.visit(Page, "/posts/")

        assert self.headings(page, MENU | FOR_VISITORS) == MENU | FOR_VISITORS

        self.log_in("John Williams")
        page.open()

        assert self.headings(page, FOR_JOHN) == FOR_JOHN


class TestMethods(BlogTestCase):
    def test_one_address_shows_the_contact_card_and_takes_it(self) -> None:
        self.log_in("John Williams")
        page = self.visit(ContactPage)

        page.save(City="Paris", Phone="")

        assert page.address == "/contact"
        assert page.notice == "Your contact card is kept."
        assert page.card == {"City": "Paris", "Email": "john.willy@xyz.com", "Phone": ""}

    def test_a_reload_after_saving_does_not_save_again(self) -> None:
        self.log_in("John Williams")
        page = self.visit(ContactPage)
        page.save(City="Paris")

        self.browser.refresh()

        assert page.notice == ""
        assert page.card["City"] == "Paris"

    def test_a_refused_card_keeps_what_was_typed_and_says_why(self) -> None:
        self.expects = [422]
        self.log_in("John Williams")
        page = self.visit(ContactPage)

        page.save(City="Paris", Phone="call me")

        assert page.problem == "A phone number has digits, spaces and +()/.- only."
        assert (page.typed("City"), page.typed("Phone")) == ("Paris", "call me")

    def test_the_browser_itself_asks_for_an_email_address(self) -> None:
        self.log_in("John Williams")
        page = self.visit(ContactPage)

        page.type(Email="nowhere")

        assert page.complaint("Email")


class TestMethodView(BlogTestCase):
    def test_john_renames_himself_and_his_posts_bear_the_new_name(self) -> None:
        self.log_in("John Williams")
        page = self.visit(PeoplePage)

        page.rename("John Silver")

        assert page.me == "John Silver"
        assert page.names == ["Fordo Baggings", "John Silver"]
        assert self.visit(PostsPage).authors == {"Fordo Baggings", "John Silver"}

    def test_a_name_that_is_taken_is_refused_with_a_reason(self) -> None:
        self.expects = [409]
        self.log_in("John Williams")
        page = self.visit(PeoplePage)

        reason = page.rename_in_vain("Fordo Baggings")

        assert reason == "This name is taken, or the account was changed meanwhile."
        assert page.open().me == "John Williams"

    def test_a_name_of_nothing_but_spaces_is_refused_with_a_reason(self) -> None:
        self.expects = [422]
        self.log_in("John Williams")
        page = self.visit(PeoplePage)

        assert page.rename_in_vain("   ") == "Name: This field is required."

    def test_a_name_can_be_had_after_one_that_was_refused(self) -> None:
        self.expects = [409]
        self.log_in("John Williams")
        page = self.visit(PeoplePage)
        page.rename_in_vain("Fordo Baggings")

        page.rename("John Silver")

        assert (page.me, page.problem) == ("John Silver", "")

    def test_john_deletes_himself_and_is_a_visitor_again(self) -> None:
        self.log_in("John Williams")
        page = self.visit(PeoplePage)

        page.delete_account()

        assert (page.address, page.me) == ("/", "")
        assert page.open().names == ["Fordo Baggings"]

    def test_an_account_is_not_deleted_by_one_click(self) -> None:
        self.log_in("John Williams")

        page = self.visit(PeoplePage)

        assert not page.offers("Delete my account and my posts")

    def test_whoever_has_logged_out_elsewhere_is_told_so(self) -> None:
        self.expects = [400]
        self.log_in("John Williams")
        page = self.visit(PeoplePage)
        self.browser.delete_all_cookies()

        reason = page.rename_in_vain("John Silver")

        assert reason.startswith("The CSRF session token is missing. Has your login changed since")

    def test_whoever_has_logged_out_elsewhere_deletes_nothing_and_is_told_so(self) -> None:
        self.expects = [400]
        self.log_in("John Williams")
        page = self.visit(PeoplePage)
        self.browser.delete_all_cookies()

        reason = page.delete_in_vain()

        assert reason.startswith("The CSRF session token is missing. Has your login changed since")
        assert page.open().names == ["Fordo Baggings", "John Williams"]

    def test_who_asks_while_the_blog_is_away_is_told_so(self) -> None:
        self.expects = [502]
        self.log_in("John Williams")
        page = self.visit(PeoplePage)
        as_a_proxy_says_it = {"pages.user_api": lambda **_: ("<h1>Bad Gateway</h1>", 502)}

        with patch.dict(self.app.view_functions, as_a_proxy_says_it):
            reason = page.rename_in_vain("John Silver")

        assert reason == "The blog does not answer. Try again in a moment."

    def test_who_asks_while_the_network_is_away_is_told_so(self) -> None:
        self.expects = ["ERR_INTERNET_DISCONNECTED"]
        self.log_in("John Williams")
        page = self.visit(PeoplePage)

        self.browser.cdp("Network.enable")
        self.addCleanup(self.browser.cdp, "Network.disable")
        away = {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0}
        self.browser.cdp("Network.emulateNetworkConditions", **away)

        reason = page.rename_in_vain("John Silver")

        assert reason == "The blog does not answer. Try again in a moment."

    def test_a_visitor_has_no_account_to_change(self) -> None:
        page = self.visit(PeoplePage)

        assert not page.offers("Rename")
