"""Each server that the course shows, and one set of checks that every one of them passes."""

import os
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path
from types import SimpleNamespace

import pytest
from selenium.webdriver.support.ui import WebDriverWait
from sqlalchemy import create_engine, inspect, text

from app.config import database_uri
from app.database import db
from tests.support.databases import PASSWORD, POSTGRES, fill, postgres_server
from tests.support.html import csrf_header, submit, texts
from tests.support.missing import missing
from tests.system.processes import MEASURED, PATIENCE, ROOT, Process, environment
from tests.system.servers import (
    FORWARDED,
    Server,
    Visitor,
    get,
    is_at_work,
    nginx,
    read,
    send,
    sqlite_database,
    start,
)

JOHN = {"username": "John Williams", "password": PASSWORD}
FORDO = {"username": "Fordo Baggings", "password": PASSWORD}

# What a server is told of the proxy before it. Nginx is itself the proxy, and uWSGI behind it need
# not wait for long, in seconds, for the rest of a request; the Procfile has it, and the platform
# gives the number of workers.
SETTINGS = {"nginx.conf": {"UWSGI_SOCKET_TIMEOUT": "1"}, "Procfile": {"WEB_CONCURRENCY": "2"}}
BEHIND_A_PROXY = {"FLASK_PROXY_HOPS": "1"}


def sockets(server: Server) -> list[Path]:
    """Return the sockets in the folder of the server."""
    return [path for path in server.folder.rglob("*") if path.is_socket()]


