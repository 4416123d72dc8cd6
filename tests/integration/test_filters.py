"""Jinja's filters and the course's own, on the page that shows each of them with its result."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import TemplateAssertionError, TemplateSyntaxError

from app.filters import EXAMPLES
from tests.support.html import texts


@pytest.fixture
def shown(client: FlaskClient) -> dict[str, str]:
    """What stands on the page beside each example."""
    response = client.get("/filters")
    assert response.status_code == 200
    return dict(zip(texts(response, "dt"), texts(response, "dd"), strict=True))


class TestDefault:
    def test_it_replaces_what_is_missing(self, shown):
        assert shown["{{ a|default('Default Value') }}"] == "Default Value"

    def test_it_keeps_none_contrary_to_the_course(self, shown):
        assert shown["{{ nothing|default('Default Value') }}"] == "None"

    def test_it_replaces_none_when_told_to_replace_what_is_false(self, shown):
        assert shown["{{ nothing|default('Default Value', true) }}"] == "Default Value"

    def test_its_text_needs_the_quotes_that_the_course_leaves_out(self, app):
        with pytest.raises(TemplateSyntaxError):
            app.jinja_env.from_string("{{ a|default(Default Value) }}")

    def test_the_page_tells_which_value_is_none(self, client):
        assert "nothing = None" in texts(client.get("/filters"), "main p code")


class TestIntFloat:
    @pytest.mark.parametrize(
        ("example", "result"),
        [
            ("{{ 67.7|int }}", "67"),
            ("{{ 75|float }}", "75.0"),
            ("{{ 'ten'|int }}", "0"),
            ("{{ 'ten'|int(10) }}", "10"),
            ("{{ 'ten'|float }}", "0.0"),
        ],
    )
    def test_a_number_is_converted_and_other_text_is_the_default(self, shown, example, result):
        assert shown[example] == result


class TestRound:
    @pytest.mark.parametrize(
        ("example", "result"),
        [
            ("{{ 5.16725|round }}", "5.0"),
            ("{{ 5.16725|round(2) }}", "5.17"),
            ("{{ 5.16725|round(0, 'floor') }}", "5.0"),
            ("{{ 5.16725|round(0, 'ceil') }}", "6.0"),
        ],
    )
    def test_it_rounds_to_a_number_of_digits_and_in_a_direction(self, shown, example, result):
        assert shown[example] == result

    def test_three_digits_need_a_three_where_the_course_repeats_its_two(self, shown):
        assert shown["{{ 5.16725|round(3) }}"] == "5.167"
        assert shown["{{ 5.16725|round(2) }}"] != "5.167"


class TestJoin:
    def test_it_puts_the_comma_between_the_numbers(self, shown):
        assert shown["{{ k|join(',') }}"] == "8,15,25,88,12,78"

    def test_hyphens_need_a_hyphen_where_the_course_repeats_its_comma(self, shown):
        assert shown["{{ k|join('-') }}"] == "8-15-25-88-12-78"
        assert shown["{{ k|join(',') }}"] != "8-15-25-88-12-78"


class TestLength:
    def test_it_counts_the_numbers(self, shown):
        assert shown["{{ k|length }}"] == "6"


class TestChain:
    def test_each_filter_takes_what_the_one_before_gave(self, shown):
        assert shown["{{ s|lower|title }}"] == "Hello World"

    def test_the_page_tells_that_the_text_was_in_another_case(self, client):
        assert "s = 'hELLO wORLD'" in texts(client.get("/filters"), "main p code")


class TestCustom:
    def test_startswith_tells_whether_a_word_begins_so(self, shown):
        assert shown["{{ 'university'|startswith('un') }}"] == "un-word"
        assert shown["{{ 'university'|startswith('pre') }}"] == "non-pre-word"

    def test_every_template_of_the_application_knows_it(self, app: Flask):
        template = app.jinja_env.from_string("{{ name|lower|startswith('john') }}")

        assert template.render(name="John Williams") == "john-word"

    def test_another_application_does_not_know_it(self):
        with pytest.raises(TemplateAssertionError, match="No filter named 'startswith'"):
            Flask("another").jinja_env.from_string("{{ 'university'|startswith('un') }}")

    def test_the_spelling_that_the_course_has_once_is_unknown(self, app):
        with pytest.raises(TemplateAssertionError, match="No filter named 'startwith'"):
            app.jinja_env.from_string("{{ 'university'|startwith('pre') }}")

    def test_its_result_is_escaped_and_only_once(self, client, monkeypatch):
        monkeypatch.setitem(EXAMPLES, "startswith", ["'<b>'|startswith('<b>')"])

        assert "<b>-word" in texts(client.get("/filters"), "dd")
