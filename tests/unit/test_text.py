"""Text as users type it: how it is cleaned and compared."""

import unittest

from app.text import NORMALIZATION_LIMIT, clean_line, clean_text, fold, nfc


class TestNfc(unittest.TestCase):
    def test_accents_are_composed(self):
        self.assertEqual(nfc("Adio\N{COMBINING ACUTE ACCENT}s"), "Adiós")

    def test_text_up_to_the_longest_field_is_composed(self):
        text = "x" * (NORMALIZATION_LIMIT - 2) + "o\N{COMBINING ACUTE ACCENT}"

        self.assertEqual(nfc(text)[-1], "ó")

    def test_text_over_the_limit_is_unchanged(self):
        """Normalizing a long run of combining marks takes quadratic time."""
        marks = "\N{COMBINING ACUTE ACCENT}\N{COMBINING DOT BELOW}" * 60_000

        self.assertEqual(nfc(marks), marks)


class TestFold(unittest.TestCase):
    def test_case_is_ignored(self):
        for name in ("straße", "STRASSE", "Strasse"):
            with self.subTest(name=name):
                self.assertEqual(fold(name), "strasse")

    def test_composed_and_decomposed_accents_are_equal(self):
        self.assertEqual(fold("E\N{COMBINING ACUTE ACCENT}cole"), fold("école"))


class TestCleanLine(unittest.TestCase):
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
                self.assertEqual(clean_line(typed), kept)

    def test_a_control_character_stays_to_be_refused(self):
        for typed in ("John\x0b", "\x1cJohn", "John\x85Williams", "John\0"):
            with self.subTest(typed=typed):
                self.assertEqual(clean_line(typed), typed)

    def test_an_accent_typed_apart_is_joined_to_its_letter(self):
        self.assertEqual(clean_line("Adio\N{COMBINING ACUTE ACCENT}s"), "Adiós")


class TestCleanText(unittest.TestCase):
    def test_lines_and_the_spaces_within_them_stay(self):
        self.assertEqual(clean_text("One.\n\n  Two,  three."), "One.\n\n  Two,  three.")

    def test_the_line_ends_of_a_browser_become_plain(self):
        self.assertEqual(clean_text("One.\r\nTwo."), "One.\nTwo.")

    def test_blank_lines_around_the_text_go(self):
        self.assertEqual(clean_text("\r\n \r\nOne.\r\n"), "One.")

    def test_nothing_is_an_empty_text(self):
        self.assertEqual(clean_text(None), "")

    def test_an_accent_typed_apart_is_joined_to_its_letter(self):
        self.assertEqual(clean_text("Adio\N{COMBINING ACUTE ACCENT}s"), "Adiós")
