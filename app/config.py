"""Settings: defaults, environment variables, the secret key and the security headers."""

import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Config, Flask, Response, request, session
from werkzeug.middleware.proxy_fix import ProxyFix

DEFAULTS: Mapping[str, Any] = {
    # A relative path starts at the instance folder.
    "SQLALCHEMY_DATABASE_URI": "sqlite:///blog.sqlite",
    # Bytes: enough for the longest post, percent-encoded.
    "MAX_CONTENT_LENGTH": 256 * 1024,
    # All ports of a host share their cookies: with Flask's default name, logging in to another
    # Flask application on the host would log the user out here.
    "SESSION_COOKIE_NAME": "blog_session",
    "SESSION_COOKIE_SAMESITE": "Lax",
    # A CSRF token is valid as long as its session: writing a post may take hours.
    "WTF_CSRF_TIME_LIMIT": None,
    # How Werkzeug hashes passwords. Only the tests use a cheaper method.
    "PASSWORD_METHOD": "scrypt",
    # Rows per page of a list.
    "PAGE_SIZE": 10,
    "PREFERENCE_LIFETIME": timedelta(days=365),
    # Where the pages link to their code, such as https://github.com/you/flask-testing-kata.
    "REPOSITORY_URL": None,
    # How often a password may be tried, and accounts may be created.
    "ATTEMPTS_PER_ADDRESS": "60 per minute",
    "ATTEMPTS_PER_USERNAME": "10 per minute",
    # In memory, each worker counts for itself. Several workers share a Redis server: redis://HOST.
    "ATTEMPTS_STORAGE": "memory://",
    # The number of proxies in front that set X-Forwarded-For and X-Forwarded-Proto.
    "PROXY_HOPS": 0,
}

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'; object-src 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def init_app(app: Flask, settings: Mapping[str, Any] | None = None) -> None:
    """Configure `app` with `settings`, or from the environment variables if there are none."""
    app.config.from_mapping(DEFAULTS)
    app.config.from_mapping(environment() if settings is None else settings)
    if app.config["SECRET_KEY"] is None:
        app.config["SECRET_KEY"] = load_secret_key(Path(app.instance_path))

    hops = app.config["PROXY_HOPS"]
    if hops not in range(10):
        raise ValueError(f"FLASK_PROXY_HOPS must be a whole number from 0 to 9, not {hops!r}.")
    # Flask documents this assignment, but mypy sees a method.
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    app.after_request(add_headers)


def environment() -> Config:
    """Return the settings from the environment variables `FLASK_*` and `DATABASE_URL`.

    From Flask's "Configuring from Environment Variables".
    """
    settings = Config(root_path="")
    settings.from_prefixed_env()
    # from_prefixed_env parses JSON: a key such as 12345 would become a number.
    settings["SECRET_KEY"] = os.environ.get("FLASK_SECRET_KEY") or None
    if url := os.environ.get("DATABASE_URL"):
        settings["SQLALCHEMY_DATABASE_URI"] = database_uri(url)
    return settings


def database_uri(url: str) -> str:
    """Return `DATABASE_URL` as SQLAlchemy expects it: many platforms write `postgres://`.

    Raises `ValueError` if the database is neither PostgreSQL nor SQLite.
    """
    if not re.match(r"(postgres|postgresql|postgresql\+psycopg|sqlite)://", url):
        raise ValueError("DATABASE_URL must start with postgresql:// or sqlite://.")
    return re.sub("^postgres(ql)?://", "postgresql+psycopg://", url)


def load_secret_key(folder: Path) -> str:
    """Return the secret key in `folder`; create it the first time, readable by its owner only.

    Created atomically, so that there is no race condition if several workers start at once: a
    finished file is moved into place, unless another worker was first. Raises `RuntimeError` if
    the key cannot be read or created, or is empty.
    """
    path = folder / "secret_key"
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            # Both fail if the file exists. Windows cannot unlink a file that is being read.
            move = os.rename if os.name == "nt" else os.link
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                draft = Path(scratch, "secret_key")
                draft.touch(mode=0o600)
                draft.write_text(secrets.token_hex())
                with suppress(FileExistsError):
                    move(draft, path)
        key = path.read_text()
    except OSError as error:
        raise RuntimeError(
            f"Cannot read or create the secret key in {path} ({error.strerror}). Make the folder "
            "writable, set FLASK_SECRET_KEY, or set FLASK_INSTANCE_PATH to another folder."
        ) from error
    if not key:  # possible after a power failure
        raise RuntimeError(f"The secret key in {path} is empty. Delete it to create a new one.")
    return key


def add_headers(response: Response) -> Response:
    """Add the security headers that the view has not set itself.

    Browsers must not store what a logged-in user sees: after logging out, the Back button would
    show it to the next person at the computer.
    """
    headers = dict(HEADERS)
    if request.endpoint != "static" and "user_id" in session:
        headers["Cache-Control"] = "no-store"
    if request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"  # seconds: one year
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    return response
