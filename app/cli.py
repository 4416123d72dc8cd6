"""The `flask` command line: what its shell knows, and the commands of this application.

From the course's "Linea de comandos de Flask" and Flask's "Command Line Interface".
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.exc import DatabaseError
from werkzeug.exceptions import Conflict

from app import dataset
from app.forms import fault
from app.models import Blogpost, Contact, Tag, User, create_tables, db

group1 = AppGroup("group1", help="The course's group of commands.")


def init_app(app: Flask) -> None:
    """Add the commands and the shell context to `flask`."""
    app.shell_context_processor(make_shell_context)
    app.cli.add_command(mycommand)
    app.cli.add_command(group1)
    app.cli.add_command(init_db)
    app.cli.add_command(seed)


def make_shell_context() -> dict[str, Any]:
    """Give the names that `flask shell` knows from its start."""
    return {
        # The application itself and not its proxy, whose own methods Flask does not type.
        "app": current_app._get_current_object(),  # type: ignore[attr-defined]
        "x": 25,
        "y": 65,
        "db": db,
        "User": User,
        "Contact": Contact,
        "Blogpost": Blogpost,
        "Tag": Tag,
    }


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
    """Make the tables that are missing."""
    with clear_database_errors():
        create_tables()
    click.echo("The tables are there.")


@click.command()
@click.option("--password", help="What the course's people log in with.")
@with_appcontext
def seed(password: str | None) -> None:
    """Store the course's people, posts and tags."""
    reason = "It must not be empty." if password == "" else fault(password or "")
    if reason:
        raise click.BadParameter(reason, param_hint="--password")
    with clear_database_errors():
        create_tables()
        dataset.load(password)
    click.echo("The course's data is there.")


@contextmanager
def clear_database_errors() -> Iterator[None]:
    """Turn what the database refuses into a message and a non-zero exit status."""
    try:
        yield
    except DatabaseError as error:
        raise click.ClickException(f"The database does not answer: {error.orig}") from error
    except Conflict as error:
        raise click.ClickException(str(error.description)) from error
