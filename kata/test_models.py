"""Your mission: prove that the tables relate as the course says, and that the database sees to it.

The topic is app/models.py and app/dataset.py: one to one, one to many, many to many, what is
deleted with what, what must be unique, and the course's data.

The fixtures, which conftest.py in the project's root explains: `app`, `runner`, `dataset`.

- unit: how a model shows itself, how a name is folded, and what a database in memory stores,
  refuses and deletes: commit, and read again with the session expired.
- integration: the course's data, through the application and its commands.
- system: what is left on the pages after someone is deleted; tests/system/blog.py has a test case
  for that.
"""

from app.models import User


class TestRepr:
    def test_a_user_shows_the_name(self):
        assert repr(User(username="John Williams")) == "<User 'John Williams'>"


# Your tests go here. `nox -s kata -- models` grades them.
