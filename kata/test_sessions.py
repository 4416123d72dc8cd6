"""Your mission: test that a session remembers who is logged in and cannot be abused.

The code is app/sessions.py (sign-up, login, logout, pages that require a login, CSRF protection)
and the secret key in app/config.py, which signs the session cookie.

Fixtures (see conftest.py and tests/support/blog_fixtures.py): `app`, `client`, `dataset`, `john`,
`fordo`, and `log_in`, which logs a user in without the form. To fill in a form, use `submit` from
tests/support/html.py. The users' PASSWORD is in tests/support/blog.py.

- unit: call `is_safe_redirect`, which prevents open redirects, and validate the forms.
- integration: check what a client may see before login, after login and after logout.
- system: the same in a browser, which follows redirects and stores cookies itself, with
  `BlogTestCase` from tests/system/blog.py:
  `self.browser.get(self.get_server_url() + "/login")` opens the form.
"""


class TestLogin:
    def test_writing_a_post_requires_a_login(self, client):
        response = client.get("/posts/new")

        assert response.location == "/login?next=/posts/new"


# Write your tests here, then run `nox -s kata -- sessions` to grade them.
