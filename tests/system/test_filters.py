"""The course's template filters: what a reader of the filters page sees beside each example."""

from tests.system.blog import BlogTestCase
from tests.system.pages import FiltersPage


class FiltersTestCase(BlogTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.results = self.visit(FiltersPage).results


class TestDefault(FiltersTestCase):
    def test_a_reader_sees_that_none_is_no_missing_value(self) -> None:
        assert self.results["{{ a|default('Default Value') }}"] == "Default Value"
        assert self.results["{{ nothing|default('Default Value') }}"] == "None"
        assert self.results["{{ nothing|default('Default Value', true) }}"] == "Default Value"


class TestIntFloat(FiltersTestCase):
    def test_a_reader_sees_numbers_and_what_becomes_of_text_that_is_no_number(self) -> None:
        assert self.results["{{ 67.7|int }}"] == "67"
        assert self.results["{{ 75|float }}"] == "75.0"
        assert self.results["{{ 'ten'|int(10) }}"] == "10"


class TestRound(FiltersTestCase):
    def test_a_reader_sees_a_number_rounded_in_each_way(self) -> None:
        assert self.results["{{ 5.16725|round }}"] == "5.0"
        assert self.results["{{ 5.16725|round(3) }}"] == "5.167"
        assert self.results["{{ 5.16725|round(0, 'ceil') }}"] == "6.0"


class TestJoin(FiltersTestCase):
    def test_a_reader_sees_a_list_with_the_sign_between(self) -> None:
        assert self.results["{{ k|join('-') }}"] == "8-15-25-88-12-78"


class TestLength(FiltersTestCase):
    def test_a_reader_sees_how_long_the_list_is(self) -> None:
        assert self.results["{{ k|length }}"] == "6"


class TestChain(FiltersTestCase):
    def test_a_reader_sees_what_two_filters_make_together(self) -> None:
        assert self.results["{{ s|lower|title }}"] == "Hello World"


class TestCustom(FiltersTestCase):
    def test_a_reader_sees_the_filter_that_is_not_jinjas_own(self) -> None:
        assert self.results["{{ 'university'|startswith('un') }}"] == "un-word"
        assert self.results["{{ 'university'|startswith('pre') }}"] == "non-pre-word"
