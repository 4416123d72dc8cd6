"""Error responses: as a page for browsers, as JSON for scripts, also without the database."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, QueuePool
from werkzeug.exceptions import RequestEntityTooLarge

from app import create_app
from app.config import HEADERS
from app.database import db
from app.models import User
from tests.support.blog import PASSWORD, delete_account
from tests.support.config import CONFIG
from tests.support.html import (
    BROWSER,
    csrf_header,
    page,
    redirect_target,
    submit,
    texts,
)
from tests.support.statements import listener, recorded_statements
from tests.support.stored import stored_rows

SAM = {"username": "Sam Gamgee", "password": "second breakfast"}
NEW_PASSWORD = {"current_password": PASSWORD, "password": "second breakfast"}
CARD = {"city": "Hobbiton", "email": "john@shire.example", "phonenum": "563-983-7682"}
POST = {"title": "The road goes ever on", "text": "Down from the door.", "tags": "Walking"}

# The forms that change the database.
FORMS = [
    pytest.param("/signup", SAM, id="sign-up"),
    pytest.param("/contact", CARD, id="contact card"),
    pytest.param("/posts/new", POST, id="new post"),
    pytest.param("/posts/1/edit", POST, id="edited post"),
]

# A request by John Williams for each status code, and the name of the error.
ERRORS = [
    pytest.param(400, "Bad Request", {"method": "POST", "path": "/preferences"}, id="400"),
    pytest.param(403, "Forbidden", {"path": "/posts/2/edit"}, id="403"),
    pytest.param(404, "Not Found", {"path": "/nowhere"}, id="404"),
    pytest.param(405, "Method Not Allowed", {"method": "PUT", "path": "/about"}, id="405"),
    pytest.param(
        413,
        # Werkzeug 3.2 renames it from "Request Entity Too Large" to "Content Too Large".
        RequestEntityTooLarge().name,
        {"method": "POST", "path": "/preferences", "data": {"theme": "dark" * 1000}},
        id="413",
    ),
    pytest.param(500, "Internal Server Error", {"path": "/about"}, id="500"),
]


@contextmanager
def read_only(app: Flask) -> Iterator[None]:
    """Reject every write to the database in a `with` block."""
    with app.app_context():
        engine = db.engine
    sqlite = engine.dialect.name == "sqlite"
    forbid = "PRAGMA query_only = ON" if sqlite else "SET TRANSACTION READ ONLY"

    def forbid_writes(connection: Connection) -> None:
        connection.exec_driver_sql(forbid)

    try:
        with listener(engine, "begin", forbid_writes):
            yield
    finally:
        if sqlite:
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA query_only = OFF")


class TestErrorResponse:
    @pytest.fixture
    def app(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
        """The application, with an about page that raises `KeyError`, and a limit of 1000 bytes."""
        monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
        monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 1000)
        broken: dict[str, str] = {}
        monkeypatch.setitem(app.view_functions, "pages.about", lambda: broken["a secret"])
        return app

    @pytest.fixture
    def client(self, john: FlaskClient) -> FlaskClient:
        """A client that is logged in."""
        return john

    @pytest.mark.parametrize(("status", "name", "sent"), ERRORS)
    def test_error_is_a_page_for_a_browser(self, client, status, name, sent):
        response = client.open(**sent, headers={"Accept": BROWSER})

        assert (response.status_code, response.mimetype) == (status, "text/html")
        assert texts(response, "h1") == [name]
        [description] = texts(response, "main p")
        assert description

    def test_exception_is_json_for_a_script(self, client):
        response = client.get("/about", headers={"Accept": "application/json"})

        assert (response.status_code, response.mimetype) == (500, "application/json")
        assert response.json["name"] == "Internal Server Error"

    def test_page_of_an_exception_has_the_security_headers(self, client):
        assert dict(client.get("/about").headers).items() >= HEADERS.items()

    def test_error_page_shows_the_logged_in_user(self, client):
        assert texts(client.get("/nowhere"), "#me") == ["John Williams"]

    def test_exception_is_logged_and_not_shown(self, client, caplog):
        response = client.get("/about")

        assert "a secret" not in response.text
        [record] = caplog.records
        assert record.exc_info[0] is KeyError

    def test_exception_that_breaks_the_database_session_has_an_error_page(
        self, app, client, monkeypatch
    ):
        def add_john_again() -> str:
            db.session.add(User(username="John Williams"))
            db.session.flush()
            return "The name is taken."

        monkeypatch.setitem(app.view_functions, "pages.about", add_john_again)

        response = client.get("/about")

        assert response.status_code == 500
        assert texts(response, "h1") == ["Internal Server Error"]


@pytest.fixture(scope="module")
def unreachable_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An application whose database is in a folder that does not exist."""
    url = f"sqlite:///{tmp_path_factory.mktemp('folder')}/missing/blog.sqlite"
    return create_app({**CONFIG, "SQLALCHEMY_DATABASE_URI": url})


