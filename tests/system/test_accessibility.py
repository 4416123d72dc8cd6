"""Accessibility: WCAG 2.2, phones, the keyboard alone, and a browser without JavaScript."""

from importlib.resources import files
from unittest.mock import patch

from flask import abort
from selenium.webdriver.common.keys import Keys
from sqlalchemy.exc import OperationalError

from tests.support.blog import PASSWORD
from tests.system.blog import BlogTestCase
from tests.system.page import Page
from tests.system.pages import (
    ContactPage,
    EditPostPage,
    LoginPage,
    PasswordPage,
    PeoplePage,
    PostPage,
    PreferencesPage,
    SignUpPage,
)

# Runs axe-core in both themes, and returns a line for each element that violates a rule.
RUN_AXE = """
const done = arguments[0];
async function check() {
  const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];
  const found = [];
  for (const theme of ["light", "dark"]) {
    document.documentElement.dataset.theme = theme;
    const { violations } = await axe.run({ runOnly: rules, resultTypes: ["violations"] });
    for (const { id, help, nodes } of violations) {
      found.push(...nodes.map(({ html }) => `${theme}: ${id}, ${help}: ${html}`));
    }
  }
  return found;
}
check().then(done, (error) => done([String(error)]));
"""

PAGES = [
    "/",
    "/about",
    "/contact",
    "/en/",
    "/es/John/farewell",
    "/filters",
    "/login",
    "/password",
    "/people/",
    "/posts/",
    "/posts/1",
    "/posts/1/edit",
    "/posts/new",
    "/preferences",
    "/signup",
]


class AxeTestCase(BlogTestCase):
    def assert_accessible(self) -> None:
        """Check the current page with axe-core."""
        axe = files("axe_playwright_python").joinpath("axe.min.js")
        self.browser.execute_script(axe.read_text("utf-8"))
        violations = self.browser.execute_async_script(RUN_AXE)
        self.assertEqual(violations, [])


