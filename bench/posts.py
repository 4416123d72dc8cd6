"""Show that a list with 100,000 rows costs what it costs with 100, or end with 1.

Both blogs are asked in turn, so that whatever else the machine does slows both alike.
"""

import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from flask.testing import FlaskClient
from sqlalchemy import insert

from app import create_app
from app.models import Blogpost, Tag, User, create_tables, db, tags

FEW, MANY = 100, 100_000
LIMIT = 1.3  # times what few rows cost
ROUNDS = 200
LISTS = ["/posts/", "/posts/?before=50", "/posts/by/1", "/posts/tagged/1", "/people/"]


def blog(file: Path, number: int) -> FlaskClient:
    """Give a client of a new blog: so many people, posts and tags; a half is by 1 and about 1."""
    app = create_app({"SECRET_KEY": "bench", "SQLALCHEMY_DATABASE_URI": f"sqlite:///{file}"})
    ids = range(1, number + 1)
    posts = [
        {"title": f"Post {n}", "text": "Once upon a time. " * 20, "userid": n if n % 2 else 1}
        for n in ids
    ]
    pairs = {(n, about) for n in ids for about in (n, n if n % 2 else 1)}
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
    """Give the milliseconds that a page took."""
    start = perf_counter()
    response = client.get(url)
    taken = perf_counter() - start
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
