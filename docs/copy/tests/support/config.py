"""The application under test and its configuration."""

from hello import create_app, db

__all__ = ["CONFIG", "create_app", "create_tables", "db"]

# Passed to `create_app`.
CONFIG = {"TESTING": True, "SECRET_KEY": "test", "SQLALCHEMY_DATABASE_URI": "sqlite://"}

create_tables = db.create_all
