"""Each way to serve the blog that the course shows, started from the project's own files.

The commands are the README's, but for the ports: each server is asked for any free one, and says in
its output which it took.
"""

import os
import shlex
import shutil
import signal
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from json import dumps
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import requests
from selenium.webdriver.support.ui import WebDriverWait

from tests.support.missing import missing
from tests.system.processes import PATH, PATIENCE, ROOT, Process, environment

# How a server is started, and how its output says where it listens.
COMMANDS = {
    "gserver.py": ("python gserver.py", r"Listening at http://(\S+)"),
    "gunicorn": ("gunicorn -w 4 wsgi:app --bind 127.0.0.1:0", r"Listening at: http://(\S+)"),
    "uwsgi": (
        "uwsgi --http-socket 127.0.0.1:0 --add-header 'Connection: close' --wsgi-file wsgi.py "
        "--callable app --need-app --master --processes 4 "
        "--hook-master-start 'unix_signal:15 gracefully_kill_them_all' --worker-reload-mercy 2",
        r"bound to TCP address (\S+)",
    ),
    "uwsgi.ini": ("uwsgi {folder}/uwsgi.ini", r"bound to TCP address (\S+)"),
    "Procfile": ("honcho --env {folder}/.env start web", r"Listening at: http://(\S+)"),
}

# A test waits for what a password does, not for how slowly it is hashed.
CHEAP = {"FLASK_PASSWORD_METHOD": "pbkdf2:sha256:1"}

# What the proxy before a server says of a request that came to https://blog.example.
FORWARDED = {
    "Host": "blog.example",
    "X-Forwarded-For": "192.0.2.1",
    "X-Forwarded-Host": "blog.example",
    "X-Forwarded-Proto": "https",
}


@dataclass(frozen=True)
class Server:
    """A server of the blog: the last of its `processes` runs the application.

    The first of `addresses` is for visitors; `folder` is for whatever the server writes.
    """

    kind: str
    database: str
    folder: Path
    addresses: Sequence[str]
    processes: Sequence[Process]

    @property
    def url(self) -> str:
        return f"http://{self.addresses[0]}"


@contextmanager
def sqlite_database() -> Iterator[str]:
    """Yield the `DATABASE_URL` of a new SQLite file."""
    with TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/blog.sqlite"


@contextmanager
def start(kind: str, database: str, **variables: str) -> Iterator[Server]:
    """Start a server of the blog: one of `COMMANDS`, or nginx.conf in front of uwsgi.ini."""
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
    with TemporaryDirectory() as name:
        folder = Path(name)
        if kind == "uwsgi.ini":
            configure(kind, folder, {":8080": ":0", ":8081": ":0"})
        settings = {"DATABASE_URL": database, "PORT": "0", **CHEAP, **variables}
        command = command.format(folder=folder)
        with Process(shlex.split(command), environment(folder, **settings)) as process:
            # uwsgi.ini has two, and the one for http last.
            addresses = process.wait_for(listening, times=2 if kind == "uwsgi.ini" else 1)
            if kind.startswith("uwsgi"):
                WebDriverWait(process, PATIENCE, 0.01).until(is_set_up)  # type: ignore[type-var]
            yield Server(kind, database, folder, addresses[::-1], [process])


def is_set_up(uwsgi: Process) -> bool:
    """Say whether uWSGI can be told to end, or has ended.

    Its master obeys once there are all workers. One that has only been forked would miss what the
    master passes on, and uWSGI would wait for that one for ever: SIGUSR2 is the last signal that a
    worker prepares for, and one that the master never does.
    """
    if uwsgi.has_ended:
        return True
    obeys = not uwsgi.ignores(signal.SIGTERM)
    return obeys and uwsgi.has_workers_that_catch(signal.SIGUSR2)


@contextmanager
def nginx(backend: str, changes: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Start Nginx by nginx.conf, with `changes`, in front of the uWSGI at `backend`."""
    if shutil.which("nginx", path=PATH) is None:
        missing("There is no nginx. On Debian or Ubuntu: apt-get install nginx-light")
    with TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as listener:
        folder = Path(name)
        (folder / "instance").mkdir()
        (folder / "app").mkdir()
        (folder / "app" / "static").symlink_to(ROOT / "app" / "static")
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        own = {"127.0.0.1:8000": address, "127.0.0.1:8080": backend}
        configure("nginx.conf", folder, {**(changes or {}), **own})
        command = f"nginx -p {folder} -c nginx.conf -e stderr"
        if os.geteuid() == 0:
            command += " -g 'user root;'"
        # Nginx knows no port 0. It takes over the sockets that this variable names.
        variables = environment(folder, NGINX=f"{listener.fileno()};")
        with Process(shlex.split(command), variables, pass_fds=[listener.fileno()]) as process:
            listener.close()
            yield Server("nginx.conf", "", folder, [address], [process])


def configure(name: str, folder: Path, changes: Mapping[str, str]) -> None:
    """Copy a file of deploy/ into `folder`; each change must fit exactly one place of it."""
    text = (ROOT / "deploy" / name).read_text("utf-8")
    for old, new in changes.items():
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in deploy/{name}."
        text = text.replace(old, new)
    (folder / name).write_text(text, "utf-8")


class Visitor(requests.Session):
    """Someone who looks at the site at `url`, keeps its cookies, and follows no redirect.

    It is used as Flask's test client is, by the functions of `tests.support.html`, too.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        # No proxy and no password that this machine may be set up with.
        self.trust_env = False

    def request(self, method: str, path: str, **options: Any) -> requests.Response:  # type: ignore[override]
        options = {"timeout": PATIENCE, **options, "allow_redirects": False}
        return super().request(method, self.url + path, **options)

    @property
    def cookies_header(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}


def send(
    server: Server,
    path: str,
    json: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HTTPConnection:
    """Send a request over a connection of its own, and do not wait: `read` gives the answer.

    It is a GET, or a POST of what is to be sent as JSON.
    """
    connection = HTTPConnection(server.addresses[0], timeout=PATIENCE)
    if json is None:
        connection.request("GET", path, headers=headers or {})
    else:
        kind = {"Content-Type": "application/json"}
        connection.request("POST", path, dumps(json), {**kind, **(headers or {})})
    return connection


def is_at_work(server: Server) -> bool:
    """Say whether the application's own server has accepted all requests and read what came."""
    own = server.addresses[1:] if server.kind == "nginx.conf" else server.addresses
    ports = {int(address.rpartition(":")[2]) for address in own}
    are_read = []
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        local, state, queues, inode = fields[1], fields[3], fields[4], fields[9]
        if int(local.rpartition(":")[2], 16) in ports and state == "01":
            # Of those that are established, one that is not accepted has no inode yet.
            are_read.append(inode != "0" and queues.endswith(":00000000"))
    return bool(are_read) and all(are_read)


def read(connection: HTTPConnection) -> SimpleNamespace:
    """Wait for the answer, and close the connection."""
    with connection.getresponse() as response:
        text = response.read().decode()
    connection.close()
    return SimpleNamespace(status_code=response.status, headers=response.headers, text=text)


def get(server: Server, path: str) -> SimpleNamespace:
    """Give the answer to a request of its own."""
    return read(send(server, path))
