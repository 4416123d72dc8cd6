"""The course's template filters: the page that shows each example with its result."""

from tests.system.blog import BlogTestCase
from tests.system.pages import FiltersPage


class TestDefault(BlogTestCase):
    def test_default_replaces_an_undefined_value_but_not_none(self) -> None:
        page = self.visit(FiltersPage)

        assert page.result("{{ a|default('Default Value') }}") == "Default Value"
        assert page.result("{{ nothing|default('Default Value') }}") == "None"
        assert page.result("{{ nothing|default('Default Value', true) }}") == "Default Value"


class TestIntFloat(BlogTestCase):
    def test_int_and_float_convert_numbers_and_replace_other_text(self) -> None:
        page = self.visit(FiltersPage)

        assert page.result("{{ 67.7|int }}") == "67"
        assert page.result("{{ 75|float }}") == "75.0"
        assert page.result("{{ 'ten'|int(10) }}") == "10"


class TestRound(BlogTestCase):
    def test_round_shows_a_number_with_fewer_digits(self) -> None:
        page = self.visit(FiltersPage)

        assert page.result("{{ 5.16725|round }}") == "5.0"
        assert page.result("{{ 5.16725|round(3) }}") == "5.167"
        assert page.result("{{ 5.16725|round(0, 'ceil') }}") == "6.0"


class TestJoin(BlogTestCase):
    def test_join_shows_the_items_with_a_separator(self) -> None:
        page = self.visit(FiltersPage)

        assert page.result("{{ k|join('-') }}") == "8-15-25-88-12-78"


class TestLength(BlogTestCase):
    def test_length_shows_the_number_of_items(self) -> None:
        page = self.visit(FiltersPage)

        assert page.result("{{ k|length }}") == "6"


class TestChain(BlogTestCase):
    def test_chained_filters_show_the_result_of_both(self) -> None:
        page = self.visit(FiltersPage)

        assert page.result("{{ s|lower|title }}") == "Hello World"


class TestCustom(BlogTestCase):
    def test_custom_filter_shows_its_result(self) -> None:
        page = self.visit(FiltersPage)

        assert page.result("{{ 'university'|startswith('un') }}") == "un-word"
        assert page.result("{{ 'university'|startswith('pre') }}") == "non-pre-word"
