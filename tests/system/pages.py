"""Page objects of the blog: what a user sees on a page, and can do there.

Their base class is in `page.py`, which suits any application.
"""

from selenium.webdriver.common.by import By

from tests.system.page import Page, wait, with_text


class SignUpPage(Page):
    """The form that creates a user."""

    path = "/signup"

    def sign_up(self, username: str, password: str) -> None:
        self.fill_in(Username=username, Password=password)
        self.submit("Sign up")


class LoginPage(Page):
    """The login form."""

    path = "/login"

    def log_in(self, username: str, password: str) -> None:
        self.fill_in(Username=username, Password=password)
        self.submit("Log in")


class PasswordPage(Page):
    """The form that changes a user's password."""

    path = "/password"

    def change_password(self, current: str, new: str) -> None:
        self.fill_in(**{"Current password": current, "New password": new})
        self.submit("Change password")


class PostsPage(Page):
    """A list of posts."""

    path = "/posts/"

    @property
    def titles(self) -> list[str]:
        return self._texts("article h2")

    @property
    def authors(self) -> set[str]:
        return set(self._texts("article [rel=author]"))


class PostPage(Page):
    """A single post."""

    @property
    def author(self) -> str:
        return self._find("article [rel=author]").text

    @property
    def tags(self) -> list[str]:
        return self._texts("article [rel=tag]")

    @property
    def lines(self) -> list[str]:
        """The lines of the post's text."""
        return self._find("article .text").text.splitlines()

    def delete(self) -> None:
        self.expand("Delete")
        self.submit("Delete this post")


class EditPostPage(Page):
    """The form for a new post, or for one that is edited."""

    path = "/posts/new"
    tags_label = "Tags, separated by commas"

    def save(self, **fields: str) -> None:
        """Fill in Title, Text or Tags, and save."""
        if "Tags" in fields:
            fields[self.tags_label] = fields.pop("Tags")
        self.fill_in(**fields)
        self.submit("Save")


class ContactPage(Page):
    """The contact card of the user who is logged in, in a form."""

    path = "/contact"

    @property
    def card(self) -> dict[str, str]:
        """The values of the fields."""
        return {label: self.value(label) for label in ("City", "Email", "Phone")}

    def save(self, **fields: str) -> None:
        """Fill in City, Email or Phone, and save."""
        self.fill_in(**fields)
        self.submit("Save")


class PeoplePage(Page):
    """The list of users, with forms that rename and delete an account."""

    path = "/people/"

    @property
    def usernames(self) -> list[str]:
        return self._texts(".rows li")

    def rename(self, username: str) -> None:
        self.fill_in(Username=username)
        self.submit("Rename")

    def rename_expecting_error(self, username: str) -> None:
        """Try to rename the user, and wait for the error message."""
        self.fill_in(Username=username)
        self._click_expecting_error("Rename")

    def delete_account(self, password: str) -> None:
        self.expand("Delete")
        self.fill_in(**{"Current password": password})
        self.submit("Delete my account and all my posts")

    def delete_account_expecting_error(self, password: str) -> None:
        """Try to delete the account, and wait for the error message."""
        self.expand("Delete")
        self.fill_in(**{"Current password": password})
        self._click_expecting_error("Delete my account and all my posts")

    def form_error(self, button: str) -> str:
        """Return the error message in the form with this button."""
        return self._button(button).find_element(By.XPATH, "ancestor::form//*[@role='alert']").text

    def _click_expecting_error(self, button: str) -> None:
        previous = self._load_time()
        self._button(button).click()
        wait(self.browser, lambda _: self.error or self._load_time() != previous)


class PreferencesPage(Page):
    """The form that stores the theme."""

    path = "/preferences"

    @property
    def selected_theme(self) -> str:
        checked = self._find("input:checked").get_attribute("id")
        return self._find(f"label[for={checked}]").text

    def choose_theme(self, theme: str) -> None:
        self._field(theme).click()
        self.submit("Save")

    def choose_unknown_theme(self) -> None:
        """Send a theme that the form does not offer, by changing the form with JavaScript."""
        script = "document.querySelector('input[type=radio]:checked').value = 'plaid'"
        self.browser.execute_script(script)
        self.submit("Save")

    def reset(self) -> None:
        self.submit("Reset to default")


class FiltersPage(Page):
    """The course's filter examples, each with its result."""

    path = "/filters"

    def result(self, example: str) -> str:
        """Return the result that the page shows for the example."""
        path = f"//dt{with_text(example)}/following-sibling::dd"
        return self.browser.find_element(By.XPATH, path).text


class GreetingPage(Page):
    """The greeting, in English or Spanish."""

    path = "/en/"

    @property
    def language(self) -> str:
        """The language that the markup declares for the heading."""
        ancestor = self._find("h1").find_element(By.XPATH, "ancestor::*[@lang][1]")
        return ancestor.get_attribute("lang")