class TestUnavailableDatabase:
    @pytest.fixture
    def client(self, unreachable_app: Flask) -> FlaskClient:
        """A client with a session, of the application without a database."""
        client = unreachable_app.test_client()
        with client.session_transaction() as session:
            session["user_id"] = 1
        return client

    @pytest.mark.parametrize("path", ["/", "/posts/", "/nowhere"])
    def test_database_error_page_needs_no_database(self, client, path):
        response = client.get(path, headers={"Accept": BROWSER})

        assert response.status_code == 503
        assert texts(response, "h1") == ["Service Unavailable"]
        assert texts(response, "main p") == ["The database is unavailable. Try again in a moment."]
        assert texts(response, "header a") == ["Home"]

    def test_database_error_page_link_includes_the_script_name(self, client):
        response = client.get("/", environ_overrides={"SCRIPT_NAME": "/blog"})

        assert [a.get("href") for a in page(response).cssselect("header a")] == ["/blog/"]

    def test_database_error_is_json_for_a_script(self, client):
        response = client.get("/users/1")

        assert response.status_code == 503
        assert response.json["message"] == "The database is unavailable. Try again in a moment."

    @pytest.mark.parametrize("path", ["/posts/", "/users/1", "/nowhere"])
    def test_database_error_says_when_to_try_again(self, client, path):
        assert client.get(path).retry_after is not None

    def test_database_error_page_keeps_a_form_with_a_wrong_csrf_token(self, client):
        response = client.post("/posts/new", data={**POST, "csrf_token": "old"})

        assert response.status_code == 503
        [form] = page(response).cssselect("main form")
        shown = {name: value.strip() for name, value in form.form_values()}
        assert shown.items() >= POST.items()

    def test_database_error_on_the_page_of_another_error_keeps_no_form(self, client, monkeypatch):
        # A body over the limit cannot be read a second time.
        monkeypatch.setitem(client.application.config, "MAX_CONTENT_LENGTH", 1000)

        response = client.post("/posts/new", data={"text": "x" * 1000})

        assert response.status_code == 503
        assert page(response).cssselect("form") == []

    def test_page_without_queries_is_served_without_a_database(self, client):
        visitor = client.application.test_client()

        assert texts(visitor.get("/"), "h1") == ["Hello World!!!"]

    def test_front_page_without_a_database_has_no_link_to_write_the_first_post(self, client):
        response = client.application.test_client().get("/")

        assert len(texts(response, "[aria-labelledby=newest] p")) == 1
        assert texts(response, "[aria-labelledby=newest] a") == []

    def test_missing_tables_are_a_503(self, app):
        with app.app_context():
            db.drop_all()

        assert app.test_client().get("/posts/").status_code == 503

    def test_exhausted_connection_pool_is_a_503(self, tmp_path):
        pool = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0, "pool_timeout": 0.01}
        database = {
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path}/blog.sqlite",
            "SQLALCHEMY_ENGINE_OPTIONS": pool,
        }
        app = create_app({**CONFIG, **database})
        with app.app_context():
            engine = db.engine

        with engine.connect():
            response = app.test_client().get("/users/1")

        engine.dispose()
        assert response.status_code == 503


