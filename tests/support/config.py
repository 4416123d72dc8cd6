"""The application under test and its configuration: the only module to change in a copy.

The fixtures and the other modules of tests/support take the application from here, except for those
that only the blog needs: `blog.py`, `blog_fixtures.py` and `login.py`.
"""

from app import create_app
from app.database import create_tables, db

__all__ = ["CONFIG", "create_app", "create_tables", "db"]

# Passed to `create_app`, which then reads no environment variable.
CONFIG = {
    "TESTING": True,
    "SECRET_KEY": "test",
    "SQLALCHEMY_DATABASE_URI": "sqlite://",
    # One round: tests need a real hash, but not a slow one.
    "PASSWORD_METHOD": "pbkdf2:sha256:1",
    # All tests of a process log in from one address, many of them as John Williams.
    "ATTEMPTS_PER_ADDRESS": "1000000 per minute",
    "ATTEMPTS_PER_USERNAME": "1000000 per minute",
}