@contextmanager
def postgres_database() -> Iterator[str]:
    """Lend a PostgreSQL database, as a `DATABASE_URL` in the form that the platform gives it."""
    with postgres_server():
        yield os.environ[POSTGRES].replace("postgresql://", "postgres://")


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server of that kind, with the course's data; all its tests share it.

    It is given no secret key: its workers have to agree on one.
    """
    kind = request.param
    lend_database = postgres_database if kind == "Procfile" else sqlite_database
    with lend_database() as database:
        fill({"SQLALCHEMY_DATABASE_URI": database_uri(database)}, with_data=True).dispose()
        settings = {**SETTINGS.get(kind, BEHIND_A_PROXY), **MEASURED}
        with start(kind, database, **settings) as server:
            yield server


@pytest.fixture
def visitor(server: Server) -> Iterator[Visitor]:
    """Someone who has not logged in."""
    with Visitor(server.url) as visitor:
        yield visitor


@pytest.fixture(scope="session")
def ended(server: Server) -> Iterator[SimpleNamespace]:
    """Another server of that kind, ended by SIGTERM: its exit `statuses`, and its last `answer`.

    That is for a writer, whose request waits for another program when the signal comes. A visitor
    stays connected until the end, where the server lets it. `without_uwsgi` is what Nginx then has
    to say, by path.
    """
    taken = text("""INSERT INTO "user" (username, version) VALUES ('Peregrin Took', 1)""")
    someone = {"username": "Peregrin Took", "password": PASSWORD}
    engine = create_engine(database_uri(server.database))
    with start(server.kind, server.database) as other, Visitor(other.url) as visitor:
        *proxies, own = other.processes
        headers = {**csrf_header(visitor), **visitor.cookies_header}  # type: ignore[arg-type]
        with engine.connect() as program:
            program.execute(taken)
            writer = send(other, "/users/", someone, headers)
            WebDriverWait(other, PATIENCE, 0.01).until(is_at_work)  # type: ignore[type-var]

            own.send(signal.SIGTERM)
            # It is not cut off while it waits for the program.
            writer.sock.settimeout(0.2)
            with pytest.raises(TimeoutError):
                writer.sock.recv(1, socket.MSG_PEEK)
            program.rollback()
            writer.sock.settimeout(PATIENCE)
            answer = read(writer)
        engine.dispose()
        # It is told once: honcho that is told again while it prints fails.
        statuses = [own.wait()]
        without_uwsgi = {}
        if proxies:
            without_uwsgi = {path: get(other, path) for path in ("/", "/static/style.css")}
        statuses += [proxy.end() for proxy in proxies]
        yield SimpleNamespace(
            server=other, answer=answer, without_uwsgi=without_uwsgi, statuses=statuses
        )


class Served:
    """What a visitor may expect of the blog, whatever serves it."""

    def test_the_home_page_is_there(self, visitor):
        response = visitor.get("/")

        assert response.status_code == 200
        assert texts(response, "h1") == ["Hello World!!!"]

    def test_a_login_holds_whichever_worker_answers(self, server, visitor):
        submit(visitor, "/login", JOHN)
        headers = {**csrf_header(visitor), **visitor.cookies_header}
        form = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": "10"}
        with closing(HTTPConnection(server.addresses[0], timeout=PATIENCE)) as slow:
            slow.putrequest("POST", "/preferences")
            for name, value in (headers | form).items():
                slow.putheader(name, value)
            slow.endheaders()

            # The slow one's body is still to come, and keeps its worker where there are several:
            # another answers this.
            home = read(send(server, "/", headers=headers))
            slow.send(b"theme=dark")

            assert texts(home, "#me") == ["John Williams"]
            assert read(slow).headers["Location"] == "/preferences"

    def test_a_post_is_written_and_read_back(self, visitor):
        typed = {"title": "Serving Flask", "text": "There are many ways.", "tags": "Flask, Servers"}
        submit(visitor, "/login", JOHN)

        written = submit(visitor, "/posts/new", typed)

        post = visitor.get(written.headers["Location"])
        assert texts(post, "h1, .text") == ["Serving Flask", "There are many ways."]
        assert texts(post, "[rel=tag]") == ["Flask", "Servers"]

    def test_writers_at_once_wait_for_each_other(self, server, visitor):
        headers = {**csrf_header(visitor), **visitor.cookies_header}
        people = [{"username": f"Writer {n}", "password": PASSWORD} for n in range(6)]

        asked = [send(server, "/users/", who, headers) for who in people]

        assert [read(question).status_code for question in asked] == [201] * 6

    def test_two_hundred_requests_at_once_are_all_answered(self, server):
        asked = [send(server, "/posts/1") for _ in range(200)]

        assert [read(question).status_code for question in asked] == [200] * 200

    def test_a_static_file_is_sent_as_what_it_is(self, visitor):
        response = visitor.get("/static/people.js")

        assert response.content == (ROOT / "app" / "static" / "people.js").read_bytes()
        assert response.headers["Content-Type"].partition(";")[0] == "text/javascript"
        assert response.headers["X-Content-Type-Options"] == "nosniff"

    def test_a_redirect_behind_a_proxy_keeps_scheme_and_host(self, server):
        # From another address, as a proxy has: some servers believe their own machine anyway.
        proxy = HTTPConnection(
            server.addresses[0], source_address=("127.0.0.2", 0), timeout=PATIENCE
        )

        proxy.request("GET", "/people", headers=FORWARDED)

        assert read(proxy).headers["Location"] == "https://blog.example/people/"

    def test_an_unknown_page_is_the_blogs_own_404(self, visitor):
        response = visitor.get("/nowhere")

        assert response.status_code == 404
        assert texts(response, "h1") == ["Not Found"]

    def test_a_body_over_the_limit_is_the_blogs_own_413(self, visitor):
        typed = {"username": "J" * 256 * 1024}

        # A server that cuts off who is still sending loses most answers, but not each.
        responses = [visitor.post("/login", data=typed) for _ in range(5)]

        assert [response.status_code for response in responses] == [413] * 5
        assert texts(responses[-1], "h1") == ["Request Entity Too Large"]

    def test_a_page_that_fails_is_the_blogs_own_500(self, server, visitor):
        damage = text("""UPDATE "user" SET password_hash = 'rot13$$' WHERE username = :username""")
        engine = create_engine(database_uri(server.database))
        with engine.begin() as connection:
            connection.execute(damage, FORDO)
        engine.dispose()

        response = submit(visitor, "/login", FORDO)

        assert response.status_code == 500
        assert texts(response, "h1") == ["Internal Server Error"]

    def test_it_answers_the_request_it_is_at_before_it_ends(self, ended):
        assert ended.answer.status_code == 201

    def test_it_ends_when_told_to_and_leaves_nothing(self, ended):
        # honcho's own is that of a program which the signal has killed.
        status = 143 if ended.server.kind == "Procfile" else 0
        assert set(ended.statuses) == {status}, ended.server.processes[-1].log
        assert sockets(ended.server) == []
        for address in ended.server.addresses:
            host, port = address.split(":")
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((host, int(port)))


@pytest.mark.parametrize("server", ["gserver.py"], indirect=True, scope="session")
class TestGevent(Served):
    def test_an_answer_is_sent_at_once_over_a_kept_connection(self, server):
        kept = send(server, "/")
        kept.getresponse().read()
        # Have the kernel acknowledge nothing before it must, as it does for a client at rest.
        kept.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)

        kept.request("GET", "/")
        read(send(server, "/"))

        # Another answer, asked for later, is here: this one is, too, to its last byte.
        kept.sock.setblocking(False)
        assert kept.sock.recv(2**16).endswith(b"</html>")
        kept.close()

    @pytest.mark.parametrize(
        ("path", "written", "status"),
        [
            ("/users/", {"username": "Bilbo Baggings", "password": PASSWORD}, 201),
            # Two tags are stored by one statement, in a way of its own.
            ("/posts/new", {"title": "Wait", "text": "For whom?", "tags": "Locks, Patience"}, 302),
        ],
        ids=["user", "post"],
    )
    def test_pages_are_served_while_a_writer_waits_for_another_program(
        self, server, visitor, path, written, status
    ):
        submit(visitor, "/login", JOHN)
        headers = {**csrf_header(visitor), **visitor.cookies_header}
        file = server.database.removeprefix("sqlite:///")

        with closing(sqlite3.connect(file, isolation_level=None)) as program:
            program.execute("BEGIN IMMEDIATE")
            with closing(send(server, path, written, headers)) as writer:
                # The first ones may overtake the writer, whose connection is new. Its wait takes
                # ten seconds, in which a frozen server would answer nothing.
                pages = [visitor.get("/posts/", timeout=5) for _ in range(50)]
                program.rollback()
                answer = read(writer)

        assert [page.status_code for page in pages] == [200] * 50
        assert answer.status_code == status

    def test_it_is_reached_from_its_own_machine_alone(self, server):
        [address] = server.addresses
        host, port = address.split(":")

        # It would answer at each address of the machine, and this is another one.
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", int(port)))

        assert host == "127.0.0.1"

    def test_ctrl_c_ends_it_as_well(self, server):
        with start(server.kind, server.database) as other:
            [process] = other.processes

            assert process.end(signal.SIGINT) == 0

    @pytest.mark.parametrize("port", ["http", "65536"])
    def test_an_invalid_port_is_named(self, server, tmp_path, port):
        with Process(["python", "gserver.py"], environment(tmp_path, PORT=port)) as process:
            assert process.wait() == 1
            assert f"PORT={port} is no port that can be served on" in process.log


@pytest.mark.parametrize("server", ["gunicorn"], indirect=True, scope="session")
class TestGunicorn(Served):
    def test_a_body_that_is_cut_off_is_refused(self, server, visitor):
        # gunicorn says that it ends by itself, and Werkzeug would take what there is.
        whole = {**csrf_header(visitor), **visitor.cookies_header, "Content-Length": "500"}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        half = b"username=Half&password=of+a+password"
        with closing(HTTPConnection(server.addresses[0], timeout=PATIENCE)) as connection:
            connection.request("POST", "/users/", half, {**whole, **kind})
            connection.sock.shutdown(socket.SHUT_WR)

            assert connection.getresponse().status == 400

    def test_the_key_is_one_file_that_nobody_else_reads(self, server):
        assert get(server, "/").status_code == 200

        [key] = server.folder.glob("*key*")

        assert key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("server", ["uwsgi", "uwsgi.ini"], indirect=True, scope="session")
class TestUwsgi(Served):
    def test_it_says_that_it_closes_the_connection(self, visitor):
        assert visitor.get("/").headers["Connection"] == "close"

    def test_it_ends_where_there_is_no_application(self, server):
        with start(server.kind, "mysql://localhost") as other:
            [process] = other.processes

            assert process.wait() != 0
            assert "DATABASE_URL must begin with" in process.log


@pytest.mark.parametrize("server", ["nginx.conf"], indirect=True, scope="session")
class TestNginx(Served):
    @pytest.fixture
    def https(self, server: Server, tmp_path: Path) -> Iterator[HTTPSConnection]:
        """A connection to Nginx as it is once it has a certificate."""
        key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
        certify(key, certificate)
        listen = (
            f"listen 127.0.0.1:8000 ssl; ssl_certificate {certificate}; ssl_certificate_key {key};"
        )
        trusted = ssl.create_default_context(cafile=certificate)
        *_, backend = server.addresses

        with nginx(backend, {"listen 127.0.0.1:8000;": listen}) as front:
            yield HTTPSConnection(front.addresses[0], context=trusted, timeout=PATIENCE)

    def test_a_redirect_behind_a_proxy_keeps_scheme_and_host(self, https):
        # Nginx is itself the proxy: its own scheme is https.
        https.request("GET", "/people", headers={"Host": "blog.example:8443"})

        assert read(https).headers["Location"] == "https://blog.example:8443/people/"

    def test_a_session_that_began_over_https_never_goes_back_over_http(self, https):
        https.request("GET", "/login")

        session, *flags = read(https).headers["Set-Cookie"].split("; ")
        assert session.startswith("session=")
        assert "Secure" in flags

    def test_whoever_names_no_host_is_led_to_nginxs_own(self, server):
        [address, *_] = server.addresses
        host, port = address.split(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
            connection.sendall(b"GET /people HTTP/1.0\r\n\r\n")
            with HTTPResponse(connection) as response:
                response.begin()

        assert response.headers["Location"] == f"http://{address}/people/"

    def test_a_client_does_not_choose_the_scheme(self, server):
        response = read(send(server, "/people", headers=FORWARDED))

        assert response.headers["Location"] == "http://blog.example/people/"

    @pytest.mark.parametrize(
        "path", ["/", "/posts/1", "/posts/?before=3", "/static/style.css", "/nowhere"]
    )
    def test_both_addresses_give_the_same_status_and_body(self, server, visitor, path):
        _, http, _ = server.addresses

        with Visitor(f"http://{http}") as other:
            responses = [visitor.get(path), other.get(path)]

        assert len({(response.status_code, response.content) for response in responses}) == 1

    def test_static_files_are_its_own_and_outlive_uwsgi(self, ended):
        statuses = {path: answer.status_code for path, answer in ended.without_uwsgi.items()}

        assert statuses == {"/": 502, "/static/style.css": 200}

    def test_erratum_uwsgi_pass_to_an_http_address_is_a_502(self, server):
        _, http, _ = server.addresses

        with nginx(http) as front:
            assert get(front, "/").status_code == 502

    def test_erratum_static_without_slashes_serves_what_begins_alike(self, server):
        as_in_the_course = {
            "location /static/ {": "location /static {",
            "app/static/;": "app/static;",
        }

        with nginx(server.addresses[-1], as_in_the_course) as front:
            (front.folder / "app" / "static.zip").write_text("Somebody's backup")

            assert get(front, "/static.zip").text == "Somebody's backup"
            assert get(server, "/static.zip").status_code == 404

    def test_erratum_static_with_a_slash_in_the_alias_alone_serves_the_folder_above(self, server):
        half_mended = {"location /static/ {": "location /static {"}
        source = (ROOT / "app" / "config.py").read_text("utf-8")

        with nginx(server.addresses[-1], half_mended) as front:
            assert get(front, "/static../config.py").text == source
            assert get(server, "/static../config.py").status_code == 404


def certify(key: Path, certificate: Path) -> None:
    """Make a certificate of this machine's own, good for a day."""
    if shutil.which("openssl") is None:
        missing("There is no openssl. On Debian or Ubuntu: apt-get install openssl")
    options = ["-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    options += ["-addext", "subjectAltName=IP:127.0.0.1"]
    options += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", "req", "-x509", *options], check=True, capture_output=True)  # noqa: S603, S607 - our own arguments, and the system's openssl


@pytest.mark.parametrize("server", ["Procfile"], indirect=True, scope="session")
class TestHeroku(Served):
    def test_the_release_makes_the_tables(self, server, tmp_path):
        url = f"sqlite:///{tmp_path}/blog.sqlite"
        command = ["honcho", "--env", str(tmp_path / ".env"), "start", "release"]

        with Process(command, environment(tmp_path, DATABASE_URL=url)) as process:
            assert process.wait() == 0, process.log

        engine = create_engine(url)
        assert set(inspect(engine).get_table_names()) >= set(db.metadata.tables)
        engine.dispose()

    def test_other_machines_reach_it(self, server):
        assert server.addresses[0].startswith("0.0.0.0:")

    def test_it_opens_no_control_socket(self, server):
        assert get(server, "/").status_code == 200

        # While honcho runs on Python 3.14 or later, multiprocessing has a socket in this folder.
        assert list(server.folder.rglob("gunicorn.ctl")) == []

    def test_the_platform_says_how_many_workers_there_are(self, server):
        # A worker says that it boots, imports the application, and then can answer.
        assert get(server, "/").status_code == 200

        booted = server.processes[0].wait_for("Booting worker with pid", times=2)

        assert len(booted) == 2
