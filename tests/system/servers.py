"""Start each server that the course shows, with the project's own files.

The commands are those of docs/deploy.md, except for the port: each server takes a free one and
prints which.
"""

import os
import re
import shlex
import shutil
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from json import dumps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import requests

from tests.support.html import csrf_header
from tests.support.missing import missing
from tests.system.processes import PATH, ROOT, TIMEOUT, Process, environment

# uWSGI obeys a signal only when the master and all workers are ready: each prints a line then.
UWSGI_HOOK = "--hook-accepting 'print:A worker is ready.'"
UWSGI_READY = r"A worker is ready\.\n|\(master-start\)"

# A heading of docs/deploy.md with the name of the server, and the first line of code below it.
SECTION = re.compile(r"^### (.+)\n+(?:\w.*\n+)*    (.+)$", re.MULTILINE)
DOCUMENTED = dict(SECTION.findall((ROOT / "docs" / "deploy.md").read_text("utf-8")))

# The command that starts each server, and how the server prints its address.
COMMANDS = {
    "gserver.py": (DOCUMENTED["gevent"], r"Listening at http://(\S+)"),
    "gunicorn": (f"{DOCUMENTED['Gunicorn']} --bind 127.0.0.1:0", r"Listening at: http://(\S+)"),
    "uwsgi": (
        f"{DOCUMENTED['uWSGI with options'].replace(':8081', ':0')} {UWSGI_HOOK}",
        r"bound to TCP address (\S+)",
    ),
    "uwsgi.ini": (f"uwsgi {{folder}}/uwsgi.ini {UWSGI_HOOK}", r"bound to TCP address (\S+)"),
    "Procfile": ("honcho --env {folder}/.env start web", r"Listening at: http://(\S+)"),
}

# A cheap password hash, so that a login takes no time.
CHEAP_PASSWORDS = {"FLASK_PASSWORD_METHOD": "pbkdf2:sha256:1"}

# All checks of a server log in as one of two users.
MANY_ATTEMPTS = {"FLASK_ATTEMPTS_PER_USERNAME": "1000 per minute"}

# The headers that a proxy sets for a request to https://blog.example.
FORWARDED = {
    "Host": "blog.example",
    "X-Forwarded-For": "192.0.2.1",
    "X-Forwarded-Proto": "https",
}

# Headers that a proxy passes on as the client sent them.
FORGED = {
    "SCRIPT_NAME": "//evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Prefix": "//evil.example",
    "X-Forwarded-Protocol": "ssl",
    "X-Forwarded-SSL": "on",
}


@dataclass(frozen=True)
class Server:
    """A running server of the blog.

    The first of `addresses` is for visitors. The last of `processes` runs the application, the
    others are proxies in front of it. The server writes its files to `folder`.
    """

    kind: str
    database: str
    folder: Path
    addresses: Sequence[str]
    processes: Sequence[Process]

    @property
    def url(self) -> str:
        return f"http://{self.addresses[0]}"


@dataclass(frozen=True)
class ServerResponse:
    """A response, with the attributes that `requests` and Flask's test client use, too."""

    status_code: int
    headers: Message
    text: str


@contextmanager
def new_sqlite_url() -> Iterator[str]:
    """Yield the `DATABASE_URL` of a new SQLite file."""
    with TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/blog.sqlite"


@contextmanager
def start(kind: str, database: str, **variables: str) -> Iterator[Server]:
    """Start a server of the blog: one of `COMMANDS`, or Nginx in front of uWSGI ("nginx.conf")."""
    if kind == "nginx.conf":
        with start("uwsgi.ini", database, **variables) as uwsgi:
            *_, backend = uwsgi.addresses
            with nginx(backend) as front:
                addresses = [*front.addresses, *uwsgi.addresses]
                processes = [*front.processes, *uwsgi.processes]
                yield Server(kind, database, uwsgi.folder, addresses, processes)
        return
    command, listening = COMMANDS[kind]
    program = command.split()[0]
    if shutil.which(program, path=PATH) is None:
        missing(f"There is no {program}: its package has no wheel for this Python or system.")
    # With a space, because the folder of temporary files may have one.
    with TemporaryDirectory(prefix="a server ") as name:
        folder = Path(name)
        if kind == "uwsgi.ini":
            configure(kind, folder, {":8080": ":0", ":8081": ":0"})
        settings = {"DATABASE_URL": database, "PORT": "0", **CHEAP_PASSWORDS, **MANY_ATTEMPTS}
        settings |= variables
        # Split first, because the name of the folder may contain a space.
        arguments = [text.replace("{folder}", name) for text in shlex.split(command)]
        with Process(arguments, environment(folder, **settings)) as process:
            # uwsgi.ini listens on two ports, the last one for HTTP.
            addresses = process.wait_for(listening, times=2 if kind == "uwsgi.ini" else 1)
            if kind.startswith("uwsgi"):
                process.wait_for(UWSGI_READY, times=1 + number_of_workers(folder, command))
            yield Server(kind, database, folder, addresses[::-1], [process])


