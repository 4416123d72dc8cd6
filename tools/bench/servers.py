"""Show what each server answers in a second, and how soon it ends when told to, or end with 1."""

import sys
from statistics import median
from time import perf_counter

from app.config import database_uri
from tests.support.databases import fill
from tests.system.servers import COMMANDS, Visitor, sqlite_database, start

LIMIT = 16  # times as slow as the fastest
AT_ONCE = 3  # seconds
REQUESTS = 100
ROUNDS = 3


def measure(kind: str, database: str) -> tuple[float, float]:
    """Start a server; give how many pages it serves in a second, and how soon it ends.

    Both for one visitor, who stays connected where the server lets it.
    """
    with start(kind, database) as server, Visitor(server.url) as visitor:
        visitor.get("/posts/")
        began = perf_counter()
        for _ in range(REQUESTS):
            visitor.get("/posts/")
        served = perf_counter()
        for process in server.processes:
            process.end()
        return REQUESTS / (served - began), perf_counter() - served


def main() -> int:
    """Print the medians, and how far each is behind the fastest; give 1 where one is over."""
    rates, ends = {}, {}
    with sqlite_database() as database:
        fill({"SQLALCHEMY_DATABASE_URI": database_uri(database)}, with_data=True).dispose()
        for kind in (*COMMANDS, "nginx.conf"):
            rounds = [measure(kind, database) for _ in range(ROUNDS)]
            rates[kind], ends[kind] = (median(side) for side in zip(*rounds, strict=True))
    fastest = max(rates.values())
    print(f"{'server':12}{'pages a second':>16}{'ratio':>8}{'seconds to end':>16}")
    for kind, rate in rates.items():
        print(f"{kind:12}{rate:16.0f}{fastest / rate:8.1f}{ends[kind]:16.2f}")
    return int(fastest / min(rates.values()) > LIMIT or max(ends.values()) > AT_ONCE)


if __name__ == "__main__":
    sys.exit(main())
