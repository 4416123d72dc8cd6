"""What every form does with what is typed, before the page that shows it has a say."""

import unittest

from flask import Flask
from werkzeug.exceptions import BadRequest
from wtforms import StringField
from wtforms.validators import DataRequired, ValidationError

from app.forms import Form, readable, submitted_data
from app.sessions import LoginForm, SignUpForm
from app.text import clean_line
from app.views import ContactForm


class NameForm(Form):
    username = StringField("Name", [DataRequired()], [clean_line])
    city = StringField("City", [DataRequired()])


class FormTestCase(unittest.TestCase):
    """Gives each test an application that knows no page: a form needs no more than a request."""

    def setUp(self):
        self.app = Flask(__name__)

    def form(self, **request: object) -> NameForm:
        with self.app.test_request_context("/", **request):
            return NameForm(username="Fordo Baggings", city="London")


class RefusalsTestCase(FormTestCase):
    """Asks a form of the application which of its fields it refuses."""

    valid: dict[str, str]
    form_class: type[Form]

    def refused(self, **typed: str) -> list[str]:
        with self.app.test_request_context(method="POST", data={**self.valid, **typed}):
            form = self.form_class()
            form.validate()
        return list(form.errors)


class TestForm(FormTestCase):
    def test_what_is_posted_or_put_is_submitted(self):
        for method, submitted in (("POST", True), ("PUT", True), ("GET", False), ("HEAD", False)):
            with self.subTest(method=method):
                self.assertIs(self.form(method=method).is_submitted, submitted)

    def test_a_form_that_is_not_submitted_is_not_accepted_and_shows_its_defaults(self):
        form = self.form()

        self.assertFalse(form.validate_on_submit())
        self.assertEqual(form.city.data, "London")

    def test_an_address_fills_no_form(self):
        form = self.form(query_string={"username": "John Williams"})

        self.assertEqual(form.username.data, "Fordo Baggings")

    def test_what_comes_with_a_get_fills_no_form(self):
        form = self.form(method="GET", data={"username": "John Williams"})

        self.assertEqual(form.username.data, "Fordo Baggings")

    def test_what_is_valid_is_accepted(self):
        form = self.form(method="POST", data={"username": "John Williams", "city": "Paris"})

        self.assertTrue(form.validate_on_submit())
        self.assertEqual(form.data, {"username": "John Williams", "city": "Paris"})

    def test_a_field_that_is_left_out_is_empty_whatever_its_default(self):
        form = self.form(method="POST", data={"username": "John Williams"})

        self.assertFalse(form.validate_on_submit())
        self.assertEqual(list(form.errors), ["city"])

    def test_what_is_invalid_is_not_accepted(self):
        form = self.form(method="POST", data={"username": "", "city": "Paris"})

        self.assertFalse(form.validate_on_submit())

    def test_json_is_accepted_like_a_form(self):
        form = self.form(method="PUT", json={"username": "  John  Williams ", "city": "Paris"})

        self.assertTrue(form.validate_on_submit())
        self.assertEqual(form.username.data, "John Williams")

    def test_everything_that_is_wrong_is_one_line(self):
        form = self.form(method="POST", data={"username": " ", "city": ""})

        form.validate()

        self.assertEqual(
            form.error_summary, "Name: This field is required. City: This field is required."
        )

    def test_what_is_wrong_with_the_whole_form_comes_first(self):
        form = self.form(method="POST", data={"username": "John", "city": ""})
        form.validate()

        form.form_errors.append("It was changed meanwhile.")

        self.assertEqual(
            form.error_summary, "It was changed meanwhile. City: This field is required."
        )


class TestSent(FormTestCase):
    def test_a_form_is_what_was_posted(self):
        with self.app.test_request_context("/", method="POST", data={"username": "John"}):
            self.assertEqual(submitted_data()["username"], "John")

    def test_a_json_object_is_what_was_posted(self):
        with self.app.test_request_context("/", method="POST", json={"username": "John"}):
            self.assertEqual(submitted_data()["username"], "John")

    def test_json_may_name_its_charset_or_what_it_is_for(self):
        for kind in ("application/json; charset=utf-8", "application/merge-patch+json"):
            request = {"data": '{"username": "John"}', "content_type": kind}
            with (
                self.subTest(kind=kind),
                self.app.test_request_context("/", method="POST", **request),
            ):
                self.assertEqual(submitted_data()["username"], "John")

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
            r'{"username": "\ud800"}',
            r'{"username": "\udfff"}',
            b"\xff",
        ):
            with (
                self.subTest(body=body),
                self.app.test_request_context(
                    "/", method="POST", data=body, content_type="application/json"
                ),
                self.assertRaisesRegex(BadRequest, "a JSON object whose values are all text"),
            ):
                submitted_data()


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
            "\N{VARIATION SELECTOR-16}\N{COMBINING ACUTE ACCENT}",
        ):
            with (
                self.subTest(text=text),
                self.assertRaisesRegex(ValidationError, "nothing in it that can be seen"),
            ):
                self.check(text)


