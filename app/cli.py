"""The `flask` command line: the shell context and the application's own commands.

From the course's "Linea de comandos de Flask" and Flask's "Command Line Interface".
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.exc import DatabaseError

from app import dataset, forms
from app.database import create_tables, db
from app.models import Blogpost, Contact, Tag, User

group1 = AppGroup("group1", help="A group of commands, from the course.")


def init_app(app: Flask) -> None:
    """Register the shell context and the commands."""
    app.shell_context_processor(make_shell_context)
    for command in (mycommand, group1, init_db, seed):
        app.cli.add_command(command)


def make_shell_context() -> dict[str, Any]:
    """Return the names that `flask shell` imports."""
    # The application itself: the proxy works in this thread only. Flask does not type this.
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    models = {"User": User, "Contact": Contact, "Blogpost": Blogpost, "Tag": Tag}
    return {"app": app, "x": 25, "y": 65, "db": db, **models}


@click.command()
@click.argument("name")
def mycommand(name: str) -> None:
    """Print NAME."""
    click.echo(name)


@group1.command("command1")
@click.argument("name")
def command1(name: str) -> None:
    """Print NAME, from within a group."""
    click.echo(name)


@click.command("init-db")
@with_appcontext
def init_db() -> None:
    """Create the missing tables."""
    with database_errors_as_messages():
        create_tables()
    click.echo("Created the tables.")


@click.command()
@click.option("--password", help="A new password for all users of the course data.")
@with_appcontext
def seed(password: str | None) -> None:
    """Load the course's users, posts and tags."""
    if password is not None and not (password and forms.is_text(password)):
        raise click.BadParameter("It must be valid UTF-8 and not empty.", param_hint="--password")
    with database_errors_as_messages():
        create_tables()
        dataset.load(password)
    click.echo("Loaded the course data.")


@contextmanager
def database_errors_as_messages() -> Iterator[None]:
    """Turn database errors into a message and a non-zero exit status, without a traceback."""
    try:
        yield
    except DatabaseError as error:
        raise click.ClickException(f"Cannot use the database: {error.orig}") from error
