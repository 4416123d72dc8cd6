"""The servers that the course shows: checks that all of them pass, and checks of each one."""

import os
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from select import select

import pytest
from sqlalchemy import create_engine, inspect, text

from app.config import HEADERS, database_uri
from app.database import db
from tests.support.blog import PASSWORD, fill
from tests.support.databases import POSTGRES, postgres_server
from tests.support.html import submit, texts
from tests.support.missing import missing
from tests.system.processes import MEASURED, ROOT, TIMEOUT, Process, environment, wait_until
from tests.system.servers import (
    FORGED,
    FORWARDED,
    Server,
    ServerResponse,
    Visitor,
    connect,
    get,
    has_accepted_all,
    new_sqlite_url,
    nginx,
    read,
    read_status,
    send,
    start,
)

JOHN = {"username": "John Williams", "password": PASSWORD}
FORDO = {"username": "Fordo Baggings", "password": PASSWORD}
PEREGRIN = {"username": "Peregrin Took", "password": PASSWORD}

# The environment variables of each kind of server. Most run behind a proxy. Nginx is itself the
# proxy, and uWSGI behind it waits only a second for the rest of a request. The Procfile sets the
# number of proxies, and the platform sets the number of workers.
SETTINGS = {"nginx.conf": {"UWSGI_SOCKET_TIMEOUT": "1"}, "Procfile": {"WEB_CONCURRENCY": "2"}}
BEHIND_A_PROXY = {"FLASK_PROXY_HOPS": "1"}
TRUSTED_HOSTS = {"FLASK_TRUSTED_HOSTS": '["127.0.0.1", "0.0.0.0", "blog.example"]'}