class TestSignUpForm(RefusalsTestCase):
    form_class = SignUpForm
    valid = {"username": "John Williams", "password": "there and back again"}

    def test_a_name_has_1_to_80_characters(self):
        for number, refused in ((0, ["username"]), (1, []), (80, []), (81, ["username"])):
            with self.subTest(number=number):
                self.assertEqual(self.refused(username="x" * number), refused)

    def test_a_password_has_8_to_128_characters(self):
        for number, refused in (
            (0, ["password"]),
            (7, ["password"]),
            (8, []),
            (128, []),
            (129, ["password"]),
        ):
            with self.subTest(number=number):
                self.assertEqual(self.refused(password="x" * number), refused)

    def test_a_letter_of_a_password_is_one_character_though_its_accent_was_typed_apart(self):
        accented = "e\N{COMBINING ACUTE ACCENT}"
        for number, refused in ((7, ["password"]), (8, []), (128, []), (129, ["password"])):
            with self.subTest(number=number):
                self.assertEqual(self.refused(password=accented * number), refused)

    def test_a_name_that_cannot_be_read_is_refused(self):
        for username in ("   ", "John\0", "\N{ZERO WIDTH SPACE}"):
            with self.subTest(username=username):
                self.assertEqual(self.refused(username=username), ["username"])

    def test_a_password_that_cannot_be_stored_is_refused(self):
        self.assertEqual(self.refused(password="there and\0back again"), ["password"])

    def test_the_spaces_of_a_password_are_its_own(self):
        with self.app.test_request_context(method="POST", data={"password": " there  and "}):
            self.assertEqual(SignUpForm().password.data, " there  and ")


class TestLoginForm(RefusalsTestCase):
    form_class = LoginForm
    valid = {"username": "John Williams", "password": "there and back again"}

    def test_a_name_and_a_password_are_needed(self):
        self.assertEqual(self.refused(username="", password=""), ["username", "password"])

    def test_a_name_is_tidied_as_it_was_at_the_sign_up(self):
        with self.app.test_request_context(method="POST", data={"username": " John  Williams "}):
            self.assertEqual(LoginForm().username.data, "John Williams")

    def test_what_no_account_can_have_is_refused(self):
        for field in ("username", "password"):
            with self.subTest(field=field):
                self.assertEqual(self.refused(**{field: "John\0"}), [field])

    def test_a_password_too_short_for_a_new_account_is_not_told_so(self):
        self.assertEqual(self.refused(password="x"), [])


class TestContactForm(RefusalsTestCase):
    form_class = ContactForm
    valid = {"city": "London", "email": "john.willy@xyz.com", "phonenum": "675-876-2423"}

    def test_a_city_and_an_email_are_needed_and_a_phone_is_not(self):
        self.assertEqual(self.refused(city="", email="", phonenum=""), ["city", "email"])

    def test_an_email_is_something_at_something(self):
        for email, refused in (
            ("john.willy@xyz.com", []),
            ("j@localhost", []),
            ("ñandú@münchen.example", []),
            ("john.willy", ["email"]),
            ("@xyz.com", ["email"]),
            ("john@", ["email"]),
            ("john@willy@xyz.com", ["email"]),
            ("john willy@xyz.com", ["email"]),
            ("john@xyz.com, fordo@abc.com", ["email"]),
        ):
            with self.subTest(email=email):
                self.assertEqual(self.refused(email=email), refused)

    def test_a_phone_number_has_digits_and_the_signs_between_them(self):
        for phonenum, refused in (
            ("675-876-2423", []),
            ("+49 (89) 12.34/56", []),
            ("675-876-CALL", ["phonenum"]),
            ("675;876", ["phonenum"]),
            ("\N{ARABIC-INDIC DIGIT ONE}", ["phonenum"]),
        ):
            with self.subTest(phonenum=phonenum):
                self.assertEqual(self.refused(phonenum=phonenum), refused)

    def test_each_field_is_as_long_as_its_column_and_no_longer(self):
        for field, longest in (
            ("city", "x" * 80),
            ("email", "j@" + "x" * 252),
            ("phonenum", "1" * 32),
        ):
            with self.subTest(field=field):
                self.assertEqual(self.refused(**{field: longest}), [])
                self.assertEqual(self.refused(**{field: longest + longest[-1]}), [field])

    def test_a_control_character_is_refused_wherever_it_is(self):
        for field, value in self.valid.items():
            with self.subTest(field=field):
                self.assertEqual(self.refused(**{field: value + "\0"}), [field])
