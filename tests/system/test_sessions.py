"""Sign up, log in, log out, as people do it in a browser."""

import base64
import json

from tests.support.databases import PASSWORD
from tests.system.blog import BlogTestCase
from tests.system.pages import ContactPage, LoginPage, Page, PostForm, SignUpPage


class TestStore(BlogTestCase):
    def test_john_stays_logged_in_from_page_to_page(self) -> None:
        page = self.visit(LoginPage)
        page.log_in("John Williams", PASSWORD)

        page.follow("Filters")

        assert page.me == "John Williams"

    def test_two_people_at_two_browsers_are_each_themselves(self) -> None:
        page = self.visit(LoginPage)
        page.log_in("John Williams", PASSWORD)

        with self.another_browser() as browser:
            other = self.visit(LoginPage, browser=browser)
            before = other.me
            other.log_in("Fordo Baggings", PASSWORD)
            page.open("/")

            assert (before, other.me, page.me) == ("", "Fordo Baggings", "John Williams")

    def test_whoever_closes_the_browser_is_logged_out(self) -> None:
        with self.another_browser(self.folder) as browser:
            page = self.visit(LoginPage, browser=browser)
            page.log_in("John Williams", PASSWORD)
            before = page.me

        with self.another_browser(self.folder) as browser:
            assert (before, self.visit(Page, browser=browser).me) == ("John Williams", "")


class TestSigned(BlogTestCase):
    def test_whoever_sits_at_the_browser_can_read_the_session(self) -> None:
        self.visit(LoginPage).log_in("John Williams", PASSWORD)

        cookie = self.browser.get_cookie("session")["value"]

        payload = cookie.split(".")[0]
        assert json.loads(base64.urlsafe_b64decode(payload + "=="))["user_id"] == 1

    def test_whoever_changes_the_session_in_the_browser_is_a_visitor(self) -> None:
        page = self.visit(LoginPage)
        page.log_in("John Williams", PASSWORD)
        _, *signature = self.browser.get_cookie("session")["value"].split(".")
        forged = base64.urlsafe_b64encode(b'{"user_id":2}').decode().rstrip("=")

        self.browser.add_cookie({"name": "session", "value": ".".join([forged, *signature])})

        assert page.open().me == ""


class TestLogin(BlogTestCase):
    def test_sam_signs_up_and_is_logged_in(self) -> None:
        page = self.visit(SignUpPage)

        page.sign_up("Sam", "potatoes")

        assert (page.notice, page.me) == ("Welcome.", "Sam")

    def test_sam_logs_in_with_what_he_signed_up_with(self) -> None:
        page = self.visit(SignUpPage)
        page.sign_up("Sam", "potatoes")
        page.log_out()

        self.visit(LoginPage).log_in("Sam", "potatoes")

        assert page.me == "Sam"

    def test_a_name_that_is_taken_is_refused_beside_the_field_and_stays_in_it(self) -> None:
        self.expects = [409]
        page = self.visit(SignUpPage)

        page.sign_up("John Williams", "potatoes")

        assert page.problem_with("Name") == "This name is taken; choose another one."
        assert (page.typed("Name"), page.me) == ("John Williams", "")

    def test_the_browser_itself_asks_for_a_longer_password(self) -> None:
        page = self.visit(SignUpPage)

        page.type(Name="Sam", Password="short")

        assert page.complaint("Password")

    def test_john_logs_in_and_is_greeted_by_his_name(self) -> None:
        page = self.visit(LoginPage)

        page.log_in("John Williams", PASSWORD)

        assert (page.address, page.me) == ("/", "John Williams")

    def test_a_wrong_password_is_refused(self) -> None:
        self.expects = [401]
        page = self.visit(LoginPage)

        page.log_in("John Williams", "open sesame")

        assert page.problem == "This name and this password do not belong together."
        assert (page.typed("Name"), page.typed("Password"), page.me) == ("John Williams", "", "")

    def test_an_unknown_name_is_refused_in_the_same_words(self) -> None:
        self.expects = [401]
        page = self.visit(LoginPage)

        page.log_in("Gandalf", PASSWORD)

        assert page.problem == "This name and this password do not belong together."

    def test_the_browser_sends_no_empty_form(self) -> None:
        page = self.visit(LoginPage)

        page.press_in_vain("Log in")

        # What it sends leaves the keys with the button; what it refuses to, with the empty field.
        assert page.focused == "Name"

    def test_a_name_of_nothing_but_spaces_is_refused(self) -> None:
        self.expects = [422]
        page = self.visit(LoginPage)

        page.log_in("   ", PASSWORD)

        assert page.problem_with("Name") == "This field is required."

    def test_whoever_was_refused_can_try_again_at_once(self) -> None:
        self.expects = [401]
        page = self.visit(LoginPage)
        page.log_in("John Williams", "open sesame")

        page.log_in("John Williams", PASSWORD)

        assert page.me == "John Williams"

    def test_john_logs_out_and_is_a_visitor_again(self) -> None:
        self.log_in("John Williams")
        page = self.visit(Page, "/posts/")

        page.log_out()

        assert (page.address, page.me) == ("/", "")
        assert page.offers("Log in")

    def test_a_page_that_needs_a_login_sends_there_and_back_again(self) -> None:
        page = self.visit(ContactPage)
        sent_to = page.heading

        page.becomes(LoginPage).log_in("John Williams", PASSWORD)

        assert (sent_to, page.heading, page.card["City"]) == ("Log in", "Contact card", "London")

    def test_the_way_back_leads_to_no_other_site(self) -> None:
        # A browser reads the backslash as a second slash, and what follows as another host.
        page = self.visit(LoginPage, "/login?next=/\\localhost/")

        page.log_in("John Williams", PASSWORD)

        assert (page.address, page.me) == ("/", "John Williams")

    def test_a_form_that_was_open_when_its_writer_logged_out_is_refused(self) -> None:
        self.expects = [400]
        self.log_in("John Williams")
        page = self.visit(PostForm)
        self.browser.delete_all_cookies()

        page.save(Title="Late", Text="Too late.")

        assert page.heading == "Bad Request"
