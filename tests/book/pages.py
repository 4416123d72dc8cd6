"""A page object: what a reader sees on a page of the course book, and can do there."""

from importlib.resources import files
from typing import Self

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.system.page import Page, wait

# Shows the content of all tabs and of all folded sections, and changes colours at once.
SHOW_ALL = """
const style = document.createElement("style");
style.textContent = `
  .sd-tab-content { display: block !important }
  * { transition: none !important }
`;
document.head.append(style);
for (const element of document.querySelectorAll("details")) element.open = true;
"""

# Elements have the same colours if they and their ancestors have the same tags and classes. This
# keeps one of each kind: axe-core takes half a minute for the colours of all code on a page.
KEEP_ONE_OF_EACH_KIND = """
const kind = (e) => e ? `${kind(e.parentElement)} > ${e.tagName}.${e.className}` : "";
const kinds = new Set();
const kept = new Set();
const elements = [...document.body.querySelectorAll("*")];
for (const element of elements) {
  if (!kinds.has(kind(element))) {
    for (let e = element; e; e = e.parentElement) kept.add(e);
  }
  kinds.add(kind(element));
}
for (const element of elements) if (!kept.has(element)) element.remove();
"""

# Runs axe-core once the page has been drawn, and returns a line for each element that violates a
# rule.
RUN_AXE = """
const [options, done] = arguments;
const drawn = new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
drawn
  .then(() => axe.run({ resultTypes: ["violations"], ...options }))
  .then(({ violations }) => violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, target }) => `${id}, ${help}: ${target}: ${html}`)))
  .then(done, (error) => done([String(error)]));
"""
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]


class BookPage(Page):
    """A page of the course book."""

    path = "index.html"

    def show_all(self) -> Self:
        """Show the content of all tabs and of all folded sections."""
        self.browser.execute_script(SHOW_ALL)
        return self

    def use_theme(self, theme: str) -> None:
        """Set the theme that the reader's system asks for: light, dark, or an empty string."""
        setting = {"name": "prefers-color-scheme", "value": theme}
        self.browser.cdp("Emulation.setEmulatedMedia", features=[setting])

    @property
    def overflow(self) -> int:
        """The number of CSS pixels by which the page is wider than the window."""
        # On a phone, Furo scrolls the content and not the window.
        script = """
            const scrolling = document.querySelectorAll("html, .content");
            return Math.max(...[...scrolling].map((e) => e.scrollWidth - e.clientWidth));
        """
        return self.browser.execute_script(script)

    @property
    def console(self) -> list[str]:
        """The messages in the console: errors, and requests that the server forbids."""
        return [entry["message"] for entry in self.browser.read_console()]

    def violations(self) -> list[str]:
        """Return a line for each element that violates WCAG 2.2 AA, apart from its colours."""
        axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
        self.browser.execute_script(axe)
        return self._run_axe(runOnly=LEVELS, rules={"color-contrast": {"enabled": False}})

    def keep_one_of_each_kind(self) -> None:
        """Remove all elements but one of each kind: one link in a list, one keyword in the code."""
        self.browser.execute_script(KEEP_ONE_OF_EACH_KIND)

    def contrast_violations(self) -> list[str]:
        """Return a line for each text that has too little contrast. Call `violations` first."""
        return self._run_axe(runOnly=["color-contrast"])

    def _run_axe(self, **options: object) -> list[str]:
        return self.browser.execute_async_script(RUN_AXE, options)

    def search(self, text: str) -> dict[str, str]:
        """Type into the search field, and return the results: their title by their path."""
        field = self.browser.find_element(By.NAME, "q")
        with self.expect_new_page():
            field.send_keys(text, Keys.ENTER)
        # The heading contains moving dots until the search is finished.
        wait(self.browser, lambda _: self._texts("#search-results > h2:not(:has(span))"))
        found = self.browser.find_elements(By.CSS_SELECTOR, "#search-results li > a")
        hrefs = [str(link.get_property("href")).removeprefix(self.site) for link in found]
        return dict(zip(hrefs, [link.text for link in found], strict=True))
