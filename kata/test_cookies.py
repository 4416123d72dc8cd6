"""Your mission: test the cookie that remembers a visitor's theme.

The code is app/cookies.py: the page `/preferences` sets the cookie `theme`, and every page reads
it. The cookie expires after a year, a button deletes it, and scripts cannot read it.

Fixtures (see conftest.py in the project's root): `app`, `client`. To fill in a form, use `submit`
from tests/support/html.py. `client.get_cookie("theme")` returns the cookie that a client stores.

- unit: call `theme` inside `app.test_request_context(headers={"Cookie": ...})`.
- integration: check the Set-Cookie header and its attributes, and the request after it.
- system: check what a browser stores and displays, with `BlogTestCase` from tests/system/blog.py:
  `self.browser.get(self.get_server_url() + "/preferences")` opens the page.
"""

from tests.support.html import submit


class TestSet:
    def test_client_stores_the_chosen_theme(self, client):
        submit(client, "/preferences", {"theme": "dark"})

        assert client.get_cookie("theme").value == "dark"


# Write your tests here, then run `nox -s kata -- cookies` to grade them.
