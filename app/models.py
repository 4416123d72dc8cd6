"""The models and their relationships: one to one, one to many, many to many.

From the course's "Establecer relaciones entre modelos", in SQLAlchemy 2's typed style.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from flask import current_app
from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, func, orm, select
from sqlalchemy.orm import DynamicMapped, Mapped, declared_attr, mapped_column, relationship
from werkzeug.security import generate_password_hash

from app.database import Model, db
from app.text import fold, nfc

# Maximum lengths in characters, for the columns and the form fields.
USERNAME_LENGTH = 80
CITY_LENGTH = 80
EMAIL_LENGTH = 254
PHONENUM_LENGTH = 32
TITLE_LENGTH = 120
TEXT_LENGTH = 10_000
TAGNAME_LENGTH = 40


class Versioned:
    """Mixin for optimistic locking: a version counter detects concurrent edits.

    See SQLAlchemy's "Configuring a Version Counter".
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
    """A user with one contact card and many posts."""

    # Ids are never reused: the session of a deleted user must not log in a new one.
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
        """Store a salted hash of `password`, never the password itself."""
        method = current_app.config["PASSWORD_METHOD"]
        self.password_hash = generate_password_hash(nfc(password), method)

    def __repr__(self) -> str:
        return f"<User {self.username!r}>"


class Contact(Versioned, Model):
    """The contact card of one user: `userid` is unique, so this is a one-to-one relationship."""

    id: Mapped[int] = mapped_column(primary_key=True)
    city: Mapped[str] = mapped_column(String(CITY_LENGTH))
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH))
    phonenum: Mapped[str] = mapped_column(String(PHONENUM_LENGTH), default="")
    userid: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), unique=True)

    user: Mapped[User] = relationship(back_populates="contact")

    def __repr__(self) -> str:
        return f"<Contact {self.id}>"


def utc_now() -> datetime:
    """Return the current time in UTC, without a time zone: as the database stores it."""
    return datetime.now(UTC).replace(tzinfo=None)


class Blogpost(Versioned, Model):
    """A post by one user, with many tags."""

    # Ids are never reused: an open edit form of a deleted post must not change a new one.
    __table_args__ = Index("ix_blogpost_userid_id", "userid", "id"), {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    text: Mapped[str] = mapped_column(String(TEXT_LENGTH), default="")
    # Lists show this instead of the text. The template shortens it further, at the end of a word.
    excerpt: Mapped[str] = orm.column_property(func.substr(text, 1, 240))
    created: Mapped[datetime] = mapped_column(default=utc_now)
    userid: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    # A digest of the form that was stored last: a form that is sent twice is stored once.
    submission: Mapped[str | None] = mapped_column(String(64), unique=True)

    # Loaded in the same query: avoids N+1 queries, and the author cannot be deleted in between.
    user: Mapped[User] = relationship(back_populates="blogposts", lazy="joined")
    tags: Mapped[list["Tag"]] = relationship(
        secondary=tags, back_populates="blogposts", order_by="Tag.folded", passive_deletes=True
    )

    def __repr__(self) -> str:
        return f"<Blogpost {self.title!r}>"


class Tag(Model):
    """A tag of many posts, spelled as in the first post that used it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    tagname: Mapped[str] = mapped_column(String(TAGNAME_LENGTH))
    # Computed in Python, because lower() in SQLite supports ASCII only.
    folded: Mapped[str] = mapped_column(Text, unique=True)

    blogposts: DynamicMapped[Blogpost] = relationship(
        secondary=tags, back_populates="tags", order_by=Blogpost.id, passive_deletes=True
    )

    def __init__(self, tagname: str) -> None:
        super().__init__(tagname=tagname, folded=fold(tagname))

    @classmethod
    def get_or_create(cls, names: Iterable[str]) -> Sequence["Tag"]:
        """Return the tags with these names, ignoring case; create the missing ones.

        Uses INSERT ... ON CONFLICT DO NOTHING, so two requests can create the same tag at once.
        Sorted, so that such requests cannot deadlock.
        """
        wanted = {fold(name): name for name in reversed(list(names))}
        if not wanted:
            return []
        # Importing the dialects of all databases would add 30 ms to every start.
        dialect = import_module(f"sqlalchemy.dialects.{db.engine.dialect.name}")
        db.session.execute(
            dialect.insert(cls).on_conflict_do_nothing(),
            [{"tagname": wanted[folded], "folded": folded} for folded in sorted(wanted)],
        )
        return db.session.scalars(select(cls).where(cls.folded.in_(wanted))).all()

    def __repr__(self) -> str:
        return f"<Tag {self.tagname!r}>"
