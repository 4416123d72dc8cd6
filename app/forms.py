"""The base classes of all forms: input from HTML forms or JSON, and responses with errors.

Flask-WTF's `CSRFProtect` (see `app.sessions`) checks the CSRF token of every unsafe request before
a view creates a form, so the forms themselves are plain WTForms.
"""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import wtforms
from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import Conflict
from wtforms.validators import Length, StopValidation, ValidationError

from app.errors import wants_json
from app.text import VISIBLE_JOINER, clean_line

CHANGED = "This has changed since you opened it. Open it in another tab to compare."


class Form(wtforms.Form):
    """A form that accepts an HTML form or a JSON object of strings.

    The request replaces all values: a missing field is empty, even if it has a default.
    """

    def __init__(self, **defaults: Any) -> None:
        self.is_submitted = request.method in {"POST", "PUT", "DELETE"}
        # The status of the page that shows this form, unless it is valid.
        self.status = 422 if self.is_submitted else 200
        super().__init__(**({"formdata": submitted_data()} if self.is_submitted else defaults))

    def validate_on_submit(self) -> bool:
        """Return True if the form was submitted and is valid."""
        return self.is_submitted and self.validate()

    def require_valid(self) -> None:
        """Raise 422 with all errors unless the form is valid."""
        if not self.validate():
            abort(422, self.error_summary)

    @contextmanager
    def conflict_as_error(self, field: wtforms.Field | None = None) -> Iterator[None]:
        """Turn 409 Conflict, such as a lost race condition, into an error of the form."""
        try:
            yield
        except Conflict as conflict:
            self.status = 409
            errors: Any = self.form_errors if field is None else field.errors
            errors.append(str(conflict.description))

    @property
    def error_summary(self) -> str:
        """All errors in one line."""
        fields = [f"{field.label.text}: {' '.join(field.errors)}" for field in self if field.errors]
        return " ".join([*self.form_errors, *fields])


class EditForm(Form):
    """A form for one row; its hidden `version` field is the version that the user sees."""

    version = wtforms.HiddenField()

    def check_version(self, version: int | None, message: str = CHANGED) -> None:
        """Raise 409 Conflict with `message` if the row has changed since the form was opened.

        Optimistic locking: the form sends back the version counter. A new row has no version yet:
        only then may the field be empty or missing.
        """
        edited: str = (self.version.raw_data or [""])[0]
        if edited != str(version or ""):
            raise Conflict(message)


def submitted_data() -> MultiDict[str, str]:
    """Return the submitted values; raises 400 if the body is JSON but not an object of strings."""
    if not request.is_json:
        return request.form
    values = request.get_json(silent=True)
    if not isinstance(values, dict) or not all(is_text(value) for value in values.values()):
        abort(400, "The request body must be a JSON object, and all values strings.")
    return MultiDict(values)


def is_text(value: object) -> bool:
    """Return True if the value is a string without lone surrogates: valid UTF-8."""
    return isinstance(value, str) and not any("\ud800" <= c <= "\udfff" for c in value)


def render_form(template: str, form: Form, **context: Any) -> ResponseReturnValue:
    """Render the page with the form and its errors, or raise the errors if JSON is preferred."""
    if form.is_submitted and wants_json():
        abort(form.status, form.error_summary)
    return render_template(template, form=form, **context), form.status


def line_field(label: str, *validators: Any) -> wtforms.StringField:
    """Return a field for one line of text."""
    return wtforms.StringField(label, [*validators, readable], [clean_line])


def at_most(characters: int) -> Length:
    """Return a validator of the length of a field."""
    return Length(max=characters, message=f"Use at most {characters} characters.")


def no_hidden_text(_form: wtforms.Form, field: wtforms.Field) -> None:
    """Check that no character is invisible or changes the direction (a WTForms validator).

    With such format characters (Unicode category Cf), two names can look the same (spoofing).
    """
    text = VISIBLE_JOINER.sub("", field.data or "")
    if any(unicodedata.category(character) == "Cf" for character in text):
        raise StopValidation("Remove the characters that are invisible or change the direction.")


def readable(_form: wtforms.Form, field: wtforms.Field) -> None:
    """Check that the text has no control characters (a WTForms validator).

    They cannot be displayed, and PostgreSQL cannot store one of them, NUL.
    """
    if any(unicodedata.category(c) == "Cc" and c not in "\n\t" for c in field.data or ""):
        raise ValidationError("Remove the characters that cannot be displayed.")
