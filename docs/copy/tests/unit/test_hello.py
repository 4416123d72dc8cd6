"""One function or one model at a time."""

import unittest

from hello import Note, db, tidy
from tests.unit.cases import DatabaseTestCase


class TestTidy(unittest.TestCase):
    def test_text_is_stored_with_single_spaces(self):
        self.assertEqual(tidy("  Buy \n milk "), "Buy milk")


class TestNote(DatabaseTestCase):
    def test_note_has_an_id_after_a_commit(self):
        note = Note(text="Buy milk")

        db.session.add(note)
        db.session.commit()

        self.assertEqual(note.id, 1)
