"""Start the blog on a gevent server: `python gserver.py`. The port is `PORT`, or 5000.

From the course's "Desplegando en Gevent" and gevent's `gevent.pywsgi`. Ctrl-C and SIGTERM cause a
graceful shutdown with a one-second grace period and exit status 0.

All requests share one thread and switch whenever one of them waits. gevent patches sockets and
locks for that; this module does the same for SQLite.
"""

# ruff: noqa: E402 - the other imports come after the patches

from gevent import monkey

# Before all other imports: a module imported earlier could keep references to unpatched functions.
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
from gevent.pywsgi import WSGIHandler, WSGIServer
from sqlalchemy import Dialect, Engine, event

from wsgi import app

# Seconds that a request waits for the database lock, and between two attempts.
LOCK_TIMEOUT = 10
LOCK_INTERVAL = 0.01

# Log injection: a terminal obeys these characters, and some of them start a new line in the log.
CONTROL_CHARACTERS = {number: f"\\x{number:02x}" for number in [*range(32), *range(127, 160)]}


class Handler(WSGIHandler):
    """gevent's handler, for requests with any header and log lines without control characters."""

    def get_environ(self) -> dict[str, Any]:
        """Return the WSGI environment, with a request body that ends.

        For `Connection: Upgrade`, which some proxies always send, gevent passes the connection as
        the body, and the application would read until the client closes it.
        """
        environ = super().get_environ()
        environ.update({"wsgi.input": self.wsgi_input, "wsgi.input_terminated": True})
        return environ

    def format_request(self) -> str:
        return super().format_request().translate(CONTROL_CHARACTERS)


class Server(WSGIServer):
    """gevent's server with Nagle's algorithm off.

    The server sends the headers and the body of a response separately. With Nagle's algorithm, the
    kernel delays the body until the client acknowledges the headers, about 40 ms later.
    """

    handler_class = Handler

    def handle(self, client: socket.socket, address: Any) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().handle(client, address)


def retry_while_locked(call: Callable[..., Any], *arguments: Any) -> Any:
    """Return the result of `call`; retry while another connection holds the database lock.

    SQLite's own `busy_timeout` sleeps in C and would block all other requests.
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
    """A cursor that does not block other requests while it waits for a lock."""

    def execute(self, *arguments: Any) -> Any:
        return retry_while_locked(super().execute, *arguments)

    def executemany(self, *arguments: Any) -> Any:
        return retry_while_locked(super().executemany, *arguments)


class Connection(sqlite3.Connection):
    """A connection that does not block other requests while it waits for a lock."""

    def cursor(self, factory: Any = Cursor) -> Any:
        return super().cursor(factory)

    def commit(self) -> None:
        retry_while_locked(super().commit)


@event.listens_for(Engine, "do_connect")
def use_connection_class(
    dialect: Dialect, _record: object, _arguments: object, options: dict[str, Any]
) -> None:
    """Set the connection class that SQLAlchemy uses for SQLite."""
    if dialect.name == "sqlite":
        options["factory"] = Connection


@event.listens_for(Engine, "connect")
def disable_busy_timeout(connection: Any, _record: object) -> None:
    """Reset the `busy_timeout` that `app.database` has set (listeners run in order)."""
    if isinstance(connection, Connection):
        connection.execute("PRAGMA busy_timeout = 0")


def main() -> None:
    """Start the server, and stop it on SIGINT or SIGTERM."""
    port = os.environ.get("PORT", "5000")
    try:
        # Reachable from this machine only: others connect through a proxy such as Nginx.
        address = ("127.0.0.1", int(port))
        # With a pool, the server knows its open requests and waits for them on shutdown.
        server = Server(address, app, backlog=socket.SOMAXCONN, spawn=Pool())
        server.start()
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(f"Cannot listen on PORT={port}: {error}")
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, server.stop, timeout=1)
    # With PORT=0, the operating system chooses a free port.
    print(f"Listening at http://127.0.0.1:{server.server_port}", file=sys.stderr)  # noqa: T201 - for the user
    server.serve_forever()


if __name__ == "__main__":
    main()
