"""Forms: how they read a request, and which values each form of the application rejects."""

import unittest

from flask import Flask
from werkzeug.exceptions import BadRequest
from wtforms import StringField
from wtforms.validators import DataRequired

from app.forms import Form, readable, submitted_data
from app.sessions import LoginForm, SignUpForm
from app.text import clean_line
from app.views import ContactForm

PASSWORD = "there and back again"


class PersonForm(Form):
    username = StringField("Username", [DataRequired()], [clean_line])
    city = StringField("City", [DataRequired()])


class FormTestCase(unittest.TestCase):
    """Base class with an application without pages: a form needs only a request."""

    def setUp(self):
        self.app = Flask(__name__)


class TestForm(FormTestCase):
    def form(self, **request: object) -> PersonForm:
        """Return a form created in a request, with default values."""
        with self.app.test_request_context(**request):
            return PersonForm(username="Fordo Baggings", city="London")

    def test_form_is_submitted_by_every_method_that_changes_something(self):
        for method in ("POST", "PUT", "DELETE"):
            with self.subTest(method=method):
                self.assertTrue(self.form(method=method).is_submitted)

    def test_form_is_not_submitted_by_get_and_head(self):
        for method in ("GET", "HEAD"):
            with self.subTest(method=method):
                self.assertFalse(self.form(method=method).is_submitted)

    def test_form_that_is_not_submitted_shows_its_defaults(self):
        form = self.form()

        self.assertFalse(form.validate_on_submit())
        self.assertEqual(form.city.data, "London")

    def test_query_string_does_not_fill_the_form(self):
        form = self.form(query_string={"username": "John Williams"})

        self.assertEqual(form.username.data, "Fordo Baggings")

    def test_body_of_a_get_request_does_not_fill_the_form(self):
        form = self.form(method="GET", data={"username": "John Williams"})

        self.assertEqual(form.username.data, "Fordo Baggings")

    def test_valid_form_is_accepted(self):
        form = self.form(method="POST", data={"username": "John Williams", "city": "Paris"})

        self.assertTrue(form.validate_on_submit())
        self.assertEqual(form.data, {"username": "John Williams", "city": "Paris"})

    def test_invalid_form_is_not_accepted(self):
        form = self.form(method="POST", data={"username": "", "city": "Paris"})

        self.assertFalse(form.validate_on_submit())

    def test_missing_field_is_empty_despite_its_default(self):
        form = self.form(method="POST", data={"username": "John Williams"})

        self.assertFalse(form.validate_on_submit())
        self.assertEqual(list(form.errors), ["city"])

    def test_json_is_accepted_like_a_form(self):
        form = self.form(method="PUT", json={"username": "  John  Williams ", "city": "Paris"})

        self.assertTrue(form.validate_on_submit())
        self.assertEqual(form.username.data, "John Williams")

    def test_error_summary_lists_the_errors_of_all_fields(self):
        form = self.form(method="POST", data={"username": " ", "city": ""})

        form.validate()

        self.assertEqual(
            form.error_summary, "Username: This field is required. City: This field is required."
        )

    def test_error_summary_starts_with_the_errors_of_the_whole_form(self):
        form = self.form(method="POST", data={"username": "John Williams", "city": ""})
        form.validate()

        form.form_errors.append("This post has changed.")

        self.assertEqual(form.error_summary, "This post has changed. City: This field is required.")


class TestSubmittedData(FormTestCase):
    def submitted(self, **request: object) -> dict[str, str]:
        with self.app.test_request_context(method="POST", **request):
            return submitted_data().to_dict()

    def test_html_form_is_read(self):
        self.assertEqual(self.submitted(data={"username": "John"}), {"username": "John"})

    def test_json_object_is_read(self):
        self.assertEqual(self.submitted(json={"username": "John"}), {"username": "John"})

    def test_json_content_type_may_have_a_charset_or_a_suffix(self):
        for content_type in ("application/json; charset=utf-8", "application/merge-patch+json"):
            with self.subTest(content_type=content_type):
                data = self.submitted(data='{"username": "John"}', content_type=content_type)

                self.assertEqual(data, {"username": "John"})

    def test_json_that_is_not_an_object_of_strings_is_a_bad_request(self):
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
            '{"username": ' + "9" * 5000 + "}",
            b"\xff",
        ):
            with self.subTest(body=body[:20]), self.assertRaises(BadRequest):
                self.submitted(data=body, content_type="application/json")


