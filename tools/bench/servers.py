"""Check how many pages each server sends per second, and that it stops soon; exit with 1 if not.

Also measure how long a page takes while other clients are connected and send nothing.
"""

import sys
from contextlib import ExitStack
from statistics import median
from time import perf_counter

from app.config import database_uri
from tests.support.blog import fill
from tests.system.servers import COMMANDS, Visitor, connect, new_sqlite_url, start
from tools.bench.options import is_quick

LIMIT = 16  # times as slow as the fastest
STOP_LIMIT = 10  # seconds; on an idle machine they take one or two
REQUESTS = 100
ROUNDS = 3
QUICK_ROUNDS = 1
IDLE_CLIENTS = 65  # more than twice the threads of four Gunicorn workers
QUICK_IDLE_CLIENTS = 5
WAIT_LIMIT = 300  # seconds


def measure(kind: str, database: str) -> tuple[float, float]:
    """Start a server; return its pages per second and the seconds that it takes to stop.

    There is one visitor, with a keep-alive connection if the server allows that.
    """
    with start(kind, database) as server, Visitor(server.url) as visitor:
        visitor.get("/posts/")
        began = perf_counter()
        for _ in range(REQUESTS):
            visitor.get("/posts/")
        served = perf_counter()
        for process in server.processes:
            process.stop()
        return REQUESTS / (served - began), perf_counter() - served


def measure_wait(kind: str, database: str, idle_clients: int) -> float:
    """Start a server; return the seconds of a page while other clients send nothing."""
    with start(kind, database) as server, ExitStack() as stack:
        with Visitor(server.url) as first:
            first.get("/posts/")
        for _ in range(idle_clients):
            stack.enter_context(connect(server))
        visitor = stack.enter_context(Visitor(server.url))
        began = perf_counter()
        visitor.get("/posts/", timeout=WAIT_LIMIT)
        return perf_counter() - began


def main() -> int:
    """Print the medians and each ratio to the fastest; return 1 if one is over the limit."""
    quick = is_quick()
    idle_clients = QUICK_IDLE_CLIENTS if quick else IDLE_CLIENTS
    rates, ends, waits = {}, {}, {}
    with new_sqlite_url() as database:
        fill({"SQLALCHEMY_DATABASE_URI": database_uri(database)})
        for kind in (*COMMANDS, "nginx.conf"):
            rounds = [measure(kind, database) for _ in range(QUICK_ROUNDS if quick else ROUNDS)]
            rates[kind], ends[kind] = (median(side) for side in zip(*rounds, strict=True))
            waits[kind] = measure_wait(kind, database, idle_clients)
    fastest = max(rates.values())
    wait = f"seconds with {idle_clients} idle"
    print(f"{'server':12}{'pages a second':>16}{'ratio':>8}{'seconds to stop':>16}{wait:>24}")
    for kind, rate in rates.items():
        print(f"{kind:12}{rate:16.0f}{fastest / rate:8.1f}{ends[kind]:16.2f}{waits[kind]:24.2f}")
    slow = fastest / min(rates.values()) > LIMIT or max(ends.values()) > STOP_LIMIT
    return int(slow and not quick)


if __name__ == "__main__":
    sys.exit(main())
