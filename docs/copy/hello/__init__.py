"""A bare Flask application with a database of its own: a page of notes."""

from collections.abc import Mapping
from typing import Any

import click
from flask import Flask, redirect, render_template_string, request
from flask.cli import with_appcontext
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug import Response

PAGE = """<!doctype html>
<html lang="en">
<title>Notes</title>
<link rel="icon" href="data:,">
<main>
  <h1>{{ config.TITLE }}</h1>
  <ul>{% for note in notes %}<li>{{ note.text }}</li>{% endfor %}</ul>
  <form method="post">
    <label for="text">Note</label>
    <input id="text" name="text" required>
    <button>Save</button>
  </form>
</main>
</html>
"""


class Base(DeclarativeBase):
    """The base class of the models."""


db = SQLAlchemy(model_class=Base)


class Note(db.Model):
    """A note."""

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """Return a new application; `settings` replace its own."""
    app = Flask(__name__)
    app.config.from_mapping(TITLE="Notes", SQLALCHEMY_DATABASE_URI="sqlite:///hello.sqlite")
    app.config.from_mapping(settings or {})
    db.init_app(app)
    app.add_url_rule("/", view_func=show_notes)
    app.add_url_rule("/", view_func=save_note, methods=["POST"])
    app.cli.add_command(init_db)
    return app


def show_notes() -> str:
    """Return the page with all notes."""
    notes = db.session.scalars(db.select(Note).order_by(Note.id))
    return render_template_string(PAGE, notes=notes)


def save_note() -> Response:
    """Store a note, and return to the page."""
    db.session.add(Note(text=tidy(request.form["text"])))
    db.session.commit()
    return redirect("/")


def tidy(text: str) -> str:
    """Return the text with single spaces."""
    return " ".join(text.split())


@click.command("init-db")
@with_appcontext
def init_db() -> None:
    """Create the tables."""
    db.create_all()
    click.echo("Created the tables.")
