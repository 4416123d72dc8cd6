"""The course's data in the blog's database, and what only tests of the blog do with its pages.

The other modules of this folder suit any application, except for `blog_fixtures.py` and `login.py`.
"""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert
from werkzeug.test import TestResponse

from app import create_app, dataset
from app.database import create_tables, db
from app.models import tags as post_tags
from tests.support.config import CONFIG
from tests.support.databases import Settings, database_image, is_sqlite, restore
from tests.support.html import csrf_header

# The password of the course's users in the tests.
PASSWORD = "my precious"


def load_dataset(app: Flask) -> None:
    """Store the course's users, contacts, posts and tags, in tables that are empty.

    The users' password is `PASSWORD`.
    """
    with app.app_context():
        if is_sqlite():
            restore(database_image(store_dataset))
        else:
            dataset.load(PASSWORD)


def store_dataset() -> None:
    """Create the tables, and store the course's data in them."""
    create_tables()
    dataset.load(PASSWORD)


def store_many_posts(app: Flask, ids: range) -> None:
    """Store a user, a tag and a post for each id, and as many posts by user 1 about tag 1."""
    users = [{"id": n, "username": f"Hobbit {n}", "version": 1} for n in ids]
    tags = [{"id": n, "tagname": f"Tag {n}", "folded": f"tag {n}"} for n in ids]
    # Pairs: the id of a post, and the id of both its author and its tag.
    posts = [(2 * n - 1, n) for n in ids] + [(2 * n, 1) for n in ids]
    with app.app_context():
        # Core inserts: creating this many objects would take longer.
        db.session.execute(insert(db.metadata.tables["user"]), users)
        db.session.execute(insert(db.metadata.tables["tag"]), tags)
        db.session.execute(
            insert(db.metadata.tables["blogpost"]),
            [
                {"id": n, "title": f"Post {n}", "userid": shared, "version": 1}
                for n, shared in posts
            ],
        )
        db.session.execute(
            insert(post_tags), [{"blogpost_id": n, "tag_id": shared} for n, shared in posts]
        )
        db.session.commit()


def fill(settings: Settings) -> None:
    """Create the tables in the database of these settings, and store the course's data."""
    app = create_app({**CONFIG, **settings})
    with app.app_context():
        store_dataset()
        db.engine.dispose()


def delete_account(client: FlaskClient, user_id: int = 1, password: str = PASSWORD) -> TestResponse:
    """Delete the user's own account, as the script of the people page does."""
    sent = {"current_password": password}
    return client.delete(f"/users/{user_id}", json=sent, headers=csrf_header(client))
