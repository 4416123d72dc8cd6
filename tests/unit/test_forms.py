"""What every form does with what is typed, before the page that shows it has a say."""

import unittest

from flask import Flask
from werkzeug.exceptions import BadRequest
from wtforms import StringField
from wtforms.validators import DataRequired, ValidationError

from app.forms import Form, many_lines, one_line, readable, sent


class NameForm(Form):
    username = StringField("Name", [DataRequired()], [one_line])
    city = StringField("City", [DataRequired()])


class FormTestCase(unittest.TestCase):
    """Gives each test an application that knows no page: a form needs no more than a request."""

    def setUp(self):
        self.app = Flask(__name__)

    def form(self, **request: object) -> NameForm:
        with self.app.test_request_context("/", **request):
            return NameForm(city="London")


class TestForm(FormTestCase):
    def test_what_is_posted_or_put_is_submitted(self):
        for method, submitted in (("POST", True), ("PUT", True), ("GET", False), ("HEAD", False)):
            with self.subTest(method=method):
                self.assertIs(self.form(method=method).is_submitted, submitted)

    def test_a_form_that_is_not_submitted_is_not_accepted_and_shows_its_defaults(self):
        form = self.form()

        self.assertFalse(form.is_accepted())
        self.assertEqual(form.city.data, "London")

    def test_an_address_fills_no_form(self):
        self.assertEqual(self.form(query_string={"username": "John"}).username.data, "")

    def test_what_is_valid_is_accepted(self):
        form = self.form(method="POST", data={"username": "John Williams", "city": "Paris"})

        self.assertTrue(form.is_accepted())
        self.assertEqual(form.data, {"username": "John Williams", "city": "Paris"})

    def test_what_is_invalid_is_not_accepted(self):
        form = self.form(method="POST", data={"username": "", "city": "Paris"})

        self.assertFalse(form.is_accepted())

    def test_json_is_accepted_like_a_form(self):
        form = self.form(method="PUT", json={"username": "  John  Williams ", "city": "Paris"})

        self.assertTrue(form.is_accepted())
        self.assertEqual(form.username.data, "John Williams")

    def test_everything_that_is_wrong_is_one_line(self):
        form = self.form(method="POST", data={"username": " ", "city": ""})

        form.validate()

        self.assertEqual(
            form.reasons, "Name: This field is required. City: This field is required."
        )


class TestSent(FormTestCase):
    def test_a_form_is_what_was_posted(self):
        with self.app.test_request_context("/", method="POST", data={"username": "John"}):
            self.assertEqual(sent()["username"], "John")

    def test_a_json_object_is_what_was_posted(self):
        with self.app.test_request_context("/", method="POST", json={"username": "John"}):
            self.assertEqual(sent()["username"], "John")

    def test_json_may_name_its_charset(self):
        request = {
            "data": '{"username": "John"}',
            "content_type": "application/json; charset=utf-8",
        }

        with self.app.test_request_context("/", method="POST", **request):
            self.assertEqual(sent()["username"], "John")

    def test_json_that_is_no_object_of_texts_is_a_bad_request_that_says_so(self):
        for body in (
            "",
            "{",
            "null",
            "1",
            '"John"',
            '["username"]',
            '{"username": 1}',
            '{"username": null}',
            '{"username": ["John"]}',
            '{"username": "John", "city": {}}',
            b"\xff",
        ):
            with (
                self.subTest(body=body),
                self.app.test_request_context(
                    "/", method="POST", data=body, content_type="application/json"
                ),
                self.assertRaisesRegex(BadRequest, "a JSON object whose values are all text"),
            ):
                sent()


class TestOneLine(unittest.TestCase):
    def test_spaces_are_single_and_not_at_the_ends(self):
        for typed, kept in (
            ("John Williams", "John Williams"),
            ("  John \t Williams\r\n", "John Williams"),
            ("John\N{NO-BREAK SPACE}Williams", "John Williams"),
            (" \n ", ""),
            ("", ""),
            (None, ""),
        ):
            with self.subTest(typed=typed):
                self.assertEqual(one_line(typed), kept)

    def test_an_accent_typed_apart_is_joined_to_its_letter(self):
        self.assertEqual(one_line("Adio\N{COMBINING ACUTE ACCENT}s"), "Adiós")


class TestManyLines(unittest.TestCase):
    def test_lines_and_the_spaces_within_them_stay(self):
        self.assertEqual(many_lines("One.\n\n  Two,  three."), "One.\n\n  Two,  three.")

    def test_the_line_ends_of_a_browser_become_plain(self):
        self.assertEqual(many_lines("One.\r\nTwo."), "One.\nTwo.")

    def test_blank_lines_around_the_text_go(self):
        self.assertEqual(many_lines("\r\n \r\nOne.\r\n"), "One.")

    def test_nothing_is_an_empty_text(self):
        self.assertEqual(many_lines(None), "")

    def test_an_accent_typed_apart_is_joined_to_its_letter(self):
        self.assertEqual(many_lines("Adio\N{COMBINING ACUTE ACCENT}s"), "Adiós")


class TestReadable(FormTestCase):
    def check(self, text: str | None) -> None:
        form = self.form()
        form.city.data = text
        readable(form, form.city)

    def test_text_is_taken_in_any_script(self):
        for text in (
            "John Williams",
            "One.\n\tTwo.",
            "Ñandú, Ωμέγα, 東京, עברית",
            "<script>alert('!')</script>",
            "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}",
            "",
            None,
        ):
            with self.subTest(text=text):
                self.assertIsNone(self.check(text))

    def test_a_control_character_is_refused(self):
        for text in ("John\0", "\x07John", "John\x1b[31m", "John\x7f", "John\x85", "John\rFordo"):
            with (
                self.subTest(text=text),
                self.assertRaisesRegex(ValidationError, "cannot be stored or shown"),
            ):
                self.check(text)

    def test_half_of_a_surrogate_pair_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "cannot be stored or shown"):
            self.check("John\ud800")

    def test_text_in_which_nothing_can_be_seen_is_refused(self):
        for text in (
            " ",
            "\n\t",
            "\N{IDEOGRAPHIC SPACE}",
            "\N{ZERO WIDTH SPACE}",
            "\N{SOFT HYPHEN}\N{ZERO WIDTH JOINER}",
            "\N{RIGHT-TO-LEFT OVERRIDE} ",
        ):
            with (
                self.subTest(text=text),
                self.assertRaisesRegex(ValidationError, "nothing in it that can be seen"),
            ):
                self.check(text)
