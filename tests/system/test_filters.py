"""The course's template filters: what a reader of the filters page sees beside each example."""

from tests.system.blog import BlogTestCase
from tests.system.pages import FiltersPage


class TestDefault(BlogTestCase):
    def test_a_reader_sees_that_none_is_no_missing_value(self) -> None:
        page = self.visit(FiltersPage)

        assert page.result("{{ a|default('Default Value') }}") == "Default Value"
        assert page.result("{{ nothing|default('Default Value') }}") == "None"
        assert page.result("{{ nothing|default('Default Value', true) }}") == "Default Value"


class TestIntFloat(BlogTestCase):
    def test_a_reader_sees_numbers_and_what_becomes_of_text_that_is_no_number(self) -> None:
        page = self.visit(FiltersPage)

        assert page.result("{{ 67.7|int }}") == "67"
        assert page.result("{{ 75|float }}") == "75.0"
        assert page.result("{{ 'ten'|int(10) }}") == "10"


class TestRound(BlogTestCase):
    def test_a_reader_sees_a_number_rounded_in_each_way(self) -> None:
        page = self.visit(FiltersPage)

        assert page.result("{{ 5.16725|round }}") == "5.0"
        assert page.result("{{ 5.16725|round(3) }}") == "5.167"
        assert page.result("{{ 5.16725|round(0, 'ceil') }}") == "6.0"


class TestJoin(BlogTestCase):
    def test_a_reader_sees_a_list_with_the_sign_between(self) -> None:
        page = self.visit(FiltersPage)

        assert page.result("{{ k|join('-') }}") == "8-15-25-88-12-78"


class TestLength(BlogTestCase):
    def test_a_reader_sees_how_long_the_list_is(self) -> None:
        page = self.visit(FiltersPage)

        assert page.result("{{ k|length }}") == "6"


class TestChain(BlogTestCase):
    def test_a_reader_sees_what_two_filters_make_together(self) -> None:
        page = self.visit(FiltersPage)

        assert page.result("{{ s|lower|title }}") == "Hello World"


class TestCustom(BlogTestCase):
    def test_a_reader_sees_the_filter_that_is_not_jinjas_own(self) -> None:
        page = self.visit(FiltersPage)

        assert page.result("{{ 'university'|startswith('un') }}") == "un-word"
        assert page.result("{{ 'university'|startswith('pre') }}") == "non-pre-word"