@contextmanager
def new_postgres_url() -> Iterator[str]:
    """Yield the `DATABASE_URL` of a PostgreSQL server, in the form that Heroku uses."""
    with postgres_server():
        yield os.environ[POSTGRES].replace("postgresql://", "postgres://")


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server of the kind in the test's parameter, with the course's data.

    All tests of this kind share it. No secret key is set: the workers must agree on one.
    """
    kind = request.param
    new_url = new_postgres_url if kind == "Procfile" else new_sqlite_url
    with new_url() as database:
        fill({"SQLALCHEMY_DATABASE_URI": database_uri(database)})
        # test_coverage.py shows that the data about greenlets would be wrong.
        measured = {} if kind == "gserver.py" else MEASURED
        settings = {**SETTINGS.get(kind, BEHIND_A_PROXY), **TRUSTED_HOSTS, **measured}
        with start(kind, database, **settings) as server:
            yield server


@pytest.fixture
def visitor(server: Server) -> Iterator[Visitor]:
    """A client with no session."""
    with Visitor(server.url) as visitor:
        yield visitor


@dataclass(frozen=True)
class Shutdown:
    """The observations after SIGTERM, which the server received during a request."""

    server: Server
    # Whether the server answered the request, or closed its connection, before it was done.
    was_cut_off: bool
    response: ServerResponse
    # The responses of Nginx after uWSGI has exited, by path.
    without_uwsgi: Mapping[str, ServerResponse]
    # The exit status of each process.
    statuses: Sequence[int]
    # The sockets left in the folder of the server.
    sockets: Sequence[Path]


@pytest.fixture(scope="session")
def shutdown(server: Server) -> Iterator[Shutdown]:
    """The graceful shutdown of another server of this kind, during a request.

    The request waits for a row that another program has locked, until the signal is sent. Another
    client stays connected all the time.
    """
    lock = text("""INSERT INTO "user" (username, version) VALUES (:username, 1)""")
    engine = create_engine(database_uri(server.database))
    with start(server.kind, server.database) as other, Visitor(other.url) as visitor:
        *proxies, own = other.processes
        headers = visitor.session_headers()
        with engine.connect() as program:
            program.execute(lock, PEREGRIN)
            request = send(other, "/users/", PEREGRIN, headers)
            wait_until(lambda: has_accepted_all(other))

            own.send_signal(signal.SIGTERM)
            was_cut_off = any(select([request.sock], [], [], 0.2))
            program.rollback()
            response = read(request)
        engine.dispose()
        # SIGTERM is sent once: honcho fails if it gets a second one while it prints.
        statuses = [own.wait()]
        without_uwsgi = {}
        if proxies:
            without_uwsgi = {path: get(other, path) for path in ("/", "/static/style.css")}
        statuses += [proxy.stop() for proxy in proxies]
        sockets = [path for path in other.folder.rglob("*") if path.is_socket()]
        yield Shutdown(other, was_cut_off, response, without_uwsgi, statuses, sockets)


# Every server accepts a URL or a header of this length: the limit of each is at least 8 kB.
LONG = "x" * 8000
YEAR_OUT_OF_RANGE = "Sat, 01 Jan 99999999999 00:00:00 GMT"

# Requests (path, headers, body), and the status that every server returns.
REQUESTS = {
    "home page": ("/", {}, None, {200}),
    "unknown page": ("/nowhere", {}, None, {404}),
    "long url": (f"/?{LONG}", {}, None, {200}),
    "long redirect": (f"/people?{LONG}", {}, None, {308}),
    "long cookie": ("/", {"Cookie": f"theme={LONG}"}, None, {200}),
    "untrusted host": ("/people", {"Host": "evil.example"}, None, {400}),
    "connection upgrade": ("/", {"Connection": "Upgrade"}, None, {200}),
    "websocket": ("/", {"Upgrade": "websocket"}, None, {200}),
    # Nginx ignores such a date.
    "year": ("/static/style.css", {"If-Modified-Since": YEAR_OUT_OF_RANGE}, None, {200, 400}),
    # uWSGI rejects every chunked body.
    "chunk": ("/login", {"Transfer-Encoding": "chunked"}, b"malformed\r\n", {400, 411}),
}


class ServerChecks:
    """Checks that every server passes."""

    @pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
    def test_request_has_the_same_status_on_every_server(self, server, request_):
        path, headers, body, expected = request_

        assert read_status(send(server, path, headers=headers, form=body)) in expected

    def test_login_is_valid_on_every_worker(self, server, visitor):
        submit(visitor, "/login", JOHN)
        headers = visitor.session_headers()
        slow = send(server, "/preferences", headers={**headers, "Content-Length": "10"}, form=b"")

        # The worker of the slow request waits for its body, so another worker answers this.
        home = read(send(server, "/", headers=headers))
        slow.send(b"theme=dark")

        assert texts(home, "#me") == ["John Williams"]
        assert read(slow).headers["Location"] == "/preferences"

    def test_post_can_be_written_and_read(self, visitor):
        typed = {"title": "Serving Flask", "text": "There are many ways.", "tags": "Flask, Servers"}
        submit(visitor, "/login", JOHN)

        written = submit(visitor, "/posts/new", typed)

        post = visitor.get(written.headers["Location"])
        assert texts(post, "h1, .text") == ["Serving Flask", "There are many ways."]
        assert texts(post, "[rel=tag]") == ["Flask", "Servers"]

    def test_concurrent_writes_all_succeed(self, server, visitor):
        headers = visitor.session_headers()
        users = [{"username": f"Writer {n}", "password": PASSWORD} for n in range(6)]

        requests = [send(server, "/users/", user, headers) for user in users]

        assert [read(request).status_code for request in requests] == [201] * 6

    def test_two_hundred_concurrent_requests_all_succeed(self, server):
        requests = [send(server, "/posts/1") for _ in range(200)]

        assert [read(request).status_code for request in requests] == [200] * 200

    def test_chunked_form_is_complete_or_rejected(self, server, visitor):
        chunked = {**visitor.session_headers(), "Transfer-Encoding": "chunked"}
        form = b"a\r\ntheme=dark\r\n0\r\n\r\n"

        request = send(server, "/preferences", headers=chunked, form=form)

        # uWSGI alone does not decode the chunks.
        expected = {411} if server.kind.startswith("uwsgi") else {302, 303}
        assert read_status(request) in expected

    def test_control_characters_are_escaped_in_the_log(self, server):
        forged = [b"GET /\x1b[31m", b"GET /\rforged", b"G\x1bET /", b"GET /static/%1b%0aforged"]
        for line in forged:
            with connect(server) as connection:
                connection.sendall(line + b" HTTP/1.1\r\nReferer: \x1b[31m\r\n")
                connection.sendall(b"Host: 127.0.0.1\r\nConnection: close\r\n\r\n")
                # The server has written its log when it closes the connection.
                assert connection.makefile("rb").read().startswith(b"HTTP/1.1 4")

        logs = "".join(process.log for process in server.processes)
        assert set(re.findall(r"[\x00-\x1f\x7f-\x9f]", logs)) <= {"\n"}

    def test_idle_connections_do_not_block_the_server(self, server):
        assert get(server, "/").status_code == 200
        with ExitStack() as stack:
            # More than the server has workers: each would keep a worker without threads busy.
            idle = [stack.enter_context(connect(server)) for _ in range(5)]

            assert get(server, "/").status_code == 200
            # The server has not waited until it could close one of them.
            assert select(idle, [], [], 0)[0] == []

    def test_static_file_has_the_headers_of_the_application(self, visitor):
        response = visitor.get("/static/people.js")

        assert response.content == (ROOT / "app" / "static" / "people.js").read_bytes()
        assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-cache"
        assert HEADERS.items() <= response.headers.items()

    def test_redirect_behind_a_proxy_keeps_scheme_and_host(self, server):
        # Some servers trust every proxy on their own address, so this one has another address.
        proxy = HTTPConnection(
            server.addresses[0], source_address=("127.0.0.2", 0), timeout=TIMEOUT
        )

        proxy.request("GET", "/people", headers=FORWARDED)

        assert read(proxy).headers["Location"] == "https://blog.example/people/"

    def test_forged_headers_are_ignored(self, server):
        locations = {
            name: read(
                send(server, "/people", headers={"Host": "blog.example", name: value})
            ).headers["Location"]
            for name, value in FORGED.items()
        }

        assert locations == dict.fromkeys(FORGED, "http://blog.example/people/")

    def test_body_over_the_limit_shows_the_413_page_of_the_blog(self, visitor):
        typed = {"username": "J" * 256 * 1024}

        # A server that closes the connection too early loses most responses, but not all.
        responses = [visitor.post("/login", data=typed) for _ in range(5)]

        assert [response.status_code for response in responses] == [413] * 5
        assert texts(responses[-1], "h1") == ["Request Entity Too Large"]

    def test_exception_shows_the_500_page_of_the_blog(self, server, visitor):
        damage = text("""UPDATE "user" SET password_hash = 'rot13$$' WHERE username = :username""")
        engine = create_engine(database_uri(server.database))
        with engine.begin() as connection:
            connection.execute(damage, FORDO)
        engine.dispose()

        response = submit(visitor, "/login", FORDO)

        assert response.status_code == 500
        assert texts(response, "h1") == ["Internal Server Error"]

    def test_graceful_shutdown_finishes_the_current_request(self, shutdown):
        assert not shutdown.was_cut_off
        assert shutdown.response.status_code == 201

    def test_shutdown_leaves_no_open_port_and_no_socket(self, shutdown):
        # honcho exits as a program that was killed by the signal.
        status = 143 if shutdown.server.kind == "Procfile" else 0
        assert set(shutdown.statuses) == {status}, shutdown.server.processes[-1].log
        assert shutdown.sockets == []
        for address in shutdown.server.addresses:
            host, port = address.split(":")
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((host, int(port)))


@pytest.mark.parametrize("server", ["gserver.py"], indirect=True, scope="session")
class TestGevent(ServerChecks):
    def test_response_on_a_kept_connection_is_sent_without_delay(self, server):
        kept = send(server, "/")
        kept.getresponse().read()
        # Let the kernel delay its ACKs, as it does for an idle client: a server that writes twice
        # without TCP_NODELAY then waits for the ACK of the first packet (Nagle's algorithm).
        kept.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)

        kept.request("GET", "/")
        read(send(server, "/"))

        # The later request has been answered, so all of this response must be here, too.
        kept.sock.setblocking(False)
        assert kept.sock.recv(2**16).endswith(b"</html>")
        kept.close()

    @pytest.mark.parametrize(
        ("path", "written", "statuses"),
        [
            ("/users/", {"username": "Bilbo Baggings", "password": PASSWORD}, {201}),
            # One statement inserts both tags, through another method of the database driver.
            (
                "/posts/new",
                {"title": "Wait", "text": "For whom?", "tags": "Locks, Patience"},
                {302, 303},
            ),
        ],
        ids=["user", "post"],
    )
    def test_pages_are_served_while_a_write_waits_for_the_database(
        self, server, visitor, path, written, statuses
    ):
        submit(visitor, "/login", JOHN)
        headers = visitor.session_headers()
        file = server.database.removeprefix("sqlite:///")

        with closing(sqlite3.connect(file, isolation_level=None)) as program:
            program.execute("BEGIN IMMEDIATE")
            with closing(send(server, path, written, headers)) as writer:
                # The first pages may be served before the write, whose connection is new. A write
                # waits for ten seconds, in which a blocked server would serve nothing.
                pages = [visitor.get("/posts/", timeout=5) for _ in range(50)]
                program.rollback()
                response = read(writer)

        assert [page.status_code for page in pages] == [200] * 50
        assert response.status_code in statuses

    def test_server_listens_on_localhost_only(self, server):
        host, port = server.addresses[0].split(":")

        # A server that listens on all addresses would accept this one, too.
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", int(port)))

        assert host == "127.0.0.1"

    def test_ctrl_c_stops_the_server(self, server):
        with start(server.kind, server.database) as other:
            [process] = other.processes

            assert process.stop(signal.SIGINT) == 0

    @pytest.mark.parametrize("port", ["http", "65536"])
    def test_invalid_port_is_reported(self, server, tmp_path, port):
        with Process(["python", "gserver.py"], environment(tmp_path, PORT=port)) as process:
            assert process.wait() == 1
            assert f"{port}: " in process.log


class GunicornChecks(ServerChecks):
    """Checks of gunicorn's options, which are those of docs/deploy.md or of the Procfile."""

    def test_gunicorn_opens_no_control_socket(self, server):
        assert get(server, "/").status_code == 200

        # While honcho runs on Python 3.14 or later, multiprocessing has a socket in this folder.
        assert list(server.folder.rglob("gunicorn.ctl")) == []


