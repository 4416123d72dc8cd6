"""The course's own people, contacts, posts and tags: they are in dataset.toml."""

import tomllib
from pathlib import Path

from sqlalchemy import select

from app.models import Blogpost, Contact, Tag, User, commit, db


def load(password: str | None = None) -> None:
    """Store the people who are missing, with their contacts and posts, and commit.

    A person who is there keeps what they have made of their data. With a `password` it
    becomes that of every person in the data set. Raises 409 (`Conflict`) where another process
    stores the same data at the same time.
    """
    data = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    people = {
        user.username: user
        for user in db.session.scalars(select(User).where(User.username.in_(data["contacts"])))
    }
    missing = [name for name in data["contacts"] if name not in people]
    tags = {name: Tag.named([name])[0] for name in data["tags"]} if missing else {}
    for name in missing:
        people[name] = User(username=name, contact=Contact(**data["contacts"][name]))
        db.session.add(people[name])
    for post in data["posts"]:
        author = post.pop("author")
        if author in missing:
            post["tags"] = [tags[name] for name in post["tags"]]
            db.session.add(Blogpost(**post, user=people[author]))
    if password is not None:
        for user in people.values():
            user.set_password(password)
    commit("The course's data is being stored by another process; try again.")
