"""The course's own people, contacts, posts and tags."""

from sqlalchemy import select

from app.models import Blogpost, Contact, Tag, User, commit, db

PEOPLE = {
    "John Williams": {
        "city": "London",
        "email": "john.willy@xyz.com",
        "phonenum": "675-876-2423",
    },
    "Fordo Baggings": {
        "city": "Chicago",
        "email": "fbaggin@abc.com",
        "phonenum": "563-983-7682",
    },
}

# Title, author, tags and text, from the oldest to the newest.
POSTS = [
    (
        "Flask - A Python Web Framework",
        "John Williams",
        ["Python", "Flask"],
        "Flask gives you a request, a response and a way from the one to the other.\n"
        "Everything else is a choice that you make when you need it.",
    ),
    (
        "Using Templates in Flask",
        "Fordo Baggings",
        ["Python", "Flask", "Templates"],
        "A template is a page with holes in it.\n"
        "What goes into a hole is escaped, so that a reader cannot write your page for you.",
    ),
    (
        "Working with Databases in Flask",
        "John Williams",
        ["Python", "Flask", "DB connectivity"],
        "Say in the model what must be unique, and let the database hold everyone to it.",
    ),
    (
        "RestAPI Programming in Flask",
        "Fordo Baggings",
        ["Python", "Flask", "Rest API"],
        "One class for a resource, one method for a verb: GET, POST, PUT, DELETE.",
    ),
]

# In the order in which the course makes them.
TAGS = ["Python", "Flask", "DB connectivity", "Templates", "Rest API"]


def load(password: str | None = None) -> None:
    """Store the people who are missing, with their contacts and posts, and commit.

    A person who is there keeps what they have made of their data. With a `password` it
    becomes that of every person in the data set. Raises 409 (`Conflict`) where another process
    stores the same data at the same time.
    """
    known = {
        user.username: user
        for user in db.session.scalars(select(User).where(User.username.in_(PEOPLE)))
    }
    missing = {name: User(username=name) for name in PEOPLE if name not in known}
    for name, user in missing.items():
        user.contact = Contact(**PEOPLE[name])
        db.session.add(user)
    if missing:
        tags = {name: Tag.named([name])[0] for name in TAGS}
        for title, author, names, text in POSTS:
            if author in missing:
                db.session.add(
                    Blogpost(
                        title=title,
                        text=text,
                        user=missing[author],
                        tags=[tags[name] for name in names],
                    )
                )
                # One after the other, so that their ids follow their order.
                db.session.flush()
    if password is not None:
        for user in [*known.values(), *missing.values()]:
            user.set_password(password)
    commit("The course's data is being stored by another process; try again.")
