"""What all forms share: JSON bodies, tidy text, and a clear word of refusal.

Flask-WTF's `CSRFProtect` (see `app.sessions`) checks the token of every request that changes
something before any form is made, so the forms themselves are plain WTForms.
"""

import re
import unicodedata
from contextlib import suppress
from typing import Any

import wtforms
from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from wtforms.validators import ValidationError

from app.errors import wants_json
from app.models import composed

# White space, but no control character that Python counts among it.
SPACES = re.compile(r"[^\S\x0b\x0c\x1c-\x1f\x85]+")

# The fillers of Hangul, and the braille cell without a dot.
BLANKS = "\u115f\u1160\u3164\uffa0\u2800"

# On one letter: no script needs more. From Unicode's "Stream-Safe Text Format".
MOST_MARKS = 30


class Form(wtforms.Form):
    """A form that takes a form post or a JSON object whose values are all text.

    What is sent is the whole of it: a field that is left out is empty, whatever its default.
    """

    def __init__(self, **defaults: Any) -> None:
        self.is_submitted = request.method in {"POST", "PUT"}
        if self.is_submitted:
            super().__init__(sent())
        else:
            super().__init__(**defaults)

    def is_accepted(self) -> bool:
        """Say whether something was submitted, and all of it is valid."""
        return self.is_submitted and self.validate()

    @property
    def reasons(self) -> str:
        """Everything that is wrong, in one line."""
        fields = [f"{field.label.text}: {' '.join(field.errors)}" for field in self if field.errors]
        return " ".join([*self.form_errors, *fields])


class EditForm(Form):
    """A form about one row; the hidden `version` tells which state of the row was edited."""

    version = wtforms.HiddenField()

    def is_of(self, version: int | None) -> bool:
        """Say whether the row is still as it was when the form was opened, or still not there.

        A version that was not sent is that of a new row: leaving it out passes no check.
        """
        edited: str = (self.version.raw_data or [""])[0]
        return edited == str(version or "")


def sent() -> MultiDict[str, str]:
    """Give what was posted; raises 400 where it is no object of texts, or has too many marks."""
    values = from_json() if request.is_json else request.form
    # To compose them costs the square of their number: half a minute for what a body can hold.
    if any(has_too_many_marks(value) for value in values.values()):
        abort(400, f"A letter has more than {MOST_MARKS} marks.")
    return values


def from_json() -> MultiDict[str, str]:
    """Give the body; raises 400 where it is no object of texts."""
    values = None
    # Thousands of brackets, each within the other, are more than Python's parser takes.
    with suppress(RecursionError):
        values = request.get_json(silent=True)
    if not isinstance(values, dict) or not all(is_text(value) for value in values.values()):
        abort(400, "The body must be a JSON object whose values are all text.")
    return MultiDict(values)


def is_text(value: object) -> bool:
    """Say whether the value is text; JSON can spell half of a surrogate pair, which is none."""
    return isinstance(value, str) and not any("\ud800" <= c <= "\udfff" for c in value)


def has_too_many_marks(text: str) -> bool:
    """Say whether a letter bears more marks than any script needs."""
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character).startswith("M") else 0
        if marks > MOST_MARKS:
            return True
    return False


def show(
    template: str, form: Form, status: int | None = None, **context: Any
) -> ResponseReturnValue:
    """Give the page with the form, or tell who wants JSON why what was sent is refused."""
    status = status or (422 if form.is_submitted else 200)
    if form.is_submitted and wants_json():
        abort(status, form.reasons)
    return render_template(template, form=form, **context), status


def one_line(value: str | None) -> str:
    """Give the text with single spaces, none at its ends, and its accents composed (NFC)."""
    return SPACES.sub(" ", composed(value or "")).strip(" ")


def many_lines(value: str | None) -> str:
    """Give the text with plain line ends and no blank ones around it."""
    return composed(value or "").replace("\r\n", "\n").strip()


def is_visible(text: str) -> bool:
    """Say whether there is anything in the text that can be seen."""
    # Neither controls, nor marks on nothing, nor spaces, nor letters that are blank.
    return any(unicodedata.category(c)[0] not in "CMZ" and c not in BLANKS for c in text)


def readable(_form: wtforms.Form, field: wtforms.Field) -> None:
    """Refuse control characters, lone surrogates, and text in which nothing can be seen."""
    if reason := fault(field.data or ""):
        raise ValidationError(reason)


def fault(text: str) -> str:
    """Give why nobody could read the text, or an empty one where everybody can."""
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t" for c in text):
        return "This has a character that cannot be stored or shown."
    if text and not is_visible(text):
        return "This has nothing in it that can be seen."
    return ""
