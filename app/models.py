"""The tables and how they relate: one to one, one to many, many to many.

From the course's "Establecer relaciones entre modelos", in SQLAlchemy 2's typed style.
"""

import sqlite3
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Column, Engine, ForeignKey, Index, String, Table, Text, event, select, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import (
    DeclarativeBase,
    DynamicMapped,
    Mapped,
    declared_attr,
    mapped_column,
    relationship,
)
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import Conflict
from werkzeug.routing import IntegerConverter, Map
from werkzeug.security import generate_password_hash

# Characters. The forms refuse what is longer, by these same numbers.
USERNAME_LENGTH = 80
CITY_LENGTH = 80
EMAIL_LENGTH = 254
PHONENUM_LENGTH = 32
TITLE_LENGTH = 120
TEXT_LENGTH = 10_000
TAGNAME_LENGTH = 40

# What a column of ids can hold.
LARGEST_ID = 2**31 - 1


class Base(DeclarativeBase):
    """What SQLAlchemy's typed models derive from."""


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:
    # Flask-SQLAlchemy makes db.Model at run time, where no type checker sees it.
    class Model(Base):
        """What the models below derive from."""

        __abstract__ = True
else:
    Model = db.Model


class Versioned:
    """A row that counts its changes, so that of two who change it at once one is told.

    From SQLAlchemy's "Configuring a Version Counter".
    """

    version: Mapped[int] = mapped_column()

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


tags = Table(
    "tags",
    db.metadata,
    Column("blogpost_id", ForeignKey("blogpost.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_tags_tag_id_blogpost_id", "tag_id", "blogpost_id"),
)


class User(Versioned, Model):
    """A person, who has one contact card and many posts."""

    # The id of a deleted user never returns: a session that still names it opens nothing.
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(USERNAME_LENGTH), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))

    contact: Mapped["Contact | None"] = relationship(
        back_populates="user", uselist=False, cascade="all, delete-orphan", passive_deletes=True
    )
    blogposts: DynamicMapped["Blogpost"] = relationship(
        back_populates="user",
        order_by="Blogpost.id",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )

    def set_password(self, password: str) -> None:
        """Keep a salted hash of `password`, which nobody can read back."""
        method = current_app.config["PASSWORD_METHOD"]
        self.password_hash = generate_password_hash(composed(password), method)

    def __repr__(self) -> str:
        return f"<User {self.username!r}>"


class Contact(Versioned, Model):
    """The contact card of one user: the unique `userid` is what makes it one to one."""

    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str] = mapped_column(String(CITY_LENGTH))
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH))
    phonenum: Mapped[str] = mapped_column(String(PHONENUM_LENGTH), default="")
    userid: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), unique=True)

    user: Mapped[User] = relationship(back_populates="contact")

    def __repr__(self) -> str:
        return f"<Contact {self.id}>"


def utc_now() -> datetime:
    """Give the time as it is stored: in UTC, with no time zone attached."""
    return datetime.now(UTC).replace(tzinfo=None)


class Blogpost(Versioned, Model):
    """A post, written by one user and marked with many tags."""

    # Nor does the id of a deleted post return: a form that is still open for it stores nothing.
    __table_args__ = (
        Index("ix_blogpost_userid_id", "userid", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    text: Mapped[str] = mapped_column(String(TEXT_LENGTH), default="")
    created: Mapped[datetime] = mapped_column(default=utc_now)
    userid: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))

    # Read in one query: an author who is read later may have been deleted by then.
    user: Mapped[User] = relationship(back_populates="blogposts", lazy="joined")
    tags: Mapped[list["Tag"]] = relationship(
        secondary=tags, back_populates="blogposts", order_by="Tag.folded", passive_deletes=True
    )

    def __repr__(self) -> str:
        return f"<Blogpost {self.title!r}>"


def composed(text: str) -> str:
    """Give the text with its accents composed (NFC): systems differ in how they type them."""
    return unicodedata.normalize("NFC", text)


def fold(name: str) -> str:
    """Give `name` without regard to case: names that fold alike are one tag."""
    return composed(name).casefold()


def folded_tagname(context: DefaultExecutionContext) -> str:
    """Give the folded name of the tag that is being inserted."""
    parameters = context.get_current_parameters()  # type: ignore[no-untyped-call]  # SQLAlchemy's
    return fold(parameters["tagname"])


class Tag(Model):
    """A word that many posts may share, written as whoever used it first wrote it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    tagname: Mapped[str] = mapped_column(String(TAGNAME_LENGTH))
    # Computed here, because SQLite's own lower() knows no letters beyond ASCII.
    folded: Mapped[str] = mapped_column(Text, default=folded_tagname, unique=True)

    blogposts: DynamicMapped[Blogpost] = relationship(
        secondary=tags, back_populates="tags", order_by=Blogpost.id, passive_deletes=True
    )

    @classmethod
    def named(cls, names: Iterable[str]) -> Sequence["Tag"]:
        """Give the tags of these names, in any case; those that are missing are made.

        A tag that another request makes at the same moment is taken, not refused. Sorted, so
        that two requests which make the same tags wait for each other and not in a circle.
        """
        wanted = {fold(name): name for name in reversed(list(names))}
        if not wanted:
            return []
        # To import both would cost each start of the application 30 ms.
        dialect = import_module(f"sqlalchemy.dialects.{db.engine.dialect.name}")
        db.session.execute(
            dialect.insert(cls).on_conflict_do_nothing(),
            [{"tagname": wanted[folded]} for folded in sorted(wanted)],
        )
        return db.session.scalars(select(cls).where(cls.folded.in_(wanted))).all()

    def __repr__(self) -> str:
        return f"<Tag {self.tagname!r}>"


class RowId(IntegerConverter):
    """The `<int:…>` of this application's URLs: an id that a table can hold, or no match."""

    regex = "[0-9]{1,10}"

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=LARGEST_ID)


def init_app(app: Flask) -> None:
    """Connect `app` to its database."""
    app.url_map.converters["int"] = RowId
    db.init_app(app)


@event.listens_for(Engine, "connect")
def prepare_connection(connection: Any, _record: object) -> None:
    """Let SQLite check foreign keys and wait for a writer, which it does only when told."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA busy_timeout = 10000")  # milliseconds


def create_tables() -> None:
    """Make the tables that are missing; those that are there stay as they are.

    Of several processes that do this at once one does it, and the others wait for it.
    """
    alone = "SELECT pg_advisory_xact_lock(0)"
    if db.engine.dialect.name == "sqlite":
        alone = "BEGIN IMMEDIATE"
        with db.engine.connect() as connection:
            # Kept in the file: readers no longer wait for a writer.
            connection.execute(text("PRAGMA journal_mode = WAL"))
    with db.engine.begin() as connection:
        connection.execute(text(alone))
        db.metadata.create_all(connection)


def commit(conflict: str) -> None:
    """Commit, or roll back and raise 409 with the message `conflict`.

    It is for the request that comes second: the name is taken by now, or the row that it
    changes has been changed or deleted. Only the database can tell.
    """
    try:
        db.session.commit()
    except (IntegrityError, StaleDataError) as error:
        db.session.rollback()
        raise Conflict(conflict) from error
