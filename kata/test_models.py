"""Your mission: test the models, their relationships and the rules in the database.

The code is app/models.py and app/dataset.py: one-to-one, one-to-many and many-to-many
relationships, cascading deletes, unique columns, and the course data.

Fixtures (see conftest.py and tests/support/blog_fixtures.py): `app`, `runner`, `dataset`.

- unit: check a model's `repr`, how names are compared, and what a database in memory stores,
  rejects and deletes. Commit, expire the session, and read the rows again.
- integration: load the course data with the application's own commands, and check it.
- system: check the pages after an account is deleted, with `BlogTestCase` from
  tests/system/blog.py. `self.log_in("John Williams")` logs in, and
  `self.browser.get(self.get_server_url() + "/people/")` opens the page.
"""

from app.models import User


class TestRepr:
    def test_repr_of_a_user_shows_the_name(self):
        assert repr(User(username="John Williams")) == "<User 'John Williams'>"


# Write your tests here, then run `nox -s kata -- models` to grade them.
