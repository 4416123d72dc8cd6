"""Your mission: prove that the means of testing themselves can be trusted.

The topic is what the other tests stand on: the fixtures of conftest.py in the project's root,
tests/support/flask_testing_shim.py, and the rule that the unit layer runs without pytest. A test
that cannot fail is worse than none, so test what a test is given as you would test a page.

The fixtures, which conftest.py explains: `app`, `client`, `runner`, `dataset`, `john`.

- unit: unittest's asserts and Flask-Testing's `TestCase`, from the shim.
- integration: `client` and `runner`, which belong to one application and one database.
- system: the shim's `LiveServerTestCase`, which serves an application of yours on a real socket.
"""

from app.models import User
from app.views import as_json


class TestAsserts:
    def test_a_password_is_not_in_what_anyone_may_know(self):
        user = User(id=1, username="John Williams", password_hash="pbkdf2:…")

        assert "password_hash" not in as_json(user)


# Your tests go here. `nox -s kata -- testing` grades them.
