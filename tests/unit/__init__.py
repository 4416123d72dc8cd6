"""The unit layer: the smallest proof of each feature, with unittest and Flask-Testing alone.

It runs where pytest is not installed (`python -m unittest discover -s tests/unit -t .`), so no
module here imports it. An application is made with `create_app(CONFIG)`; a test that uses
Flask-Testing's asserts takes its `TestCase` from `tests.flask_testing_shim`.
"""

# Given a configuration, `create_app` reads none from the environment: every run sees this one.
CONFIG = {
    "TESTING": True,
    "SECRET_KEY": "test",
    "SQLALCHEMY_DATABASE_URI": "sqlite://",
    # One round: a test waits for what a password does, not for how slowly it is hashed.
    "PASSWORD_METHOD": "pbkdf2:sha256:1",
}
