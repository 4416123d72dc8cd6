"""Log in without the login form, which has tests of its own."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.database import db
from app.models import User
from app.sessions import fingerprint


def log_in(app: Flask, username: str) -> FlaskClient:
    """Return a new client, logged in as this user.

    From Flask's "Accessing and Modifying the Session".
    """
    with app.app_context():
        user = db.session.scalars(select(User).filter_by(username=username)).one()
    client = app.test_client()
    with client.session_transaction() as session:
        session.update(user_id=user.id, fingerprint=fingerprint(user))
    return client
