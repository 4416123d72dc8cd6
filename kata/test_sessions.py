"""Your mission: prove that a session remembers who is logged in, and lets nobody else in.

The topic is app/sessions.py: sign up, log in, log out, pages that need a login, and the signed
cookie that carries it all; and the secret key of app/config.py that signs it. Every form has a
token that guards it.

The fixtures, which conftest.py in the project's root explains: `app`, `client`, `dataset`, `john`,
`fordo`, `log_in`, which logs in without the form. `submit` of tests/support/html.py fills in a
form, tests/support/databases.py has the PASSWORD.

- unit: `is_local` and the forms: functions and classes, with nothing stored.
- integration: what a client may see before and after it logs in, and after it logs out.
- system: the same in a browser, which obeys redirects and keeps cookies by itself;
  tests/system/blog.py has a test case for that.
"""


class TestLogin:
    def test_a_new_post_needs_a_login(self, client):
        response = client.get("/posts/new")

        assert response.location == "/login?next=/posts/new"


# Your tests go here. `nox -s kata -- sessions` grades them.
