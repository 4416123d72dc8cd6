"""Jinja's filters and the course's own filter, on the page that shows each with its result."""

from collections.abc import Mapping
from types import MappingProxyType

import pytest
from flask import Flask
from jinja2 import TemplateAssertionError

from app.filters import EXAMPLES
from tests.support.html import texts


@pytest.fixture(scope="module")
def results(shared_app: Flask) -> Mapping[str, str]:
    """The result that the page shows next to each example, read once: no test changes the page."""
    response = shared_app.test_client().get("/filters")
    return MappingProxyType(dict(zip(texts(response, "dt"), texts(response, "dd"), strict=True)))


class TestDefault:
    def test_page_shows_the_results_of_default(self, results):
        assert results["{{ a|default('Default Value') }}"] == "Default Value"
        assert results["{{ nothing|default('Default Value') }}"] == "None"
        assert results["{{ nothing|default('Default Value', true) }}"] == "Default Value"

    def test_page_shows_which_variable_is_none(self, client):
        assert "nothing = None" in texts(client.get("/filters"), "main p code")


class TestIntFloat:
    def test_page_shows_the_results_of_int_and_float(self, results):
        assert results["{{ 67.7|int }}"] == "67"
        assert results["{{ 75|float }}"] == "75.0"
        assert results["{{ 'ten'|int }}"] == "0"
        assert results["{{ 'ten'|int(10) }}"] == "10"
        assert results["{{ 'ten'|float }}"] == "0.0"


class TestRound:
    def test_page_shows_the_results_of_round(self, results):
        assert results["{{ 5.16725|round }}"] == "5.0"
        assert results["{{ 5.16725|round(2) }}"] == "5.17"
        assert results["{{ 5.16725|round(3) }}"] == "5.167"
        assert results["{{ 5.16725|round(0, 'floor') }}"] == "5.0"
        assert results["{{ 5.16725|round(0, 'ceil') }}"] == "6.0"


class TestJoin:
    def test_page_shows_the_results_of_join(self, results):
        assert results["{{ k|join(',') }}"] == "8,15,25,88,12,78"
        assert results["{{ k|join('-') }}"] == "8-15-25-88-12-78"


class TestLength:
    def test_page_shows_the_result_of_length(self, results):
        assert results["{{ k|length }}"] == "6"


class TestChain:
    def test_filter_gets_the_result_of_the_filter_before_it(self, results):
        assert results["{{ s|lower|title }}"] == "Hello World"

    def test_page_shows_the_text_before_it_is_filtered(self, client):
        assert "s = 'hELLO wORLD'" in texts(client.get("/filters"), "main p code")


class TestCustom:
    def test_startswith_shows_whether_a_word_has_a_prefix(self, results):
        assert results["{{ 'university'|startswith('un') }}"] == "un-word"
        assert results["{{ 'university'|startswith('pre') }}"] == "non-pre-word"

    def test_startswith_is_available_in_every_template_of_the_application(self, app):
        template = app.jinja_env.from_string("{{ name|lower|startswith('john') }}")

        assert template.render(name="John Williams") == "john-word"

    def test_startswith_is_not_available_in_another_application(self):
        with pytest.raises(TemplateAssertionError, match="No filter named 'startswith'"):
            Flask("another").jinja_env.from_string("{{ 'university'|startswith('un') }}")

    def test_result_of_startswith_is_escaped_once(self, client, monkeypatch):
        monkeypatch.setitem(EXAMPLES, "startswith", ["'<b>'|startswith('<b>')"])

        assert "<b>-word" in texts(client.get("/filters"), "dd")
