"""One blueprint at two addresses, as a person who is greeted meets it."""

from tests.system.blog import BlogTestCase
from tests.system.pages import GreetingPage, Page


class TestPrefix(BlogTestCase):
    def test_the_menu_leads_to_the_greeting_under_its_prefix(self) -> None:
        page = self.visit(Page)

        page.follow("Greeting")

        assert (page.address, page.heading) == ("/en/", "Hello, World!")

    def test_without_its_prefix_there_is_no_greeting(self) -> None:
        self.expects = [404]

        page = self.visit(GreetingPage, "/John/farewell")

        assert page.heading == "Not Found"


class TestRepeat(BlogTestCase):
    def test_john_is_greeted_in_english(self) -> None:
        page = self.visit(GreetingPage, "/en/John")

        assert (page.heading, page.language) == ("Hello, John!", "en")

    def test_john_is_greeted_in_spanish(self) -> None:
        page = self.visit(GreetingPage, "/es/John")

        assert (page.heading, page.language) == ("Hola, John!", "es")

    def test_a_farewell_is_said_in_the_language_of_the_greeting(self) -> None:
        page = self.visit(GreetingPage, "/es/John")

        page.follow("Adiós")

        assert (page.address, page.heading) == ("/es/John/farewell", "Adiós, John!")

    def test_whoever_changes_the_language_is_greeted_by_the_same_name(self) -> None:
        page = self.visit(GreetingPage, "/en/John")

        page.follow("Español")

        assert (page.address, page.heading) == ("/es/John", "Hola, John!")