@pytest.mark.parametrize("server", ["gunicorn"], indirect=True, scope="session")
class TestGunicorn(GunicornChecks):
    def test_incomplete_body_is_rejected(self, server, visitor):
        # gunicorn marks the input as terminated, and Werkzeug then accepts any length.
        headers = {**visitor.session_headers(), "Content-Length": "500"}

        request = send(server, "/users/", headers=headers, form=b"username=Half&password=of+a")
        request.sock.shutdown(socket.SHUT_WR)

        assert read(request).status_code == 400

    def test_workers_share_one_secret_key_that_only_the_owner_can_read(self, server):
        assert get(server, "/").status_code == 200

        [key] = server.folder.glob("*key*")

        assert key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("server", ["uwsgi", "uwsgi.ini"], indirect=True, scope="session")
class TestUwsgi(ServerChecks):
    def test_response_announces_that_the_connection_is_closed(self, visitor):
        assert visitor.get("/").headers["Connection"] == "close"

    def test_server_exits_if_the_application_cannot_be_imported(self, server):
        failure = "(?s)exit status [1-9].*DATABASE_URL must start with"

        with (
            pytest.raises(RuntimeError, match=failure),
            start(server.kind, "mysql://localhost"),
        ):
            pass


@pytest.mark.parametrize("server", ["nginx.conf"], indirect=True, scope="session")
class TestNginx(ServerChecks):
    @pytest.fixture
    def https(self, server: Server, tmp_path: Path) -> Iterator[HTTPSConnection]:
        """A connection to an Nginx that serves HTTPS with a certificate of its own."""
        key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
        create_certificate(key, certificate)
        listen = (
            f"listen 127.0.0.1:8000 ssl; ssl_certificate '{certificate}'; "
            f"ssl_certificate_key '{key}';"
        )
        trusted = ssl.create_default_context(cafile=certificate)
        *_, backend = server.addresses

        with nginx(backend, {"listen 127.0.0.1:8000;": listen}) as front:
            yield HTTPSConnection(front.addresses[0], context=trusted, timeout=TIMEOUT)

    def test_redirect_behind_a_proxy_keeps_scheme_and_host(self, https):
        # Nginx is itself the proxy, so its own scheme counts.
        https.request("GET", "/people", headers={"Host": "blog.example:8443"})

        assert read(https).headers["Location"] == "https://blog.example:8443/people/"

    def test_static_file_over_https_has_the_headers_of_a_page(self, https):
        https.request("GET", "/static/style.css")
        static = https.getresponse()
        static.read()
        https.request("GET", "/about")
        page = read(https)

        for name in [*HEADERS, "Strict-Transport-Security"]:
            assert static.headers[name] == page.headers[name]

    def test_session_cookie_is_secure_over_https(self, https):
        https.request("GET", "/login")

        session, *flags = read(https).headers["Set-Cookie"].split("; ")
        assert session.startswith("__Host-blog_session=")
        assert "Secure" in flags

    def test_request_without_a_host_is_redirected_to_the_address_of_nginx(self, server):
        with connect(server) as connection:
            connection.sendall(b"GET /people HTTP/1.0\r\n\r\n")
            with HTTPResponse(connection) as response:
                response.begin()

        assert response.headers["Location"] == f"{server.url}/people/"

    def test_forwarded_headers_of_a_client_are_ignored(self, server):
        response = read(send(server, "/people", headers=FORWARDED))

        assert response.headers["Location"] == "http://blog.example/people/"

    @pytest.mark.parametrize(
        "path", ["/", "/posts/1", "/posts/?before=3", "/static/style.css", "/nowhere"]
    )
    def test_nginx_and_uwsgi_send_the_same_status_and_body(self, server, visitor, path):
        _, http, _ = server.addresses

        with Visitor(f"http://{http}") as other:
            responses = [visitor.get(path), other.get(path)]

        assert len({(response.status_code, response.content) for response in responses}) == 1

    def test_guessing_a_password_is_limited_per_client(self, server):
        # Nobody listens on this port, so that each status is Nginx's own.
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{closed.getsockname()[1]}"
            with nginx(address) as front:
                guesses = [read(send(front, "/login", JOHN)) for _ in range(40)]
                others = [read(send(front, path, JOHN)) for path in ("/signup", "/users/")]
                deletion = HTTPConnection(front.addresses[0])
                deletion.request("DELETE", "/users/1")
                others.append(read(deletion))
                page = get(front, "/login")

        assert [guess.status_code for guess in guesses[:30]] == [502] * 30
        assert guesses[-1].status_code == 429
        assert guesses[-1].headers["Retry-After"] == "2"
        assert [other.status_code for other in others] == [429, 429, 429]
        assert page.status_code == 502

    def test_version_of_nginx_is_not_sent(self, visitor):
        assert visitor.get("/").headers["Server"] == "nginx"

    def test_static_files_are_served_by_nginx_without_uwsgi(self, shutdown):
        statuses = {path: answer.status_code for path, answer in shutdown.without_uwsgi.items()}

        assert statuses == {"/": 502, "/static/style.css": 200}

    def test_course_erratum_uwsgi_pass_to_an_http_port_is_a_502(self, server):
        _, http, _ = server.addresses

        with nginx(http) as front:
            assert get(front, "/").status_code == 502

    def test_course_erratum_static_without_slashes_serves_other_files(self, server):
        as_in_the_course = {
            "location /static/ {": "location /static {",
            "app/static/;": "app/static;",
        }

        with nginx(server.addresses[-1], as_in_the_course) as front:
            (front.folder / "app" / "static.zip").write_text("Somebody's backup")

            assert get(front, "/static.zip").text == "Somebody's backup"
            assert get(server, "/static.zip").status_code == 404

    def test_course_erratum_static_with_one_slash_allows_path_traversal(self, server):
        half_fixed = {"location /static/ {": "location /static {"}
        source = (ROOT / "app" / "config.py").read_text("utf-8")

        with nginx(server.addresses[-1], half_fixed) as front:
            assert get(front, "/static../config.py").text == source
            assert get(server, "/static../config.py").status_code == 404


