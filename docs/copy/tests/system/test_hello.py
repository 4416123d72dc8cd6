"""The application in a browser."""

from tests.system.cases import BrowserTestCase
from tests.system.page import Page


class TestNotes(BrowserTestCase):
    def test_saved_note_is_on_the_next_page(self) -> None:
        page = self.visit(Page)

        page.fill_in(Note="Buy milk")
        page.submit("Save")

        assert "Buy milk" in page.text

    def test_empty_note_is_not_sent(self) -> None:
        page = self.visit(Page)

        page.submit_expecting_validation("Save")

        assert page.validation_message("Note") != ""
