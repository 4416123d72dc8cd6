"""Rate limiting: the function that counts each attempt to guess a password or create an account."""

import time
from unittest import mock

from werkzeug.exceptions import TooManyRequests

from app.sessions import count_attempt
from tests.unit.cases import DatabaseTestCase


class TestRateLimit(DatabaseTestCase):
    def attempt(self, username: str, address: str = "192.0.2.1") -> None:
        """Count an attempt for this username, from this address."""
        with self.app.test_request_context(environ_base={"REMOTE_ADDR": address}):
            count_attempt(username)

    def test_attempts_for_one_username_are_limited_from_all_addresses(self):
        self.app.config["ATTEMPTS_PER_USERNAME"] = "2 per hour"
        self.attempt("John Williams", "192.0.2.1")
        self.attempt("John Williams", "192.0.2.2")

        with self.assertRaises(TooManyRequests) as caught:
            self.attempt("John Williams", "192.0.2.3")

        self.assertEqual(caught.exception.retry_after, 60 * 60)
        self.attempt("Fordo Baggings", "192.0.2.3")

    def test_attempts_from_one_address_are_limited_for_all_usernames(self):
        self.app.config["ATTEMPTS_PER_ADDRESS"] = "2 per minute"
        self.attempt("John Williams")
        self.attempt("Fordo Baggings")

        with self.assertRaises(TooManyRequests) as caught:
            self.attempt("Bilbo Baggings")

        self.assertEqual(caught.exception.retry_after, 60)
        self.attempt("Bilbo Baggings", "192.0.2.2")

    def test_address_over_its_limit_uses_up_no_attempts_of_a_username(self):
        # Otherwise one client could lock every user out.
        self.app.config.update(
            ATTEMPTS_PER_ADDRESS="1 per hour", ATTEMPTS_PER_USERNAME="2 per hour"
        )
        self.attempt("John Williams")
        for _ in range(3):
            with self.assertRaises(TooManyRequests):
                self.attempt("John Williams")

        self.attempt("John Williams", "192.0.2.2")

    def test_attempts_are_counted_anew_after_the_time_of_the_limit(self):
        self.app.config["ATTEMPTS_PER_USERNAME"] = "1 per minute"
        self.attempt("John Williams")
        with self.assertRaises(TooManyRequests):
            self.attempt("John Williams")

        with mock.patch("time.time", return_value=time.time() + 61):
            self.attempt("John Williams")

    def test_two_applications_count_their_attempts_separately(self):
        self.app.config["ATTEMPTS_PER_USERNAME"] = "1 per hour"
        self.attempt("John Williams")
        with self.assertRaises(TooManyRequests):
            self.attempt("John Williams")

        self.app = self.create_app()
        self.app.config["ATTEMPTS_PER_USERNAME"] = "1 per hour"
        self.attempt("John Williams")

    def test_creating_an_application_starts_no_thread(self):
        # A server may fork its workers afterwards: uWSGI would hang at its shutdown.
        with mock.patch("threading.Thread.start") as start:
            self.create_app()

        start.assert_not_called()
