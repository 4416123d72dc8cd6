"""Read the database directly, past the application's views."""

from collections.abc import Sequence
from typing import Any

from flask import Flask
from sqlalchemy import Row, select

from tests.support.config import db


def stored_rows(app: Flask) -> dict[str, Sequence[Row[Any]]]:
    """Return every row of every table: equal before and after a request that changes nothing."""
    with app.app_context():
        return {
            table.name: db.session.execute(select(table).order_by(*table.primary_key)).all()
            for table in db.metadata.sorted_tables
        }
