"""Jinja filters: the built-in ones without an application, and the course's own `startswith`."""

import unittest

from flask import Flask
from jinja2 import Environment, TemplateAssertionError, TemplateSyntaxError
from markupsafe import Markup

from app.filters import EXAMPLES, VALUES, result, startswith

K = [8, 15, 25, 88, 12, 78]


def render(expression: str, **variables: object) -> str:
    """Return the text that `{{ expression }}` renders to with these variables."""
    environment = Environment()  # noqa: S701 - nothing is rendered to HTML here
    environment.filters["startswith"] = startswith
    return environment.from_string(f"{{{{ {expression} }}}}").render(variables)


class TestDefault(unittest.TestCase):
    def test_default_replaces_an_undefined_variable(self):
        self.assertEqual(render("a|default('Default Value')"), "Default Value")

    def test_default_keeps_none_although_the_course_says_otherwise(self):
        self.assertEqual(render("a|default('Default Value')", a=None), "None")

    def test_default_keeps_false_values(self):
        for value, text in (("", ""), (0, "0"), (False, "False"), ([], "[]")):
            with self.subTest(value=value):
                self.assertEqual(render("a|default('Default Value')", a=value), text)

    def test_default_with_true_replaces_none_and_false_values(self):
        for value in (None, "", 0, False, []):
            with self.subTest(value=value):
                self.assertEqual(
                    render("a|default('Default Value', true)", a=value), "Default Value"
                )

    def test_default_with_true_keeps_other_values(self):
        self.assertEqual(render("a|default('Default Value', true)", a="Flask"), "Flask")

    def test_default_value_needs_the_quotes_that_the_course_omits(self):
        with self.assertRaises(TemplateSyntaxError):
            render("a|default(Default Value)")


class TestIntFloat(unittest.TestCase):
    def test_int_truncates_the_decimals(self):
        self.assertEqual(render("67.7|int"), "67")

    def test_float_adds_a_decimal(self):
        self.assertEqual(render("75|float"), "75.0")

    def test_numeric_text_is_converted(self):
        self.assertEqual(render("'67.7'|int"), "67")
        self.assertEqual(render("'75'|float"), "75.0")

    def test_other_text_becomes_zero(self):
        self.assertEqual(render("'ten'|int"), "0")
        self.assertEqual(render("'ten'|float"), "0.0")

    def test_other_text_becomes_the_default_passed_to_the_filter(self):
        self.assertEqual(render("'ten'|int(10)"), "10")
        self.assertEqual(render("'ten'|float(1.5)"), "1.5")


class TestRound(unittest.TestCase):
    def test_round_without_precision_returns_a_float_without_decimals(self):
        self.assertEqual(render("5.16725|round"), "5.0")

    def test_round_to_two_decimals(self):
        self.assertEqual(render("5.16725|round(2)"), "5.17")

    def test_round_to_three_decimals_which_the_course_prints_as_round_2(self):
        self.assertEqual(render("5.16725|round(3)"), "5.167")

    def test_floor_rounds_down(self):
        self.assertEqual(render("5.16725|round(0, 'floor')"), "5.0")
        self.assertEqual(render("5.96725|round(0, 'floor')"), "5.0")

    def test_ceil_rounds_up(self):
        self.assertEqual(render("5.16725|round(0, 'ceil')"), "6.0")


class TestJoin(unittest.TestCase):
    def test_join_with_commas(self):
        self.assertEqual(render("k|join(',')", k=K), "8,15,25,88,12,78")

    def test_join_inserts_the_separator_although_the_course_shows_commas(self):
        self.assertEqual(render("k|join('-')", k=K), "8-15-25-88-12-78")

    def test_join_without_a_separator_adds_nothing_between_the_items(self):
        self.assertEqual(render("k|join", k=K), "81525881278")


class TestLength(unittest.TestCase):
    def test_length_counts_the_items_of_a_list(self):
        self.assertEqual(render("k|length", k=K), "6")

    def test_length_of_an_empty_list_is_zero(self):
        self.assertEqual(render("k|length", k=[]), "0")

    def test_length_counts_the_characters_of_a_text(self):
        self.assertEqual(render("k|length", k="Adiós"), "5")


class TestChain(unittest.TestCase):
    def test_lower_then_title_capitalizes_words_of_any_case(self):
        for s in ("hello world", "HELLO WORLD", "hELLO wORLD", "Hello World"):
            with self.subTest(s=s):
                self.assertEqual(render("s|lower|title", s=s), "Hello World")

    def test_filters_are_applied_from_left_to_right(self):
        self.assertEqual(render("s|title|lower", s="hELLO wORLD"), "hello world")


class TestCustom(unittest.TestCase):
    def test_startswith_returns_the_tag_if_the_word_begins_with_it(self):
        self.assertEqual(startswith("university", "un"), "un-word")

    def test_startswith_returns_non_tag_if_the_word_begins_otherwise(self):
        self.assertEqual(startswith("university", "pre"), "non-pre-word")

    def test_startswith_looks_at_the_beginning_only_and_is_case_sensitive(self):
        for tag in ("versity", "UN", "university!"):
            with self.subTest(tag=tag):
                self.assertEqual(startswith("university", tag), f"non-{tag}-word")

    def test_value_before_the_bar_is_the_first_argument_of_the_filter(self):
        self.assertEqual(render("'university'|startswith('un')"), "un-word")

    def test_startwith_as_misspelled_in_the_course_is_not_a_filter(self):
        with self.assertRaisesRegex(TemplateAssertionError, "No filter named 'startwith'"):
            render("'university'|startwith('pre')")

    def test_result_is_the_rendered_text_of_an_example(self):
        [example] = EXAMPLES["length"]

        with Flask(__name__).app_context():
            self.assertEqual(result(example), "6")

    def test_result_is_escaped_exactly_once(self):
        # Unescaped, a result could inject a script (cross-site scripting). Escaped twice, the page
        # would show the entities.
        with Flask(__name__).app_context():
            shown = result("'<b>'")

        self.assertEqual(shown, Markup("&lt;b&gt;"))
        self.assertIsInstance(shown, Markup)

    def test_example_values_leave_a_undefined_and_nothing_none(self):
        self.assertNotIn("a", VALUES)
        self.assertIsNone(VALUES["nothing"])