def create_certificate(key: Path, certificate: Path) -> None:
    """Create a self-signed certificate for this machine, valid for a day."""
    if shutil.which("openssl") is None:
        missing("There is no openssl. On Debian or Ubuntu: apt-get install openssl")
    options = ["-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    options += ["-addext", "subjectAltName=IP:127.0.0.1"]
    options += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", "req", "-x509", *options], check=True, capture_output=True)  # noqa: S603, S607 - our own arguments, and the system's openssl


@pytest.mark.parametrize("server", ["Procfile"], indirect=True, scope="session")
class TestHeroku(GunicornChecks):
    def test_release_phase_creates_the_tables(self, server, tmp_path):
        url = f"sqlite:///{tmp_path}/blog.sqlite"
        command = ["honcho", "--env", str(tmp_path / ".env"), "start", "release"]

        with Process(command, environment(tmp_path, DATABASE_URL=url)) as process:
            assert process.wait() == 0, process.log

        engine = create_engine(url)
        assert set(inspect(engine).get_table_names()) >= set(db.metadata.tables)
        engine.dispose()

    def test_server_listens_on_all_addresses(self, server):
        assert server.addresses[0].startswith("0.0.0.0:")

    def test_platform_sets_the_number_of_workers(self, server):
        # A worker prints this before it imports the application, so a response waits for it.
        assert get(server, "/").status_code == 200

        booted = server.processes[0].wait_for("Booting worker with pid", times=2)

        assert len(booted) == 2
