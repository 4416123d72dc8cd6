"""Text from users: Unicode normalization and white space."""

import re
import unicodedata

# The limit in characters. No field accepts longer text, see `models.TEXT_LENGTH`.
NORMALIZATION_LIMIT = 10_000

# A zero-width joiner or non-joiner after a letter of scripts such as Arabic, or inside an emoji: it
# changes what is displayed there. Elsewhere it is invisible.
VISIBLE_JOINER = re.compile(r"(?<=[\u0600-\u1cff\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]")


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
    return " ".join(nfc(value).split())


def clean_text(value: str | None) -> str:
    r"""Return the text in NFC, with `\n` as line ending, and no blank lines around it."""
    # The spaces before the first word are the indentation of code.
    return nfc(re.sub(r"\A\s*\n", "", (value or "").replace("\r\n", "\n")).rstrip())