class TestWcag(AxeTestCase):
    def assert_all_accessible(self, *paths: str) -> None:
        """Open each path and check its page."""
        for path in paths:
            with self.subTest(path):
                self.assertEqual(self.visit(Page, path).current_path, path)
                self.assert_accessible()

    def test_public_pages_are_accessible(self) -> None:
        self.assert_all_accessible("/", "/about", "/filters", "/posts/", "/posts/1", "/posts/by/1")

    def test_greetings_are_accessible(self) -> None:
        self.assert_all_accessible("/en/John", "/es/John", "/es/John/farewell")

    def test_lists_with_several_pages_are_accessible(self) -> None:
        self.app.config["PAGE_SIZE"] = 1

        self.assert_all_accessible("/posts/?before=3", "/people/?before=3")

    def test_empty_list_is_accessible(self) -> None:
        self.visit(SignUpPage).sign_up("Sam", "potatoes")

        self.assert_all_accessible("/posts/by/3")

    def test_front_page_with_links_to_the_repository_is_accessible(self) -> None:
        self.app.config["REPOSITORY_URL"] = "https://git.example.com/kata"

        self.assert_all_accessible("/")

    def test_pages_that_require_a_login_are_accessible(self) -> None:
        self.log_in("John Williams")

        self.assert_all_accessible("/", "/contact", "/password", "/posts/new", "/posts/1/edit")

    def test_confirmation_before_deleting_a_post_is_accessible(self) -> None:
        self.log_in("John Williams")

        self.visit(PostPage, "/posts/1").expand("Delete")

        self.assert_accessible()

    def test_saved_post_is_accessible(self) -> None:
        self.log_in("John Williams")

        self.visit(EditPostPage).save(Title="Testing Flask", Text="A test can fail.", Tags="Tests")

        self.assert_accessible()

    def test_rejected_post_is_accessible(self) -> None:
        self.expected_errors = [422]
        self.log_in("John Williams")

        self.visit(EditPostPage).save(Title=" ", Text=" ", Tags="x" * 41)

        self.assert_accessible()

    def test_post_with_an_edit_conflict_is_accessible(self) -> None:
        self.expected_errors = [409]
        self.log_in("John Williams")
        page = self.visit(EditPostPage, "/posts/1/edit")
        with self.new_window():
            self.visit(EditPostPage, "/posts/1/edit").save(Title="Flask")

        page.save(Title="Flask!")

        self.assert_accessible()

    def test_database_error_page_is_accessible_and_keeps_the_typed_post(self) -> None:
        self.expected_errors = [503]
        self.log_in("John Williams")
        page = self.visit(EditPostPage)
        error = OperationalError("INSERT", {}, Exception("The database is read-only."))
        with patch("app.posts.commit_or_conflict", side_effect=error):
            page.save(Title="Testing Flask", Text="A test can fail.\n\nThat is its use.")

        self.assert_accessible()
        self.assertEqual(page.value("Text"), "A test can fail.\n\nThat is its use.")
        page.submit("Try again")
        self.assertEqual(page.message, "Post saved.")

    def test_rejected_contact_card_is_accessible(self) -> None:
        self.expected_errors = [422]
        self.log_in("John Williams")

        self.visit(ContactPage).save(Phone="call me")

        self.assert_accessible()

    def test_confirmation_before_deleting_an_account_is_accessible(self) -> None:
        self.log_in("John Williams")

        self.visit(PeoplePage).expand("Delete")

        self.assert_accessible()

    def test_rejected_username_is_accessible(self) -> None:
        self.expected_errors = [409]
        self.log_in("John Williams")

        self.visit(PeoplePage).rename_expecting_error("Fordo Baggings")

        self.assert_accessible()

    def test_rejected_deletion_of_an_account_is_accessible(self) -> None:
        self.expected_errors = [422]
        self.log_in("John Williams")

        self.visit(PeoplePage).delete_account_expecting_error("open sesame")

        self.assert_accessible()

    def test_rejected_password_change_is_accessible(self) -> None:
        self.expected_errors = [422]
        self.log_in("John Williams")

        self.visit(PasswordPage).change_password("open sesame", "second breakfast")

        self.assert_accessible()

    def test_page_of_too_many_attempts_is_accessible(self) -> None:
        self.expected_errors = [429]
        self.app.config["ATTEMPTS_PER_ADDRESS"] = "0 per minute"

        self.visit(LoginPage).log_in("John Williams", "open sesame")

        self.assert_accessible()

    def test_rejected_login_is_accessible(self) -> None:
        self.expected_errors = [401]
        page = self.visit(LoginPage)
        self.assert_accessible()

        page.log_in("John Williams", "open sesame")

        self.assert_accessible()

    def test_rejected_sign_up_is_accessible(self) -> None:
        self.expected_errors = [409]
        page = self.visit(SignUpPage)
        self.assert_accessible()

        page.sign_up("John Williams", "potatoes")

        self.assert_accessible()

    def test_saved_preferences_are_accessible(self) -> None:
        self.visit(PreferencesPage).choose_theme("Dark")

        self.assert_accessible()

    def test_rejected_preferences_are_accessible(self) -> None:
        self.expected_errors = [422]
        page = self.visit(PreferencesPage)

        page.choose_unknown_theme()

        self.assertEqual(page.error, "Not a valid choice.")
        self.assert_accessible()

    def test_not_found_page_is_accessible(self) -> None:
        self.expected_errors = [404]

        self.assert_all_accessible("/nowhere")

    def test_server_error_page_is_accessible(self) -> None:
        self.expected_errors = [503]

        with patch.dict(self.app.view_functions, {"pages.about": lambda: abort(503)}):
            self.assert_all_accessible("/about")


