"""Show that a list with 100,000 rows costs what it costs with 100, or end with 1.

What counts is the processor's time, and both blogs are asked in turn: a busy machine changes
their ratio little.
"""

import sys
import tempfile
from pathlib import Path
from statistics import median
from time import process_time

from flask.testing import FlaskClient
from sqlalchemy import insert

from app import create_app
from app.models import Blogpost, Tag, User, create_tables, db, tags

FEW, MANY = 100, 100_000
LIMIT = 1.3  # times what few rows cost
ROUNDS = 200
LISTS = [
    "/posts/",
    "/posts/?before=50",
    "/posts/by/1",
    "/posts/by/2",
    "/posts/tagged/1",
    "/posts/tagged/2",
    "/people/",
]


def owner(number: int) -> int:
    """Give the author and the tag of a post: 1 has a half of all posts, 2 has few and old ones."""
    if number % 2:
        return 2 if number < FEW // 2 else number
    return 1


def blog(file: Path, number: int) -> FlaskClient:
    """Give a client of a new blog with so many people, tags and posts."""
    app = create_app({"SECRET_KEY": "bench", "SQLALCHEMY_DATABASE_URI": f"sqlite:///{file}"})
    ids = range(1, number + 1)
    posts = [
        {"title": f"Post {n}", "text": "Once upon a time. " * 20, "userid": owner(n)} for n in ids
    ]
    pairs = {(n, tag) for n in ids for tag in (n, owner(n))}
    with app.app_context():
        create_tables()
        db.session.execute(insert(User), [{"username": f"Hobbit {n}", "version": 1} for n in ids])
        db.session.execute(insert(Tag), [{"tagname": f"Tag {n}"} for n in ids])
        db.session.execute(insert(Blogpost), [{**post, "version": 1} for post in posts])
        db.session.execute(
            insert(tags), [{"blogpost_id": post, "tag_id": tag} for post, tag in sorted(pairs)]
        )
        db.session.commit()
    return app.test_client()


def cost(client: FlaskClient, url: str) -> float:
    """Give the milliseconds that the processor works on a page."""
    start = process_time()
    response = client.get(url)
    taken = process_time() - start
    if response.text.count('href="/posts/') < 10:
        sys.exit(f"{url} is no page of posts or people: what it costs says nothing.")
    return 1000 * taken


def main() -> int:
    """Print both medians of each list, and their ratio; give 1 where one is over the limit."""
    with tempfile.TemporaryDirectory() as folder:
        few, many = (blog(Path(folder, f"{number}.sqlite"), number) for number in (FEW, MANY))
        print(f"{'milliseconds a page':24}{FEW:>9,}{MANY:>9,}{'ratio':>8}")
        worst = 0.0
        for url in LISTS:
            pairs = [(cost(few, url), cost(many, url)) for _ in range(ROUNDS)]
            of_few, of_many = (median(side) for side in zip(*pairs, strict=True))
            print(f"{url:24}{of_few:9.2f}{of_many:9.2f}{of_many / of_few:8.2f}")
            worst = max(worst, of_many / of_few)
    if worst > LIMIT:
        print(f"A list with {MANY:,} rows costs more than {LIMIT} times one with {FEW}.")
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