class TestReadOnlyDatabase:
    """A database that can be read but not written, such as the standby of a PostgreSQL server."""

    @pytest.mark.parametrize(("path", "typed"), FORMS)
    def test_database_error_log_contains_nothing_that_was_typed(
        self, app, john, caplog, path, typed
    ):
        with read_only(app):
            response = submit(john, path, typed)

        assert response.status_code == 503
        [record] = caplog.records
        assert record.exc_info is not None
        assert not [value for value in typed.values() if value in caplog.text]
        # The method with which the tests hash passwords.
        assert "pbkdf2" not in caplog.text

    @pytest.mark.parametrize(("path", "typed"), FORMS)
    def test_database_error_page_keeps_what_was_typed(self, app, john, path, typed):
        with read_only(app):
            response = submit(john, path, typed)

        [form] = page(response).cssselect("main form")
        shown = {name: value.strip() for name, value in form.form_values()}
        assert shown.items() >= {k: v for k, v in typed.items() if k != "password"}.items()
        assert SAM["password"] not in response.text

    def test_database_error_page_does_not_show_passwords(self, app, john):
        with read_only(app):
            response = submit(john, "/password", NEW_PASSWORD)

        assert response.status_code == 503
        assert not [password for password in NEW_PASSWORD.values() if password in response.text]

    @pytest.mark.parametrize(("path", "typed"), FORMS[1:])
    def test_form_on_the_database_error_page_can_be_sent_again(self, app, john, path, typed):
        with read_only(app):
            response = submit(john, path, typed)
        [form] = page(response).cssselect("main form")

        again = john.post(form.get("action") or path, data=dict(form.form_values()))

        assert redirect_target(again)
        stored = [value for rows in stored_rows(app).values() for row in rows for value in row]
        assert set(stored) >= set(typed.values())

    def test_page_that_only_reads_is_served_by_a_read_only_database(self, app, john):
        with read_only(app):
            assert john.get("/posts/1").status_code == 200


class TestLostConnection:
    def test_first_request_after_a_restart_of_the_database_succeeds(self, threaded_app):
        client = threaded_app.test_client()
        with threaded_app.app_context(), closing(db.engine.raw_connection()) as connection:
            driver_connection = connection.driver_connection
        # The pool keeps this connection for the next request, and does not know that it is closed.
        driver_connection.close()

        assert client.get("/posts/").status_code == 200


class TestCommitted:
    """The connection may be lost right after a commit: the response needs no more statements."""

    @pytest.mark.parametrize(
        "write",
        [
            pytest.param(lambda client: submit(client, "/posts/new", POST), id="new post"),
            pytest.param(lambda client: submit(client, "/posts/1/edit", POST), id="edited post"),
            pytest.param(
                lambda client: submit(client, "/posts/1", form="[action$=delete]"),
                id="deleted post",
            ),
            pytest.param(lambda client: submit(client, "/contact", CARD), id="contact card"),
            pytest.param(lambda client: submit(client, "/signup", SAM), id="sign-up"),
            pytest.param(
                lambda client: client.post("/users/", json=SAM, headers=csrf_header(client)),
                id="new user",
            ),
            pytest.param(
                lambda client: client.put("/users/1", json=SAM, headers=csrf_header(client)),
                id="renamed user",
            ),
            pytest.param(
                lambda client: submit(client, "/password", NEW_PASSWORD), id="changed password"
            ),
            pytest.param(delete_account, id="deleted user"),
        ],
    )
    def test_committed_write_is_confirmed_without_the_database(self, app, john, write):
        with app.app_context():
            engine = db.engine

        with (
            recorded_statements(app) as log,
            listener(engine, "commit", lambda _connection: log.append("COMMIT")),
        ):
            response = write(john)

        assert response.status_code < 400
        assert log.count("COMMIT") == 1
        assert log[-1] == "COMMIT"


class TestRejectedForms:
    @pytest.mark.parametrize(
        ("path", "sent", "status", "reason"),
        [
            ("/login", {"username": "Gollum", "password": "my precious"}, 401, "password"),
            (
                "/signup",
                {"username": "John Williams", "password": "second breakfast"},
                409,
                "Username: This username is taken. Choose another one.",
            ),
            ("/preferences", {"theme": "pink"}, 422, "Theme: Not a valid choice."),
            (
                "/posts/1/edit",
                {"title": "Flask", "text": "It is small.", "version": "7"},
                409,
                "This has changed since you opened it. Open it in another tab to compare.",
            ),
        ],
    )
    def test_rejected_form_is_json_with_the_reason_for_a_script(
        self, john, path, sent, status, reason
    ):
        headers = {**csrf_header(john), "Accept": "application/json"}

        response = john.post(path, data=sent, headers=headers)

        assert (response.status_code, response.mimetype) == (status, "application/json")
        assert reason in response.json["message"]

    def test_unsent_form_is_a_page_for_every_client(self, client):
        response = client.get("/login", headers={"Accept": "application/json"})

        assert (response.status_code, response.mimetype) == (200, "text/html")