class TestReadable(FormTestCase):
    class CommentForm(Form):
        comment = StringField("Comment", [readable])

    def is_valid(self, comment: str) -> bool:
        with self.app.test_request_context(method="POST", data={"comment": comment}):
            return self.CommentForm().validate()

    def test_text_in_any_script_is_valid(self):
        for text in (
            "John Williams",
            "One.\n\tTwo.",
            "Ñandú, Ωμέγα, 東京, עברית",
            "<script>alert('!')</script>",
            "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}",
            "",
        ):
            with self.subTest(text=text):
                self.assertTrue(self.is_valid(text))

    def test_control_character_is_rejected(self):
        for text in ("John\0", "\x07John", "John\x1b[31m", "John\x7f", "John\x85", "John\rFordo"):
            with self.subTest(text=text):
                self.assertFalse(self.is_valid(text))


class ValidationTestCase(FormTestCase):
    """Base class that submits one form of the application, valid except for the given fields."""

    form_class: type[Form]
    valid: dict[str, str]

    def submit(self, **fields: str) -> Form:
        with self.app.test_request_context(method="POST", data={**self.valid, **fields}):
            return self.form_class()

    def invalid_fields(self, **fields: str) -> list[str]:
        """Return the names of the fields with errors."""
        form = self.submit(**fields)
        form.validate()
        return list(form.errors)


class TestSignUpForm(ValidationTestCase):
    form_class = SignUpForm
    valid = {"username": "John Williams", "password": PASSWORD}

    def test_username_has_1_to_80_characters(self):
        for length, invalid in ((0, ["username"]), (1, []), (80, []), (81, ["username"])):
            with self.subTest(length=length):
                self.assertEqual(self.invalid_fields(username="x" * length), invalid)

    def test_new_password_has_8_to_128_characters(self):
        for length, invalid in ((7, ["password"]), (8, []), (128, []), (129, ["password"])):
            with self.subTest(length=length):
                self.assertEqual(self.invalid_fields(password="x" * length), invalid)

    def test_letter_with_a_decomposed_accent_is_one_character_of_a_password(self):
        letter = "e\N{COMBINING ACUTE ACCENT}"

        for length, invalid in ((7, ["password"]), (8, []), (128, []), (129, ["password"])):
            with self.subTest(length=length):
                self.assertEqual(self.invalid_fields(password=letter * length), invalid)

    def test_unreadable_username_is_rejected(self):
        for username in ("   ", "John\0", "\N{ZERO WIDTH SPACE}"):
            with self.subTest(username=username):
                self.assertEqual(self.invalid_fields(username=username), ["username"])

    def test_new_password_with_a_control_character_is_rejected(self):
        self.assertEqual(self.invalid_fields(password="there and\0back again"), ["password"])

    def test_spaces_in_a_password_are_kept(self):
        form = self.submit(password=" there  and ")

        self.assertEqual(form.password.data, " there  and ")

    def test_username_with_a_format_character_is_rejected(self):
        # Spoofing: two usernames could look the same, or turn the text beside them around.
        for character in (
            "\N{ZERO WIDTH SPACE}",
            "\N{RIGHT-TO-LEFT OVERRIDE}",
            "\N{SOFT HYPHEN}",
            "\N{ZERO WIDTH NO-BREAK SPACE}",
            "\N{TAG LATIN SMALL LETTER A}",
            "\N{ZERO WIDTH JOINER}",
            "\N{ZERO WIDTH NON-JOINER}",
        ):
            with self.subTest(character=character):
                form = self.submit(username=f"John{character} Williams")

                self.assertFalse(form.validate())
                self.assertIn("invisible", form.username.errors[0])

    def test_username_with_a_visible_joiner_is_accepted(self):
        for username in (
            "می\N{ZERO WIDTH NON-JOINER}خواهم",
            "ක්\N{ZERO WIDTH JOINER}ෂ",
            "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}",
            "\N{ADULT}\N{EMOJI MODIFIER FITZPATRICK TYPE-5}\N{ZERO WIDTH JOINER}\N{ROCKET}",
            "\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}\N{ZERO WIDTH JOINER}\N{FIRE}",
        ):
            with self.subTest(username=username):
                self.assertEqual(self.invalid_fields(username=username), [])

    def test_username_with_a_repeated_joiner_is_rejected(self):
        username = "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}"

        self.assertEqual(self.invalid_fields(username=username), ["username"])

    def test_password_that_is_easy_to_guess_is_rejected(self):
        for password in (
            "password",
            "PassWord",
            "12345678",
            "qwertyuiop",
            "John Williams",
            "john williams",
        ):
            with self.subTest(password=password):
                form = self.submit(password=password)

                self.assertFalse(form.validate())
                self.assertIn("Choose another password", form.password.errors[0])

    def test_password_that_only_contains_a_common_one_is_accepted(self):
        for password in ("password of my own", "John Williams!", PASSWORD):
            with self.subTest(password=password):
                self.assertEqual(self.invalid_fields(password=password), [])


