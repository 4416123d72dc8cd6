"""The pages as a person sees them: what they say, and what one can do there.

A field is found by its label, a link and a button by its words. What leads to another page waits
until that page is there.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self, TypeVar

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.color import Color
from selenium.webdriver.support.wait import WebDriverWait

from tests.system.browser import Browser

AnyPage = TypeVar("AnyPage", bound="Page")


class Page:
    """What every page has; a subclass adds what one kind of page has."""

    path = "/"

    def __init__(self, browser: Browser, site: str) -> None:
        self.browser = browser
        self.site = site

    def open(self, path: str | None = None) -> Self:
        self.browser.get(self.site + (self.path if path is None else path))
        return self

    def becomes(self, kind: type[AnyPage]) -> AnyPage:
        """Give the page that is there now, as one of another kind."""
        return kind(self.browser, self.site)

    # What it says.

    @property
    def address(self) -> str:
        return self.browser.current_url.removeprefix(self.site)

    @property
    def heading(self) -> str:
        return self._find("h1").text

    @property
    def text(self) -> str:
        return self._find("main").text

    @property
    def me(self) -> str:
        """The name by which the page greets who is logged in; empty for a visitor."""
        return " ".join(self._texts("#me"))

    @property
    def notice(self) -> str:
        return " ".join(self._texts("[role=status]"))

    @property
    def problem(self) -> str:
        """What the page refuses, and why; empty where it refuses nothing."""
        return " ".join(self._texts(".error")).strip()

    @property
    def width(self) -> int:
        """The width of the page with whatever sticks out of it, in CSS pixels."""
        return self.browser.execute_script("return document.documentElement.scrollWidth")

    @property
    def is_dark(self) -> bool:
        color = Color.from_string(self._find("body").value_of_css_property("background-color"))
        return max(color.red, color.green, color.blue) < 128

    def problem_with(self, label: str) -> str:
        """What is said beside the field of this label to be wrong with it."""
        about = self._field(label).get_attribute("aria-describedby")
        return " ".join(self._texts(f"#{about} .error"))

    def complaint(self, label: str) -> str:
        """What the browser itself has to say against the field; empty where it has nothing."""
        return str(self._field(label).get_property("validationMessage"))

    def offers(self, words: str) -> bool:
        """Say whether a link or a button of these words can be seen."""
        found = self.browser.find_elements(By.XPATH, f"(//a|//button|//summary){worded(words)}")
        return any(element.is_displayed() for element in found)

    # What one can do.

    @contextmanager
    def leaving(self) -> Iterator[None]:
        """Wait, at the end, until another page is there, be it the same one anew."""
        came = self._came()
        yield
        wait(self.browser, lambda _: self._came() != came)

    def follow(self, words: str) -> None:
        """Click the link of these words."""
        with self.leaving():
            self.browser.find_element(By.XPATH, f"//a{worded(words)}").click()

    def press(self, words: str) -> None:
        """Click the button of these words, which leads to another page."""
        with self.leaving():
            self._button(words).click()

    def press_in_vain(self, words: str) -> None:
        """Click the button of these words, which leads nowhere."""
        self._button(words).click()

    def disclose(self, words: str) -> None:
        """Open what these words hide."""
        self.browser.find_element(By.XPATH, f"//summary{worded(words)}").click()

    def log_out(self) -> None:
        self.press("Log out")

    def type(self, **fields: str) -> None:
        """Type into the fields, each named by its label, in place of what is there."""
        for label, text in fields.items():
            field = self._field(label)
            if field.get_property("value"):
                field.clear()
            field.send_keys(text)

    def typed(self, label: str) -> str:
        """Give what is in the field of this label."""
        return str(self._field(label).get_property("value"))

    # The same with the keys alone.

    @property
    def focused(self) -> str:
        """The label or the words of the element that the keys go to."""
        script = "const e = document.activeElement; return (e.labels?.[0] ?? e).innerText"
        return self.browser.execute_script(script).strip()

    @property
    def is_focus_in_sight(self) -> bool:
        """Whether the element that the keys go to is on the screen."""
        place = self.browser.switch_to.active_element.rect
        return place["x"] >= 0 and place["y"] >= 0

    def hit(self, *keys: str) -> None:
        ActionChains(self.browser).send_keys(*keys).perform()

    def hit_to_leave(self, key: str) -> None:
        """Hit a key that leads to another page."""
        with self.leaving():
            self.hit(key)

    def tab_to(self, words: str) -> None:
        """Hit the tab key until it is on the element of these words, which has to show it."""
        passed: list[str] = []
        while words not in passed[-1:]:
            assert len(passed) < 30, f"The tab key never comes to {words!r}, only to {passed}."
            self.hit(Keys.TAB)
            passed.append(self.focused)
        style = self.browser.switch_to.active_element.value_of_css_property("outline-style")
        assert style == "solid", f"{words!r} does not show that the keys go to it."

    def skip_the_menu(self) -> None:
        self.tab_to("Skip to the content")
        self.hit(Keys.ENTER)

    # How that is found in the markup.

    def _find(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def _texts(self, selector: str) -> list[str]:
        return [found.text for found in self.browser.find_elements(By.CSS_SELECTOR, selector)]

    def _button(self, words: str) -> WebElement:
        return self.browser.find_element(By.XPATH, f"//button{worded(words)}")

    def _field(self, label: str) -> WebElement:
        return self.browser.find_element(By.XPATH, f"//*[@id=//label{worded(label)}/@for]")

    def _came(self) -> float:
        """Give the moment at which the browser began to show this page."""
        return self.browser.execute_script("return performance.timeOrigin")


def worded(words: str) -> str:
    return f"[normalize-space()={words!r}]"


def wait(browser: Browser, condition: Callable[[Browser], Any]) -> Any:
    """Wait until the condition gives something true, and give that."""
    return WebDriverWait(browser, timeout=10, poll_frequency=0.05).until(condition)


class SignUpPage(Page):
    path = "/signup"

    def sign_up(self, name: str, password: str) -> None:
        self.type(Name=name, Password=password)
        self.press("Sign up")


class LoginPage(Page):
    path = "/login"

    def log_in(self, name: str, password: str) -> None:
        self.type(Name=name, Password=password)
        self.press("Log in")


class PostsPage(Page):
    path = "/posts/"

    @property
    def posts(self) -> list[str]:
        """The titles, in their order."""
        return self._texts("article h2")

    @property
    def authors(self) -> set[str]:
        return set(self._texts("article [rel=author]"))


class PostPage(Page):
    @property
    def author(self) -> str:
        return self._find("article [rel=author]").text

    @property
    def tags(self) -> list[str]:
        return self._texts("article [rel=tag]")

    @property
    def lines(self) -> list[str]:
        return self._find("article .text").text.splitlines()

    def delete(self) -> None:
        self.disclose("Delete")
        self.press("Delete this post")


class PostForm(Page):
    path = "/posts/new"
    tags = "Tags, separated by commas"

    def save(self, **fields: str) -> None:
        self.type(**{self.tags if name == "Tags" else name: text for name, text in fields.items()})
        self.press("Save")


class ContactPage(Page):
    path = "/contact"

    @property
    def card(self) -> dict[str, str]:
        return {label: self.typed(label) for label in ("City", "Email", "Phone")}

    def save(self, **fields: str) -> None:
        self.type(**fields)
        self.press("Save")


class PeoplePage(Page):
    path = "/people/"

    @property
    def names(self) -> list[str]:
        return self._texts(".rows li")

    def rename(self, name: str) -> None:
        self.type(Name=name)
        self.press("Rename")

    def rename_in_vain(self, name: str) -> str:
        """Ask for a name that is refused, and give the reason; the page must not be left."""
        self.type(Name=name)
        return self._reason_against("Rename")

    def delete_account(self) -> None:
        self.disclose("Delete")
        self.press("Delete my account and my posts")

    def delete_in_vain(self) -> str:
        """Ask for the deletion that is refused, and give the reason; the page must not be left."""
        self.disclose("Delete")
        return self._reason_against("Delete my account and my posts")

    def _reason_against(self, words: str) -> str:
        came = self._came()
        self.press_in_vain(words)
        wait(self.browser, lambda _: self.problem or self._came() != came)
        return self.problem


class PreferencesPage(Page):
    path = "/preferences"

    def choose(self, theme: str) -> None:
        self._field(theme).click()
        self.press("Remember")

    @property
    def chosen(self) -> str:
        checked = self._find("input:checked").get_attribute("id")
        return self._find(f"label[for={checked}]").text

    def forget(self) -> None:
        self.press("Forget my preference")

    def offer_another(self) -> None:
        """Have the form send what the blog does not offer, as a program could."""
        script = "document.querySelector('input[type=radio]:checked').value = 'plaid'"
        self.browser.execute_script(script)


class FiltersPage(Page):
    path = "/filters"

    def result(self, example: str) -> str:
        """What is shown beside the example."""
        path = f"//dt{worded(example)}/following-sibling::dd"
        return self.browser.find_element(By.XPATH, path).text


class GreetingPage(Page):
    path = "/en/"

    @property
    def language(self) -> str:
        """The language that the page says its greeting is in."""
        return (
            self._find("h1").find_element(By.XPATH, "ancestor::*[@lang][1]").get_attribute("lang")
        )
