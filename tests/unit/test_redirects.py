"""Open redirects: the function that decides whether a login may lead on to a URL."""

import unittest

from app.sessions import is_safe_redirect


class TestRedirect(unittest.TestCase):
    def test_redirect_after_login_may_lead_to_any_path_on_this_site(self):
        for target in (
            "/",
            "/posts/",
            "/posts/?before=3&x=//",
            "/es/Adi%C3%B3s",
            "/es/Ñandú",
            "/login?next=/posts/new",
            "/a//b",
            "/john@localhost:80/#end",
        ):
            with self.subTest(target=target):
                self.assertTrue(is_safe_redirect(target))

    def test_redirect_after_login_never_leads_to_another_site(self):
        # Prevents open redirects: a link to the login page must not lead on to a phishing site.
        for target in (
            "",
            "evil.example",
            "//evil.example",
            "///evil.example",
            "////evil.example/..",
            "//",
            "//user@evil.example",
            "http://evil.example",
            "https://evil.example",
            "HTTPS://evil.example",
            "https:evil.example",
            "https:/evil.example",
            "javascript:alert(1)",
            "data:text/html,evil",
            "mailto:evil@example",
            "?next=//evil.example",
            "#//evil.example",
            ".//evil.example",
        ):
            with self.subTest(target=target):
                self.assertFalse(is_safe_redirect(target))

    def test_redirect_after_login_has_no_backslash(self):
        # Browsers treat a backslash as a slash.
        for target in (
            "/\\evil.example",
            "\\/evil.example",
            "\\\\evil.example",
            "/\\/evil.example",
            "/..\\..\\evil.example",
            "/posts\\",
        ):
            with self.subTest(target=target):
                self.assertFalse(is_safe_redirect(target))

    def test_redirect_after_login_has_no_control_character_or_white_space(self):
        # Browsers remove control characters before they parse the URL.
        for target in (
            "/\t/evil.example",
            "/\n/evil.example",
            "/\r/evil.example",
            "\t//evil.example",
            " //evil.example",
            "/ /evil.example",
            "//evil.example\n",
            "/posts\n",
            "/posts\r\nSet-Cookie: user_id=1",
            "/\0/evil.example",
            "/\x1f/evil.example",
            "/\x7f/evil.example",
            "/\x85/evil.example",
            "/\N{NO-BREAK SPACE}/evil.example",
            "/\N{LINE SEPARATOR}/evil.example",
        ):
            with self.subTest(target=target):
                self.assertFalse(is_safe_redirect(target))