class TestLoginForm(ValidationTestCase):
    form_class = LoginForm
    valid = {"username": "John Williams", "password": PASSWORD}

    def test_username_and_password_are_required_to_log_in(self):
        self.assertEqual(self.invalid_fields(username="", password=""), ["username", "password"])

    def test_username_is_cleaned_as_when_signing_up(self):
        form = self.submit(username=" John  Williams ")

        self.assertEqual(form.username.data, "John Williams")

    def test_login_with_a_control_character_is_rejected(self):
        for field in ("username", "password"):
            with self.subTest(field=field):
                self.assertEqual(self.invalid_fields(**{field: "John\0"}), [field])

    def test_login_form_does_not_check_the_length_of_the_password(self):
        self.assertEqual(self.invalid_fields(password="x"), [])


class TestContactForm(ValidationTestCase):
    form_class = ContactForm
    valid = {"city": "London", "email": "john.willy@xyz.com", "phonenum": "675-876-2423"}

    def test_city_and_email_are_required_and_phone_is_optional(self):
        invalid = self.invalid_fields(city="", email="", phonenum="")

        self.assertEqual(invalid, ["city", "email"])

    def test_errors_name_the_labels_of_the_contact_fields(self):
        form = self.submit(city="", email="", phonenum="x")

        form.validate()

        self.assertEqual(
            form.error_summary,
            "City: This field is required. Email: This field is required. "
            "Phone: Use only digits, spaces and + ( ) / . -",
        )

    def test_email_has_one_at_sign_with_text_on_both_sides_and_no_space(self):
        for email, invalid in (
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
                self.assertEqual(self.invalid_fields(email=email), invalid)

    def test_phone_number_has_ascii_digits_and_separators_only(self):
        for phonenum, invalid in (
            ("675-876-2423", []),
            ("+49 (89) 12.34/56", []),
            ("675-876-CALL", ["phonenum"]),
            ("675;876", ["phonenum"]),
            ("\N{ARABIC-INDIC DIGIT ONE}", ["phonenum"]),
        ):
            with self.subTest(phonenum=phonenum):
                self.assertEqual(self.invalid_fields(phonenum=phonenum), invalid)

    def test_contact_fields_are_at_most_as_long_as_their_columns(self):
        for field, longest in (
            ("city", "x" * 80),
            ("email", "j@" + "x" * 252),
            ("phonenum", "1" * 32),
        ):
            with self.subTest(field=field):
                self.assertEqual(self.invalid_fields(**{field: longest}), [])
                self.assertEqual(self.invalid_fields(**{field: longest + longest[-1]}), [field])

    def test_control_character_is_rejected_in_every_contact_field(self):
        for field, value in self.valid.items():
            with self.subTest(field=field):
                self.assertEqual(self.invalid_fields(**{field: value + "\0"}), [field])
