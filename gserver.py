"""Serve the blog with gevent: `python gserver.py`, on the port that `PORT` names, or on 5000.

From the course's "Desplegando en Gevent" and gevent's `gevent.pywsgi`. Ctrl-C and SIGTERM end it
with status 0: it takes no more connections, and gives the requests it has one second to end.

All requests share one thread, and give way to each other wherever they wait. gevent's patches see
to that for sockets and locks; what they cannot reach, this file does.
"""

# ruff: noqa: E402 - the patches come before the other imports

from gevent import monkey

# Before anything else is imported, or that would keep hold of what it has found unpatched.
monkey.patch_all()

import os
import signal
import socket
import sqlite3
import sys
from collections.abc import Callable
from typing import Any

import gevent
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer
from sqlalchemy import Dialect, Engine, event

from wsgi import app

# How long a request waits for another connection's lock, and how often it tries: seconds.
LOCK_TIMEOUT = 10
LOCK_INTERVAL = 0.01


class Server(WSGIServer):
    """gevent's server, which sends each packet at once.

    It writes the head of an answer and then its body. The kernel would keep the second back until
    the client has acknowledged the first, and a client with nothing to send takes 40 ms for that.
    """

    def handle(self, client: socket.socket, address: Any) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().handle(client, address)


def give_way(call: Callable[..., Any], *arguments: Any) -> Any:
    """Call SQLite, and try again while another connection holds the lock.

    SQLite's own `busy_timeout` would sleep in C: no other request would get its turn meanwhile.
    """
    for _ in range(int(LOCK_TIMEOUT / LOCK_INTERVAL)):
        try:
            return call(*arguments)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
        gevent.sleep(LOCK_INTERVAL)
    return call(*arguments)


class Cursor(sqlite3.Cursor):
    """A cursor that waits for a lock and lets others work."""

    def execute(self, *arguments: Any) -> Any:
        return give_way(super().execute, *arguments)

    def executemany(self, *arguments: Any) -> Any:
        return give_way(super().executemany, *arguments)


class Connection(sqlite3.Connection):
    """A connection that waits for a lock and lets others work."""

    def cursor(self, factory: Any = Cursor) -> Any:
        return super().cursor(factory)

    def commit(self) -> None:
        give_way(super().commit)


@event.listens_for(Engine, "do_connect")
def choose_connection(
    dialect: Dialect, _record: object, _arguments: object, options: dict[str, Any]
) -> None:
    """Have SQLAlchemy reach SQLite over the `Connection` above."""
    if dialect.name == "sqlite":
        options["factory"] = Connection


@event.listens_for(Engine, "connect")
def never_block(connection: Any, _record: object) -> None:
    """Undo the `busy_timeout` that `app.models` sets: its listener, the older one, comes first."""
    if isinstance(connection, Connection):
        connection.execute("PRAGMA busy_timeout = 0")


def main() -> None:
    """Serve until a signal ends it."""
    port = os.environ.get("PORT", "5000")
    try:
        # For this machine alone; a proxy such as Nginx serves it to others.
        address = ("127.0.0.1", int(port))
        # A pool knows who is at work: without one, stopping waits for nobody.
        server = Server(address, app, backlog=socket.SOMAXCONN, spawn=Pool())
        server.start()
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(f"Cannot listen on PORT={port}: {error}")
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, server.stop, timeout=1)
    # With PORT=0, which is any free port, only this tells which.
    print(f"Listening at http://127.0.0.1:{server.server_port}", file=sys.stderr)  # noqa: T201 - to a person
    server.serve_forever()


if __name__ == "__main__":
    main()
