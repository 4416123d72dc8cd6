"""Malformed requests: those that cannot be decoded are rejected before a view runs."""

from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, TestResponse
from werkzeug.wrappers import Response

from tests.support.html import csrf_header, page, texts
from tests.support.stored import stored_rows

DATE = "Sat, 01 Jan 99999999999 00:00:00 GMT"
YEAR_OUT_OF_RANGE = {
    "If-Modified-Since": {"If-Modified-Since": DATE},
    # Flask reads If-Range only if a part of the file is requested.
    "If-Range": {"If-Range": DATE, "Range": "bytes=0-9"},
}


class TestMalformed:
    SAM = "username=Sam&password=second+breakfast"

    @pytest.fixture
    def sign_up(
        self, app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[..., TestResponse]:
        """A function that posts a body to the API through a server that decodes chunked bodies."""
        monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 1000)
        headers = csrf_header(client)

        def sign_up(body: str, **environ: str) -> TestResponse:
            return client.post(
                "/users/",
                data=body,
                content_type="application/x-www-form-urlencoded",
                headers=headers,
                environ_overrides={"wsgi.input_terminated": True, **environ},
            )

        return sign_up

    def test_incomplete_body_is_rejected(self, app, sign_up):
        response = sign_up(self.SAM, CONTENT_LENGTH="500")

        assert response.status_code == 400
        assert response.json["message"] == "The request body is incomplete."
        assert stored_rows(app)["user"] == []

    def test_chunked_body_over_the_limit_is_rejected(self, app, sign_up):
        chunked = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}

        response = sign_up(f"{self.SAM}&more={'x' * 1000}", **chunked)

        assert response.status_code == 413
        assert stored_rows(app)["user"] == []

    def test_chunked_body_within_the_limit_is_accepted(self, sign_up):
        chunked = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}

        assert sign_up(self.SAM, **chunked).status_code == 201

    @pytest.mark.parametrize("error", [OSError, RuntimeError])
    def test_malformed_chunk_is_rejected(self, client, error):
        class Input(BytesIO):
            """The body as servers pass it: each raises its own exception at a malformed chunk."""

            def readinto(self, _buffer: object, /) -> int:
                raise error

        chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}

        response = client.post(
            "/login",
            input_stream=Input(),
            headers=csrf_header(client),
            environ_overrides=chunked,
        )

        assert response.status_code == 400

    @pytest.mark.parametrize("headers", YEAR_OUT_OF_RANGE.values(), ids=YEAR_OUT_OF_RANGE)
    def test_date_with_a_year_out_of_range_is_rejected_or_ignored(self, client, headers):
        with client.get("/static/style.css", headers=headers) as response:
            # Python 3.15 ignores such a date. Before, reading it raised an OverflowError.
            assert response.status_code in {200, 206, 400}

    def test_form_part_without_a_name_is_rejected(self, client):
        body = "--x\r\nContent-Disposition: form-data\r\n\r\nSam\r\n--x--\r\n"

        response = client.post("/login", data=body, content_type="multipart/form-data; boundary=x")

        assert response.status_code == 400
        assert texts(response, "main p") == ["A form field has no name."]

    @pytest.mark.parametrize(
        ("content_type", "body"),
        [
            ("application/x-www-form-urlencoded", b"username=Sam%ff&password=second+breakfast"),
            ("application/x-www-form-urlencoded", b"username=Sam\xff&password=second+breakfast"),
            (
                "multipart/form-data; boundary=x",
                b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\nSam\xff\r\n'
                b'--x\r\nContent-Disposition: form-data; name="password"\r\n\r\n'
                b"second breakfast\r\n--x--\r\n",
            ),
        ],
        ids=["percent-encoded", "raw", "multipart"],
    )
    def test_form_that_is_not_utf_8_is_rejected(self, app, client, content_type, body):
        response = client.post(
            "/users/", data=body, content_type=content_type, headers=csrf_header(client)
        )

        assert response.status_code == 400
        assert response.json["message"] == "The request is not valid UTF-8."
        assert stored_rows(app)["user"] == []

    def test_percent_sign_in_json_is_kept(self, client):
        sam = {"username": "Sam %ff", "password": "second breakfast"}

        response = client.post("/users/", json=sam, headers=csrf_header(client))

        assert response.status_code == 201
        assert response.json["username"] == "Sam %ff"

    @pytest.mark.parametrize("referer", ["https://[", "https://localhost:abc/"])
    def test_malformed_referer_of_a_post_is_rejected(self, client, referer):
        headers = {**csrf_header(client), "Referer": referer}

        response = client.post("/login", base_url="https://localhost", headers=headers)

        assert response.status_code == 400
        assert texts(response, "main p") == ["The request is malformed."]

    def test_json_with_brackets_nested_too_deeply_is_rejected(self, client):
        response = client.post(
            "/users/", data="[" * 100_000, headers={"Content-Type": "application/json"}
        )

        assert response.status_code == 400
        assert response.json["message"] == "The request is malformed."

    def test_query_string_that_is_not_utf_8_is_rejected(self, client):
        response = client.get("/posts/", environ_overrides={"QUERY_STRING": "before=\xff"})

        assert response.status_code == 400

    @pytest.mark.parametrize("host", ["", "my_blog", "a b"])
    def test_malformed_host_is_rejected(self, client, host):
        # With these hosts, Werkzeug would redirect `/people` to the host `people`.
        response = client.get("/people", headers={"Host": host})

        assert response.status_code == 400
        assert texts(response, "main p") == ["The Host header is not valid."]

    def test_host_with_a_port_out_of_range_is_rejected(self, app):
        # Called as a WSGI server does: the test client of Werkzeug 3.2 cannot send this host.
        environ = EnvironBuilder("/people", headers={"Host": "localhost:99999"}).get_environ()

        response = Response.from_app(app, environ)

        assert response.status_code == 400

    @pytest.mark.parametrize("host", ["..", "evil.example"])
    def test_untrusted_host_is_rejected_on_a_page_without_links(self, app, monkeypatch, host):
        monkeypatch.setitem(app.config, "TRUSTED_HOSTS", ["localhost"])

        response = app.test_client().get("/", headers={"Host": host})

        assert response.status_code == 400
        assert texts(response, "h1") == ["Bad Request"]
        assert page(response).cssselect("[href]") == []