@contextmanager
def nginx(backend: str, changes: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Start Nginx with nginx.conf, with `changes`, in front of the uWSGI server at `backend`."""
    if shutil.which("nginx", path=PATH) is None:
        missing("There is no nginx. On Debian or Ubuntu: apt-get install nginx-light")
    with (
        TemporaryDirectory(prefix="a proxy ") as name,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        folder = Path(name)
        (folder / "instance").mkdir()
        (folder / "app").mkdir()
        (folder / "app" / "static").symlink_to(ROOT / "app" / "static")
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        own = {"127.0.0.1:8000": address, "127.0.0.1:8080": backend}
        configure("nginx.conf", folder, {**(changes or {}), **own})
        command = ["nginx", "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"]
        if os.geteuid() == 0:
            command += ["-g", "user root;"]
        # Nginx cannot choose a free port itself. It inherits the socket that this variable names.
        variables = environment(folder, NGINX=f"{listener.fileno()};")
        with Process(command, variables, pass_fds=[listener.fileno()]) as process:
            listener.close()
            yield Server("nginx.conf", "", folder, [address], [process])


def number_of_workers(folder: Path, command: str) -> int:
    """Return how many workers uWSGI starts, from its options on the command line or in its file."""
    file = folder / "uwsgi.ini"
    options = file.read_text("utf-8") if file.exists() else command
    return int(re.findall(r"^(?:.*--)?processes[ =]+(\d+)", options, re.MULTILINE)[0])


def configure(name: str, folder: Path, changes: Mapping[str, str]) -> None:
    """Copy a file of deploy/ into `folder`, with changes. Each text to replace must occur once."""
    text = (ROOT / "deploy" / name).read_text("utf-8")
    for old, new in changes.items():
        if text.count(old) != 1:
            raise ValueError(f"deploy/{name} contains {old!r} {text.count(old)} times.")
        text = text.replace(old, new)
    (folder / name).write_text(text, "utf-8")


def connect(server: Server) -> socket.socket:
    """Return a new connection to the server."""
    host, port = server.addresses[0].split(":")
    return socket.create_connection((host, int(port)), TIMEOUT)


class Visitor(requests.Session):
    """A client of the site at `url`, with cookies, that does not follow redirects.

    It has the interface of Flask's test client, so `tests.support.html` works with both.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        # Ignore the proxies and passwords that are configured on this machine.
        self.trust_env = False

    def request(self, method: str, path: str, **options: Any) -> requests.Response:  # type: ignore[override]
        options = {"timeout": TIMEOUT, **options, "allow_redirects": False}
        return super().request(method, self.url + path, **options)

    def session_headers(self) -> dict[str, str]:
        """Return the headers for another connection: the cookies and the CSRF token."""
        token = csrf_header(self)  # type: ignore[arg-type]
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": cookies, **token}


def send(
    server: Server,
    path: str,
    json: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    form: bytes | None = None,
) -> HTTPConnection:
    """Send a GET, or a POST with `json` or an encoded `form`; `read` returns the response."""
    connection = HTTPConnection(server.addresses[0], timeout=TIMEOUT)
    content_type, body = "application/x-www-form-urlencoded", form
    if json is not None:
        content_type, body = "application/json", dumps(json).encode()
    method = "GET" if body is None else "POST"
    connection.request(method, path, body, {"Content-Type": content_type, **(headers or {})})
    return connection


def read(connection: HTTPConnection) -> ServerResponse:
    """Wait for the response, and close the connection."""
    with connection.getresponse() as response:
        text = response.read().decode()
    connection.close()
    return ServerResponse(response.status, response.headers, text)


def read_status(connection: HTTPConnection) -> int:
    """Return the status code of the response, and close the connection.

    A server that rejects a body without reading it may reset the connection while the client reads
    the rest of the response.
    """
    with connection.getresponse() as response:
        connection.close()
        return response.status


def get(server: Server, path: str) -> ServerResponse:
    """Send a GET request over a new connection, and return the response."""
    return read(send(server, path))


def has_accepted_all(server: Server) -> bool:
    """Return True if the application's server has accepted all connections to it."""
    own = server.addresses[1:] if server.kind == "nginx.conf" else server.addresses
    ports = {int(address.rpartition(":")[2]) for address in own}
    connections = [
        connection
        for connection in psutil.net_connections("tcp4")
        if connection.status == psutil.CONN_ESTABLISHED
        and connection.laddr
        and connection.laddr.port in ports
    ]
    # A connection that still waits in the kernel's queue belongs to no process.
    return bool(connections) and all(connection.pid for connection in connections)
