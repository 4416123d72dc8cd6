"""The greeting in a browser: one blueprint, registered under two URL prefixes."""

from tests.system.blog import BlogTestCase
from tests.system.page import Page
from tests.system.pages import GreetingPage


class TestPrefix(BlogTestCase):
    def test_menu_leads_to_the_greeting_under_its_prefix(self) -> None:
        page = self.visit(Page)

        page.follow("Greeting")

        assert (page.current_path, page.heading) == ("/en/", "Hello, World!")


class TestRepeat(BlogTestCase):
    def test_farewell_keeps_the_language_of_the_greeting(self) -> None:
        page = self.visit(GreetingPage, "/es/John")

        page.follow("Adiós")

        assert (page.current_path, page.heading) == ("/es/John/farewell", "Adiós, John!")
        assert page.language == "es"

    def test_switching_the_language_keeps_the_name(self) -> None:
        page = self.visit(GreetingPage, "/en/John")

        page.follow("Español")

        assert (page.current_path, page.heading) == ("/es/John", "Hola, John!")
