"""Your mission: test the test tools themselves.

The code is conftest.py in the project's root, tests/support/flask_testing_shim.py, and the rule
that the unit layer runs without pytest. A test that cannot fail is worse than no test, so check the
fixtures as you would check a page.

Fixtures (see conftest.py and tests/support/blog_fixtures.py): `app`, `new_app`, `client`, `runner`,
`dataset`, `john`.

- unit: use unittest's assert methods and the shim's version of Flask-Testing's `TestCase`.
- integration: check that `client` and `runner` use the same application and the same database.
- system: serve an application of your own with the shim's `LiveServerTestCase`.
"""

from app.models import User
from app.views import as_json


class TestAsserts:
    def test_json_of_a_user_does_not_contain_the_password_hash(self):
        user = User(id=1, username="John Williams", password_hash="pbkdf2:…")

        assert "password_hash" not in as_json(user)


# Write your tests here, then run `nox -s kata -- testing` to grade them.
