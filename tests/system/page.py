"""The base class of page objects: what a user sees on any page, and can do there.

It suits any application (docs/copy.md). Fields are found by their label, links and buttons by their
text. An action that leads to another page waits until that page has loaded.
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
    """The texts and actions that all pages have in common."""

    path = "/"

    def __init__(self, browser: Browser, site: str) -> None:
        self.browser = browser
        self.site = site

    def open(self, path: str | None = None) -> Self:
        """Load the page's own path, or another path."""
        self.browser.get(self.site + (self.path if path is None else path))
        return self

    def as_page(self, page_class: type[AnyPage]) -> AnyPage:
        """Return the page object of another class for the current page."""
        return page_class(self.browser, self.site)

    # What a user sees.

    @property
    def current_path(self) -> str:
        """The path and query of the current URL."""
        return self.browser.current_url.removeprefix(self.site)

    @property
    def heading(self) -> str:
        return self._find("h1").text

    @property
    def text(self) -> str:
        return self._find("main").text

    @property
    def logged_in_as(self) -> str:
        """The username in the menu; empty for a visitor."""
        return " ".join(self._texts("#me"))

    @property
    def message(self) -> str:
        """The flashed message; empty if there is none."""
        return " ".join(self._texts("[role=status]"))

    @property
    def error(self) -> str:
        """All error messages of the page; empty if there are none."""
        return " ".join(self._texts(".error")).strip()

    def field_error(self, label: str) -> str:
        """Return the error message beside the field."""
        description = self._field(label).get_attribute("aria-describedby")
        return " ".join(self._texts(f"#{description} .error"))

    def validation_message(self, label: str) -> str:
        """Return the browser's own message about the field; empty if its value is valid."""
        return str(self._field(label).get_property("validationMessage"))

    def value(self, label: str) -> str:
        """Return the value of the field."""
        return str(self._field(label).get_property("value"))

    def border_colour(self, label: str) -> str:
        """Return the colour of the field's border."""
        return self._field(label).value_of_css_property("border-top-color")

    @property
    def error_colour(self) -> str:
        """The colour of the first error message."""
        return self._find(".error").value_of_css_property("color")

    def offers(self, text: str) -> bool:
        """Return True if a link or button with this text is visible."""
        found = self.browser.find_elements(By.XPATH, f"(//a|//button|//summary){with_text(text)}")
        return any(element.is_displayed() for element in found)

    def is_enabled(self, button: str) -> bool:
        """Return True if the button can be clicked."""
        return self._button(button).is_enabled()

    @property
    def header_lines(self) -> int:
        """The number of lines that the menu takes."""
        items = self.browser.find_elements(By.CSS_SELECTOR, "header li")
        return len({item.rect["y"] for item in items})

    @property
    def width(self) -> int:
        """The width of the page in CSS pixels, with the parts that stick out of the window."""
        return self.browser.execute_script("return document.documentElement.scrollWidth")

    @property
    def colours(self) -> tuple[str, str]:
        """The colours of the text and of its background, such as #000000 and #ffffff."""
        body = self._find("body")
        text, back = (body.value_of_css_property(name) for name in ("color", "background-color"))
        return Color.from_string(text).hex, Color.from_string(back).hex

    @property
    def is_dark(self) -> bool:
        _text, back = map(Color.from_string, self.colours)
        return max(back.red, back.green, back.blue) < 128

    # What a user does with the mouse.

    @contextmanager
    def expect_new_page(self) -> Iterator[None]:
        """Wait, at the end of the block, until the browser has left the current page."""
        previous = self._load_time()
        yield
        wait(self.browser, lambda _: self._load_time() != previous)

    def go_back(self) -> None:
        """Click the Back button of the browser."""
        with self.expect_new_page():
            self.browser.back()

    def follow(self, text: str) -> None:
        """Click the link."""
        with self.expect_new_page():
            self.browser.find_element(By.XPATH, f"//a{with_text(text)}").click()

    def submit(self, button: str) -> None:
        """Click the button, which leads to another page."""
        with self.expect_new_page():
            self._button(button).click()

    def submit_twice(self, button: str) -> None:
        """Click the button twice on a slow connection, before the next page arrives."""
        found = self._button(button)
        with self.expect_new_page(), self.browser.slow_connection():
            ActionChains(self.browser).click(found).pause(0.15).click().perform()

    def submit_expecting_validation(self, button: str) -> None:
        """Click the button of a form that the browser does not send, because it is not valid."""
        self._button(button).click()

    def expand(self, summary: str) -> None:
        """Open the section with this summary."""
        self.browser.find_element(By.XPATH, f"//summary{with_text(summary)}").click()

    def fill_in(self, **fields: str) -> None:
        """Type into the fields, each named by its label, and replace what they contain."""
        for label, text in fields.items():
            field = self._field(label)
            if field.get_property("value"):
                field.clear()
            field.send_keys(text)

    def log_out(self) -> None:
        self.submit("Log out")

    # What a user does with the keyboard.

    @property
    def focused(self) -> str:
        """The label or the text of the element that has the keyboard focus."""
        script = "const e = document.activeElement; return (e.labels?.[0] ?? e).innerText"
        return self.browser.execute_script(script).strip()

    @property
    def is_focus_on_screen(self) -> bool:
        position = self.browser.switch_to.active_element.rect
        return position["x"] >= 0 and position["y"] >= 0

    def press_keys(self, *keys: str) -> None:
        ActionChains(self.browser).send_keys(*keys).perform()

    def press_key_to_submit(self, key: str) -> None:
        """Press a key that leads to another page."""
        with self.expect_new_page():
            self.press_keys(key)

    def tab_to(self, name: str) -> None:
        """Press Tab until the element with this label or text has the focus, and shows it."""
        passed: list[str] = []
        while name not in passed[-1:]:
            assert len(passed) < 30, f"Tab does not reach {name!r}, only {passed}."
            self.press_keys(Keys.TAB)
            passed.append(self.focused)
        style = self.browser.switch_to.active_element.value_of_css_property("outline-style")
        assert style == "solid", f"{name!r} does not show that it has the focus."

    def use_skip_link(self) -> None:
        """Move the keyboard focus behind the menu."""
        self.tab_to("Skip to content")
        self.press_keys(Keys.ENTER)

    # How elements are found.

    def _find(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def _texts(self, selector: str) -> list[str]:
        return [found.text for found in self.browser.find_elements(By.CSS_SELECTOR, selector)]

    def _button(self, text: str) -> WebElement:
        return self.browser.find_element(By.XPATH, f"//button{with_text(text)}")

    def _field(self, label: str) -> WebElement:
        return self.browser.find_element(By.XPATH, f"//*[@id=//label{with_text(label)}/@for]")

    def _load_time(self) -> float:
        """Return the time at which the browser started to load the page: one for each load."""
        return self.browser.execute_script("return performance.timeOrigin")


def with_text(text: str) -> str:
    """Return the XPath condition for an element with this text."""
    return f"[normalize-space()={text!r}]"


def wait(browser: Browser, condition: Callable[[Browser], Any]) -> None:
    """Wait until `condition(browser)` is true."""
    WebDriverWait(browser, timeout=10, poll_frequency=0.05).until(condition)
