"""Passwords: the database stores a salted hash of each, not the password itself."""

from app.models import User
from tests.unit.cases import DatabaseTestCase

PASSWORD = "there and back again"


class TestPassword(DatabaseTestCase):
    def test_password_is_stored_as_a_hash_with_the_configured_method(self):
        user = User()

        user.set_password(PASSWORD)

        self.assertTrue(user.password_hash.startswith(self.app.config["PASSWORD_METHOD"] + "$"))
        self.assertNotIn(PASSWORD, user.password_hash)

    def test_password_hash_is_salted(self):
        # Without a salt, equal hashes would show which users have the same password.
        john, fordo = User(), User()

        john.set_password(PASSWORD)
        fordo.set_password(PASSWORD)

        self.assertNotEqual(john.password_hash, fordo.password_hash)
