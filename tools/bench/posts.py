"""Check that a page of a list takes as long with 100,000 rows as with 100; exit with 1 if not.

It measures CPU time, and asks both blogs in turn, so that a busy machine changes their ratio
little.
"""

import sys
import tempfile
from pathlib import Path
from statistics import median
from time import process_time

from flask.testing import FlaskClient
from sqlalchemy import insert

from app import create_app
from app.database import create_tables, db
from app.models import Blogpost, Tag, User, tags
from tools.bench.options import is_quick

FEW, MANY, QUICK_MANY = 100, 100_000, 1_000
LIMIT = 1.3  # times what few rows cost
ROUNDS = 200
QUICK_ROUNDS = 2
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
    """Return the author and tag of a post: 1 has half of all posts, 2 has a few old ones."""
    if number % 2:
        return 2 if number < FEW // 2 else number
    return 1


def blog(file: Path, number: int) -> FlaskClient:
    """Return a client of a new blog with `number` users, tags and posts."""
    app = create_app({"SECRET_KEY": "bench", "SQLALCHEMY_DATABASE_URI": f"sqlite:///{file}"})
    ids = range(1, number + 1)
    posts = [
        {"title": f"Post {n}", "text": "Once upon a time. " * 20, "userid": owner(n)} for n in ids
    ]
    pairs = {(n, tag) for n in ids for tag in (n, owner(n))}
    with app.app_context():
        create_tables()
        db.session.execute(insert(User), [{"username": f"Hobbit {n}", "version": 1} for n in ids])
        db.session.execute(
            insert(Tag), [{"tagname": f"Tag {n}", "folded": f"tag {n}"} for n in ids]
        )
        db.session.execute(insert(Blogpost), [{**post, "version": 1} for post in posts])
        db.session.execute(
            insert(tags), [{"blogpost_id": post, "tag_id": tag} for post, tag in sorted(pairs)]
        )
        db.session.commit()
    return app.test_client()


def cost(client: FlaskClient, url: str) -> float:
    """Return the milliseconds of CPU time that a page takes."""
    start = process_time()
    response = client.get(url)
    taken = process_time() - start
    if response.text.count('href="/posts/') < 10:
        sys.exit(f"{url} does not list posts or people.")
    return 1000 * taken


def main() -> int:
    """Print both medians of each list and their ratio; return 1 if one is over the limit."""
    quick = is_quick()
    number, rounds = (QUICK_MANY, QUICK_ROUNDS) if quick else (MANY, ROUNDS)
    with tempfile.TemporaryDirectory() as folder:
        few, many = (blog(Path(folder, f"{size}.sqlite"), size) for size in (FEW, number))
        print(f"{'milliseconds a page':24}{FEW:>9,}{number:>9,}{'ratio':>8}")
        worst = 0.0
        for url in LISTS:
            pairs = [(cost(few, url), cost(many, url)) for _ in range(rounds)]
            of_few, of_many = (median(side) for side in zip(*pairs, strict=True))
            print(f"{url:24}{of_few:9.2f}{of_many:9.2f}{of_many / of_few:8.2f}")
            worst = max(worst, of_many / of_few)
    if worst > LIMIT and not quick:
        print(f"A page of {MANY:,} rows takes more than {LIMIT} times as long as one of {FEW}.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
