"""Checks of every request, before any view runs: malformed requests are 400 Bad Request."""

from urllib.parse import unquote_to_bytes, urlsplit

from flask import Flask, abort, request
from werkzeug.exceptions import HTTPException


def init_app(app: Flask) -> None:
    """Check every request to `app`."""
    app.before_request(check_request)


def check_request() -> None:
    """Read the whole request and check that it is complete, valid UTF-8 and well-formed.

    Raises 400 Bad Request, or 413 if the body is too large. If a server sets
    `wsgi.input_terminated`, Werkzeug does not check the length of the body: an incomplete body
    would look like a complete one, and one over the limit would be truncated.
    """
    if not request.host:
        abort(400, "The Host header is not valid.")
    try:
        # Werkzeug 3.2 accepts any port in the Host, and Flask-WTF cannot compare a bad Referer.
        for url in f"//{request.headers.get('Host', '')}", request.referrer or "":
            _ = urlsplit(url).port
        body = request.get_data()
        if request.content_length is None:
            request.stream.read(1)  # raises 413 at the limit
        elif len(body) < request.content_length:
            abort(400, "The request body is incomplete.")
        if request.mimetype == "application/x-www-form-urlencoded":
            body = unquote_to_bytes(body)
        b"\n".join([request.query_string, body]).decode()
        request.get_json(silent=True)  # RecursionError if brackets are nested too deeply
        _ = request.if_modified_since, request.if_range  # OverflowError if the year is too large
    except UnicodeDecodeError:
        abort(400, "The request is not valid UTF-8.")
    except HTTPException:
        raise
    except Exception:  # noqa: BLE001 - each server has its own for a malformed chunk
        abort(400, "The request is malformed.")
    if None in request.form:
        abort(400, "A form field has no name.")