class TestPhone(AxeTestCase):
    def setUp(self) -> None:
        super().setUp()
        # The narrowest screen that WCAG 1.4.10 requires, in CSS pixels.
        self.emulate_screen(width=320)
        self.addCleanup(self.browser.cdp, "Emulation.clearDeviceMetricsOverride")

    def emulate_screen(self, width: int) -> None:
        screen = {"width": width, "height": 640, "deviceScaleFactor": 2, "mobile": True}
        self.browser.cdp("Emulation.setDeviceMetricsOverride", **screen)

    def test_all_pages_fit_the_width_of_the_screen(self) -> None:
        self.log_in("John Williams")

        widths = {path: self.visit(Page, path).width for path in PAGES}

        assert widths == dict.fromkeys(PAGES, 320)

    def test_error_messages_fit_the_width_of_the_screen(self) -> None:
        self.expected_errors = [422, 409]
        self.log_in("John Williams")
        contact = self.visit(ContactPage)
        contact.save(Phone="call me")
        assert contact.width == 320

        people = self.visit(PeoplePage)
        people.rename_expecting_error("Fordo Baggings")
        assert people.width == 320

    def test_table_of_the_front_page_fits_a_phone_in_landscape(self) -> None:
        self.emulate_screen(width=650)

        assert self.visit(Page).width == 650

    def test_front_page_is_accessible_on_a_phone(self) -> None:
        self.visit(Page)

        self.assert_accessible()

    def test_words_longer_than_the_screen_are_broken(self) -> None:
        self.log_in("John Williams")
        page = self.visit(EditPostPage)

        page.save(Title="x" * 120, Text="y" * 200, Tags="z" * 40)

        assert page.width == 320
        assert self.visit(Page, "/posts/").width == 320

    def test_user_logs_in_and_writes_a_post(self) -> None:
        page = self.visit(EditPostPage)

        page.as_page(LoginPage).log_in("John Williams", PASSWORD)
        page.save(Title="From my phone", Text="It is small.")

        assert page.heading == "From my phone"


class TestKeyboard(BlogTestCase):
    def test_first_tab_shows_a_link_that_skips_the_menu(self) -> None:
        page = self.visit(Page)

        page.press_keys(Keys.TAB)
        assert page.focused == "Skip to content"
        assert page.is_focus_on_screen

        page.press_keys(Keys.ENTER, Keys.TAB)
        assert page.focused == "Read the posts"

    def test_user_logs_in_writes_a_post_and_deletes_it(self) -> None:
        page = self.visit(Page)
        page.tab_to("Log in")
        page.press_key_to_submit(Keys.ENTER)

        page.use_skip_link()
        page.tab_to("Username")
        page.press_keys("John Williams")
        page.tab_to("Password")
        page.press_keys(PASSWORD)
        page.press_key_to_submit(Keys.ENTER)
        assert page.logged_in_as == "John Williams"

        page.tab_to("Write a post")
        page.press_key_to_submit(Keys.ENTER)
        page.use_skip_link()
        page.tab_to("Title")
        page.press_keys("Testing Flask")
        page.tab_to("Text")
        page.press_keys("A test can fail.")
        page.tab_to("Save")
        page.press_key_to_submit(Keys.SPACE)
        assert page.heading == "Testing Flask"

        page.use_skip_link()
        page.tab_to("Delete")
        page.press_keys(Keys.SPACE)
        page.tab_to("Delete this post")
        page.press_key_to_submit(Keys.ENTER)
        assert page.message == "Post deleted."

    def test_user_changes_the_username(self) -> None:
        self.log_in("John Williams")
        page = self.visit(PeoplePage)

        page.use_skip_link()
        page.tab_to("Username")
        page.press_keys(Keys.END, " Junior")
        page.press_key_to_submit(Keys.ENTER)

        assert page.logged_in_as == "John Williams Junior"

    def test_arrow_keys_select_the_dark_theme(self) -> None:
        page = self.visit(PreferencesPage)

        page.use_skip_link()
        page.tab_to("System")
        page.press_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
        page.press_key_to_submit(Keys.ENTER)

        assert page.is_dark


class TestWithoutScript(BlogTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.browser.cdp("Emulation.setScriptExecutionDisabled", value=True)
        self.addCleanup(self.browser.cdp, "Emulation.setScriptExecutionDisabled", value=False)

    def test_user_logs_in_writes_a_post_and_deletes_it(self) -> None:
        page = self.visit(LoginPage)
        page.log_in("John Williams", PASSWORD)

        self.visit(EditPostPage).save(Title="Testing Flask", Text="A test can fail.")
        assert page.heading == "Testing Flask"

        page.as_page(PostPage).delete()
        assert page.message == "Post deleted."

    def test_people_page_explains_that_it_needs_javascript(self) -> None:
        self.log_in("John Williams")

        page = self.visit(PeoplePage)

        assert "Renaming or deleting your account requires JavaScript." in page.text
        assert not page.offers("Rename")
