"""Your mission: prove that the templates' filters make of a value what the course says.

The topic is app/filters.py: the course's examples of Jinja's own filters, a filter of one's own,
`startswith`, and the page `/filters` that shows them all.

The fixtures, which conftest.py in the project's root explains: `app`, `client`.

- unit: call `startswith`, or render a template of your own with `app.jinja_env.from_string`.
- integration: read the page with `page` and `texts` of tests/support/html.py.
- system: what a reader sees of it in a browser; tests/system/blog.py has a test case for that.
"""

from app.filters import startswith


class TestCustom:
    def test_a_word_begins_with_its_beginning(self):
        assert startswith("university", "un") == "un-word"


# Your tests go here. `nox -s kata -- filters` grades them.
