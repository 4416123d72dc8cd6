"""Text from users: Unicode normalization, white space, and characters that cannot be shown."""

import re
import unicodedata

# White space, but not the control characters that Python counts as white space.
SPACES = re.compile(r"[^\S\x0b\x0c\x1c-\x1f\x85]+")

# The limit in characters. No field accepts longer text, see `models.TEXT_LENGTH`.
NORMALIZATION_LIMIT = 10_000


def nfc(text: str | None) -> str:
    """Return the text in Unicode NFC, so that two encodings of an accented letter are equal.

    Text over the limit, which no field accepts, is returned unchanged: normalization takes
    quadratic time for a long run of combining marks (denial of service).
    """
    text = text or ""
    return unicodedata.normalize("NFC", text) if len(text) <= NORMALIZATION_LIMIT else text


def fold(name: str) -> str:
    """Return `name` for comparison that ignores case."""
    return nfc(name).casefold()


def clean_line(value: str | None) -> str:
    """Return the text on one line, in NFC, with single spaces and none at either end."""
    return nfc(SPACES.sub(" ", value or "").strip(" "))


def clean_text(value: str | None) -> str:
    r"""Return the text in NFC, with `\n` as line ending, and no blank lines around it."""
    # The spaces before the first word are the indentation of code.
    return nfc(re.sub(r"\A\s*\n", "", (value or "").replace("\r\n", "\n")).rstrip())


def is_visible(text: str) -> bool:
    """Return True if the text has a character that is visible by itself."""
    # Unicode categories C (control characters), M (combining marks) and Z (spaces).
    return any(unicodedata.category(character)[0] not in "CMZ" for character in text)


def text_error(text: str) -> str:
    """Return why the text is not accepted, or an empty string if it is.

    PostgreSQL cannot store NUL, and UTF-8 cannot encode a lone surrogate.
    """
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t" for c in text):
        return "Remove the characters that cannot be displayed."
    if text and not is_visible(text):
        return "Enter some visible text."
    return ""
