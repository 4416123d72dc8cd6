"""The course's users, contacts, posts and tags, from dataset.toml."""

import tomllib
from pathlib import Path

from sqlalchemy import select

from app.database import db
from app.models import Blogpost, Contact, Tag, User


def load(password: str | None = None) -> None:
    """Store the missing users with their contacts and posts, and commit.

    Users that exist keep their data. A `password` replaces the passwords of all users in the
    data set.
    """
    data = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    existing = db.session.scalars(select(User).where(User.username.in_(data["contacts"])))
    users = {user.username: user for user in existing}
    missing = [name for name in data["contacts"] if name not in users]
    tags = {name: Tag.get_or_create([name])[0] for name in data["tags"]} if missing else {}
    for name in missing:
        users[name] = User(username=name, contact=Contact(**data["contacts"][name]))
        db.session.add(users[name])
    for post in data["posts"]:
        author = post.pop("author")
        if author in missing:
            post["tags"] = [tags[name] for name in post["tags"]]
            db.session.add(Blogpost(**post, user=users[author]))
    if password is not None:
        for user in users.values():
            user.set_password(password)
    db.session.commit()
