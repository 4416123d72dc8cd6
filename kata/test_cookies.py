"""Your mission: prove that a cookie remembers the reader's theme, for as long as it should.

The topic is app/cookies.py: the page `/preferences` sets the cookie `theme`, every page reads it,
it expires, it can be forgotten, and no script can read it.

The fixtures, which conftest.py in the project's root explains: `app`, `client`. `submit` of
tests/support/html.py fills in a form; `client.get_cookie("theme")` is what a client has kept.

- unit: `theme` in an `app.test_request_context(headers={"Cookie": ...})`.
- integration: the Set-Cookie header with its attributes, and the request after it.
- system: what a real browser keeps, and what the page looks like; tests/system/blog.py has a test
  case for that.
"""

from tests.support.html import submit


class TestSet:
    def test_the_client_keeps_the_theme(self, client):
        submit(client, "/preferences", {"theme": "dark"})

        assert client.get_cookie("theme").value == "dark"


# Your tests go here. `nox -s kata -- cookies` grades them.
