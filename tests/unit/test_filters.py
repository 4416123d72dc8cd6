"""What each filter makes of a value: Jinja's own, with no application, and the course's one."""

import unittest
from unittest import mock

from flask import Flask
from jinja2 import Environment, TemplateAssertionError, TemplateSyntaxError
from markupsafe import Markup

from app.filters import EXAMPLES, VALUES, results, startswith

K = [8, 15, 25, 88, 12, 78]


def render(expression: str, **values: object) -> str:
    """Give what a template shows for `{{ expression }}`."""
    environment = Environment()  # noqa: S701 - nothing here is a page
    environment.filters["startswith"] = startswith
    return environment.from_string(f"{{{{ {expression} }}}}").render(values)


class TestDefault(unittest.TestCase):
    def test_a_missing_value_is_replaced(self):
        self.assertEqual(render("a|default('Default Value')"), "Default Value")

    def test_none_is_not_replaced_though_the_course_says_so(self):
        self.assertEqual(render("a|default('Default Value')", a=None), "None")

    def test_no_other_value_is_replaced_either(self):
        for value, shown in (("", ""), (0, "0"), (False, "False"), ([], "[]")):
            with self.subTest(value=value):
                self.assertEqual(render("a|default('Default Value')", a=value), shown)

    def test_with_true_none_and_every_false_value_is_replaced(self):
        for value in (None, "", 0, False, []):
            with self.subTest(value=value):
                self.assertEqual(
                    render("a|default('Default Value', true)", a=value), "Default Value"
                )

    def test_a_value_that_is_there_stays(self):
        self.assertEqual(render("a|default('Default Value', true)", a="Flask"), "Flask")

    def test_the_default_needs_quotes_which_the_course_leaves_out(self):
        with self.assertRaises(TemplateSyntaxError):
            render("a|default(Default Value)")


class TestIntFloat(unittest.TestCase):
    def test_int_cuts_the_decimals_off(self):
        self.assertEqual(render("67.7|int"), "67")

    def test_float_adds_a_decimal(self):
        self.assertEqual(render("75|float"), "75.0")

    def test_text_that_is_a_number_is_converted(self):
        self.assertEqual(render("'67.7'|int"), "67")
        self.assertEqual(render("'75'|float"), "75.0")

    def test_text_that_is_no_number_gives_zero(self):
        self.assertEqual(render("'ten'|int"), "0")
        self.assertEqual(render("'ten'|float"), "0.0")

    def test_text_that_is_no_number_gives_the_filters_own_default(self):
        self.assertEqual(render("'ten'|int(10)"), "10")
        self.assertEqual(render("'ten'|float(1.5)"), "1.5")


class TestRound(unittest.TestCase):
    def test_without_a_precision_no_decimals_are_kept_but_it_stays_a_float(self):
        self.assertEqual(render("5.16725|round"), "5.0")

    def test_two_decimals(self):
        self.assertEqual(render("5.16725|round(2)"), "5.17")

    def test_three_decimals_need_a_3_where_the_course_prints_a_second_2(self):
        self.assertEqual(render("5.16725|round(3)"), "5.167")
        self.assertNotEqual(render("5.16725|round(2)"), "5.167")

    def test_floor_rounds_down(self):
        self.assertEqual(render("5.16725|round(0, 'floor')"), "5.0")
        self.assertEqual(render("5.96725|round(0, 'floor')"), "5.0")

    def test_ceil_rounds_up(self):
        self.assertEqual(render("5.16725|round(0, 'ceil')"), "6.0")


class TestJoin(unittest.TestCase):
    def test_numbers_are_joined_by_commas(self):
        self.assertEqual(render("k|join(',')", k=K), "8,15,25,88,12,78")

    def test_dashes_need_a_dash_where_the_course_prints_a_second_comma(self):
        self.assertEqual(render("k|join('-')", k=K), "8-15-25-88-12-78")
        self.assertNotIn("-", render("k|join(',')", k=K))

    def test_without_a_separator_nothing_stands_between(self):
        self.assertEqual(render("k|join", k=K), "81525881278")


class TestLength(unittest.TestCase):
    def test_a_list_has_as_many_as_it_has_items(self):
        self.assertEqual(render("k|length", k=K), "6")

    def test_an_empty_list_has_none(self):
        self.assertEqual(render("k|length", k=[]), "0")

    def test_a_text_has_as_many_as_it_has_characters(self):
        self.assertEqual(render("k|length", k="Adiós"), "5")


class TestChain(unittest.TestCase):
    def test_lower_then_title_gives_a_title_whatever_the_case(self):
        for s in ("hello world", "HELLO WORLD", "hELLO wORLD", "Hello World"):
            with self.subTest(s=s):
                self.assertEqual(render("s|lower|title", s=s), "Hello World")

    def test_filters_work_from_left_to_right(self):
        self.assertEqual(render("s|title|lower", s="hELLO wORLD"), "hello world")


class TestCustom(unittest.TestCase):
    def test_a_word_that_begins_with_the_tag_is_one_of_its_words(self):
        self.assertEqual(startswith("university", "un"), "un-word")

    def test_a_word_that_begins_otherwise_is_none_of_its_words(self):
        self.assertEqual(startswith("university", "pre"), "non-pre-word")

    def test_only_the_beginning_counts_and_its_case(self):
        for tag in ("versity", "UN", "university!"):
            with self.subTest(tag=tag):
                self.assertEqual(startswith("university", tag), f"non-{tag}-word")

    def test_in_a_template_the_value_comes_first_and_the_argument_second(self):
        self.assertEqual(render("'university'|startswith('un')"), "un-word")

    def test_startwith_as_the_course_spells_it_once_is_no_filter(self):
        with self.assertRaisesRegex(TemplateAssertionError, "No filter named 'startwith'"):
            render("'university'|startwith('pre')")

    def test_an_example_is_shown_with_its_result(self):
        with Flask(__name__).app_context():
            shown = list(results("length"))

        self.assertEqual(shown, [("{{ k|length }}", "6")])

    def test_the_result_of_an_example_is_escaped_once(self):
        with (
            Flask(__name__).app_context(),
            mock.patch.dict(EXAMPLES, {"markup": ["'<b>'"]}),
        ):
            [(_, result)] = results("markup")

        self.assertEqual(result, Markup("&lt;b&gt;"))
        self.assertIsInstance(result, Markup)

    def test_the_variable_that_the_examples_miss_is_missing(self):
        self.assertNotIn("a", VALUES)
        self.assertIsNone(VALUES["nothing"])
