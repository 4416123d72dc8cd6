"""Your mission: test the template filters.

The code is app/filters.py: the course's examples of Jinja's filters, the custom filter
`startswith`, and the page `/filters`, which shows every example with its result.

Fixtures (see conftest.py in the project's root): `app`, `client`.

- unit: call `startswith`, or render a template of your own with `app.jinja_env.from_string`.
- integration: read the page with `page` and `texts` from tests/support/html.py:
  `texts(client.get("/filters"), "dd")` returns the results as a list.
- system: read the page in a browser, with `BlogTestCase` from tests/system/blog.py:
  `self.browser.get(self.get_server_url() + "/filters")` opens it.
"""

from app.filters import startswith


class TestCustom:
    def test_startswith_recognizes_a_prefix(self):
        assert startswith("university", "un") == "un-word"


# Write your tests here, then run `nox -s kata -- filters` to grade them.
