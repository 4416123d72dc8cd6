"""Text from users: how it is normalized and compared."""

import unittest

from app.models import TEXT_LENGTH
from app.text import clean_line, clean_text, fold, nfc

DECOMPOSED = "Adio\N{COMBINING ACUTE ACCENT}s"


class TestNfc(unittest.TestCase):
    def test_nfc_composes_accents(self):
        self.assertEqual(nfc(DECOMPOSED), "Adiós")

    def test_nfc_keeps_a_superscript(self):
        # NFKC, another normal form, would return x2.
        self.assertEqual(nfc("x\N{SUPERSCRIPT TWO}"), "x\N{SUPERSCRIPT TWO}")

    def test_nfc_composes_the_longest_text_that_a_field_accepts(self):
        text = "x" * (TEXT_LENGTH - 2) + "o\N{COMBINING ACUTE ACCENT}"

        self.assertEqual(nfc(text)[-1], "ó")

    def test_nfc_returns_text_over_the_limit_unchanged(self):
        # Normalizing a long run of combining marks takes quadratic time (denial of service).
        marks = "\N{COMBINING ACUTE ACCENT}\N{COMBINING DOT BELOW}" * 60_000

        self.assertEqual(nfc(marks), marks)


class TestFold(unittest.TestCase):
    def test_fold_ignores_case(self):
        for name in ("straße", "STRASSE", "Strasse"):
            with self.subTest(name=name):
                self.assertEqual(fold(name), "strasse")

    def test_fold_ignores_how_accents_are_composed(self):
        self.assertEqual(fold(DECOMPOSED), fold("ADIÓS"))


class TestCleanLine(unittest.TestCase):
    def test_clean_line_collapses_white_space_and_strips_both_ends(self):
        for typed, cleaned in (
            ("John Williams", "John Williams"),
            ("  John \t Williams\r\n", "John Williams"),
            ("John\N{NO-BREAK SPACE}Williams", "John Williams"),
            (" \n ", ""),
            ("", ""),
            (None, ""),
        ):
            with self.subTest(typed=typed):
                self.assertEqual(clean_line(typed), cleaned)

    def test_clean_line_composes_accents(self):
        self.assertEqual(clean_line(DECOMPOSED), "Adiós")


class TestCleanText(unittest.TestCase):
    def test_clean_text_keeps_lines_and_the_spaces_inside_them(self):
        self.assertEqual(clean_text("One.\n\n  Two,  three."), "One.\n\n  Two,  three.")

    def test_clean_text_converts_the_line_endings_of_browsers(self):
        self.assertEqual(clean_text("One.\r\nTwo."), "One.\nTwo.")

    def test_clean_text_strips_blank_lines_at_both_ends(self):
        self.assertEqual(clean_text("\r\n \r\nOne.\r\n"), "One.")

    def test_clean_text_keeps_the_indentation_of_the_first_line(self):
        self.assertEqual(clean_text(" \r\n    One.\r\n    Two."), "    One.\n    Two.")

    def test_clean_text_of_nothing_is_empty(self):
        for nothing in (None, "", "  ", " \r\n \r\n "):
            with self.subTest(nothing=nothing):
                self.assertEqual(clean_text(nothing), "")

    def test_clean_text_composes_accents(self):
        self.assertEqual(clean_text(DECOMPOSED), "Adiós")
