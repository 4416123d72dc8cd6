"""Everyone can use the blog: by WCAG 2.2, on a phone, with a keyboard alone, and with no script."""

from functools import partial
from importlib.resources import files
from unittest.mock import patch

from flask import abort
from selenium.webdriver.common.keys import Keys

from tests.support.databases import PASSWORD
from tests.system.blog import BlogTestCase
from tests.system.pages import (
    ContactPage,
    LoginPage,
    Page,
    PeoplePage,
    PostForm,
    PostPage,
    PreferencesPage,
    SignUpPage,
)

# Gives a line for each element that breaks a rule, in either theme.
CHECK = """
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
    "/people/",
    "/posts/",
    "/posts/1",
    "/posts/1/edit",
    "/posts/new",
    "/preferences",
    "/signup",
]


class TestWcag(BlogTestCase):
    def assert_accessible(self) -> None:
        axe = files("axe_playwright_python").joinpath("axe.min.js")
        self.browser.execute_script(axe.read_text("utf-8"))
        violations = self.browser.execute_async_script(CHECK)
        self.assertEqual(violations, [])

    def assert_each_accessible(self, *paths: str) -> None:
        for path in paths:
            with self.subTest(path):
                self.assertEqual(self.visit(Page, path).address, path)
                self.assert_accessible()

    def test_pages_that_are_only_read(self) -> None:
        self.assert_each_accessible("/", "/about", "/filters", "/posts/", "/posts/1")

    def test_a_greeting_in_each_language(self) -> None:
        self.assert_each_accessible("/en/John", "/es/John", "/es/John/farewell")

    def test_a_list_in_pages(self) -> None:
        self.app.config["PAGE_SIZE"] = 1

        self.assert_each_accessible("/posts/?before=3", "/people/?before=3")

    def test_a_list_with_nothing_in_it(self) -> None:
        self.visit(SignUpPage).sign_up("Sam", "potatoes")
        self.assert_each_accessible("/posts/by/3")

    def test_pages_for_who_is_logged_in(self) -> None:
        self.log_in("John Williams")

        self.assert_each_accessible("/", "/contact", "/posts/new", "/posts/1/edit")

    def test_a_post_that_its_author_is_about_to_delete(self) -> None:
        self.log_in("John Williams")

        self.visit(PostPage, "/posts/1").disclose("Delete")

        self.assert_accessible()

    def test_a_post_that_was_kept(self) -> None:
        self.log_in("John Williams")

        self.visit(PostForm).save(Title="Testing Flask", Text="A test can fail.", Tags="Tests")

        self.assert_accessible()

    def test_a_post_that_was_refused(self) -> None:
        self.expects = [422]
        self.log_in("John Williams")

        self.visit(PostForm).save(Title=" ", Text=" ", Tags="x" * 41)

        self.assert_accessible()

    def test_a_post_that_was_changed_meanwhile(self) -> None:
        self.expects = [409]
        self.log_in("John Williams")
        page = self.visit(PostForm, "/posts/1/edit")
        with self.another_window():
            self.visit(PostForm, "/posts/1/edit").save(Title="Flask")

        page.save(Title="Flask!")

        self.assert_accessible()

    def test_a_contact_card_that_was_refused(self) -> None:
        self.expects = [422]
        self.log_in("John Williams")

        self.visit(ContactPage).save(Phone="call me")

        self.assert_accessible()

    def test_people_and_an_account_that_is_about_to_be_deleted(self) -> None:
        self.log_in("John Williams")

        self.visit(PeoplePage).disclose("Delete")

        self.assert_accessible()

    def test_a_name_that_was_refused(self) -> None:
        self.expects = [409]
        self.log_in("John Williams")

        self.visit(PeoplePage).rename_in_vain("Fordo Baggings")

        self.assert_accessible()

    def test_a_login_that_was_refused(self) -> None:
        self.expects = [401]
        page = self.visit(LoginPage)
        self.assert_accessible()

        page.log_in("John Williams", "open sesame")

        self.assert_accessible()

    def test_a_sign_up_that_was_refused(self) -> None:
        self.expects = [409]
        page = self.visit(SignUpPage)
        self.assert_accessible()

        page.sign_up("John Williams", "potatoes")

        self.assert_accessible()

    def test_a_preference_that_was_kept(self) -> None:
        self.visit(PreferencesPage).choose("Dark")

        self.assert_accessible()

    def test_a_preference_that_was_refused(self) -> None:
        self.expects = [422]
        page = self.visit(PreferencesPage)
        page.offer_another()

        page.press("Remember")

        self.assertEqual(page.problem, "Not a valid choice.")
        self.assert_accessible()

    def test_the_page_of_an_error(self) -> None:
        self.expects = [404]

        self.assert_each_accessible("/nowhere")

    def test_the_page_of_a_failure(self) -> None:
        self.expects = [503]

        with patch.dict(self.app.view_functions, {"pages.about": lambda: abort(503)}):
            self.assert_each_accessible("/about")


class TestPhone(BlogTestCase):
    def setUp(self) -> None:
        super().setUp()
        # The narrowest screen that WCAG 1.4.10 has in mind, in CSS pixels.
        screen = {"width": 320, "height": 640, "deviceScaleFactor": 2, "mobile": True}
        self.browser.cdp("Emulation.setDeviceMetricsOverride", **screen)
        self.addCleanup(self.browser.cdp, "Emulation.clearDeviceMetricsOverride")

    def test_no_page_has_to_be_scrolled_sideways(self) -> None:
        self.log_in("John Williams")

        shown = [(page.address, page.width) for page in map(partial(self.visit, Page), PAGES)]

        assert shown == [(path, 320) for path in PAGES]

    def test_what_is_refused_needs_no_more_room(self) -> None:
        self.expects = [422, 409]
        self.log_in("John Williams")
        card = self.visit(ContactPage)
        card.save(Phone="call me")
        widths = [card.width]
        people = self.visit(PeoplePage)
        people.rename_in_vain("Fordo Baggings")

        assert [*widths, people.width] == [320, 320]

    def test_words_that_are_longer_than_the_screen_is_wide_are_broken(self) -> None:
        self.log_in("John Williams")
        page = self.visit(PostForm)

        page.save(Title="x" * 120, Text="y" * 200, Tags="z" * 40)

        assert page.width == 320
        assert self.visit(Page, "/posts/").width == 320

    def test_john_logs_in_and_writes_a_post(self) -> None:
        page = self.visit(PostForm)

        page.becomes(LoginPage).log_in("John Williams", PASSWORD)
        page.save(Title="From my phone", Text="It is small.")

        assert page.heading == "From my phone"


class TestKeyboard(BlogTestCase):
    def test_the_first_key_shows_a_link_that_skips_the_menu(self) -> None:
        page = self.visit(Page)

        page.hit(Keys.TAB)
        shown = page.focused, page.is_focus_in_sight
        page.hit(Keys.ENTER)
        page.hit(Keys.TAB)

        assert shown == ("Skip to the content", True)
        assert page.focused == "Read the posts"

    def test_john_logs_in_writes_a_post_and_deletes_it(self) -> None:
        page = self.visit(Page)
        page.tab_to("Log in")
        page.hit_to_leave(Keys.ENTER)

        page.skip_the_menu()
        page.tab_to("Name")
        page.hit("John Williams")
        page.tab_to("Password")
        page.hit(PASSWORD)
        page.hit_to_leave(Keys.ENTER)
        me = page.me

        page.tab_to("New post")
        page.hit_to_leave(Keys.ENTER)
        page.skip_the_menu()
        page.tab_to("Title")
        page.hit("Testing Flask")
        page.tab_to("Text")
        page.hit("A test can fail.")
        page.tab_to("Save")
        page.hit_to_leave(Keys.SPACE)
        written = page.heading

        page.skip_the_menu()
        page.tab_to("Delete")
        page.hit(Keys.SPACE)
        page.tab_to("Delete this post")
        page.hit_to_leave(Keys.ENTER)

        assert (me, written) == ("John Williams", "Testing Flask")
        assert page.notice == "Your post is deleted."

    def test_john_skips_the_menu_and_renames_himself(self) -> None:
        self.log_in("John Williams")
        page = self.visit(PeoplePage)

        page.skip_the_menu()
        page.tab_to("Name")
        page.hit(Keys.END, " Junior")
        page.hit_to_leave(Keys.ENTER)

        assert page.me == "John Williams Junior"

    def test_the_dark_theme_is_chosen_with_an_arrow(self) -> None:
        page = self.visit(PreferencesPage)

        page.skip_the_menu()
        page.tab_to("Light")
        page.hit(Keys.ARROW_DOWN)
        page.hit_to_leave(Keys.ENTER)

        assert page.is_dark


class TestWithoutScript(BlogTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.browser.cdp("Emulation.setScriptExecutionDisabled", value=True)
        self.addCleanup(self.browser.cdp, "Emulation.setScriptExecutionDisabled", value=False)

    def test_a_reader_finds_a_post_by_its_tag(self) -> None:
        page = self.visit(PostPage, "/posts/1")

        page.follow("Flask")
        page.follow("Using Templates in Flask")

        assert page.author == "Fordo Baggings"

    def test_john_logs_in_writes_a_post_and_deletes_it(self) -> None:
        page = self.visit(LoginPage)
        page.log_in("John Williams", PASSWORD)

        self.visit(PostForm).save(Title="Testing Flask", Text="A test can fail.")
        written = page.heading
        page.becomes(PostPage).delete()

        assert (written, page.notice) == ("Testing Flask", "Your post is deleted.")

    def test_what_needs_a_script_says_so_and_is_not_offered(self) -> None:
        self.log_in("John Williams")

        page = self.visit(PeoplePage)

        assert "Changing your name and deleting your account need JavaScript." in page.text
        assert not page.offers("Rename")
