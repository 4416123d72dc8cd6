"""Settings: the defaults, the environment, the secret key, and the headers of every response."""

import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response
from werkzeug.middleware.proxy_fix import ProxyFix

DEFAULTS: Mapping[str, Any] = {
    # A relative path is relative to the instance folder.
    "SQLALCHEMY_DATABASE_URI": "sqlite:///blog.sqlite",
    # Bytes; the longest post, percent-encoded, fits.
    "MAX_CONTENT_LENGTH": 256 * 1024,
    "SESSION_COOKIE_SAMESITE": "Lax",
    # A token lives as long as its session: who writes a post for hours may still send it.
    "WTF_CSRF_TIME_LIMIT": None,
    # How Werkzeug hashes passwords; made cheap in the tests, never elsewhere.
    "PASSWORD_METHOD": "scrypt",
    # Rows of a list on one page.
    "PAGE_SIZE": 10,
    "PREFERENCE_LIFETIME": timedelta(days=365),
    # How many proxies stand in front, each of which sets the X-Forwarded-* headers.
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
    """Configure `app` by `settings`, or by the environment where there are none."""
    app.config.from_mapping(DEFAULTS)
    app.config.from_mapping(environment(app) if settings is None else settings)
    if app.config["SECRET_KEY"] is None:
        app.config["SECRET_KEY"] = secret_key(Path(app.instance_path))

    hops = app.config["PROXY_HOPS"]
    if type(hops) is not int or hops < 0:  # True would count as 1
        raise ValueError(f"FLASK_PROXY_HOPS must be a number of proxies, and not {hops!r}.")
    if hops:
        # Flask documents this assignment; mypy takes wsgi_app for a plain method.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops
        )
    app.after_request(add_headers)


def environment(app: Flask) -> dict[str, Any]:
    """Give the settings found in `FLASK_*` and `DATABASE_URL`.

    From Flask's "Configuring from Environment Variables".
    """
    app.config.from_prefixed_env()
    # from_prefixed_env reads JSON, and would make a number of a key such as 12345.
    settings: dict[str, Any] = {"SECRET_KEY": os.environ.get("FLASK_SECRET_KEY") or None}
    if url := os.environ.get("DATABASE_URL"):
        settings["SQLALCHEMY_DATABASE_URI"] = database_uri(url)
    return settings


def database_uri(url: str) -> str:
    """Give `DATABASE_URL` as SQLAlchemy wants it: platforms write `postgres://`.

    Raises `ValueError` where it is neither PostgreSQL nor SQLite.
    """
    scheme, _, rest = url.partition("://")
    if scheme in {"postgres", "postgresql"}:
        return f"postgresql+psycopg://{rest}"
    if scheme in {"postgresql+psycopg", "sqlite"}:
        return url
    raise ValueError(
        f"DATABASE_URL must begin with postgresql:// or sqlite://, and not with {scheme!r}."
    )


def secret_key(folder: Path) -> str:
    """Give the key kept in `folder`, made there the first time, readable by its owner alone.

    Several workers that start at once agree on one: putting a finished file in its place either
    succeeds whole or finds that another worker was first. Raises `RuntimeError` where the
    folder cannot be written to, or the key not be read or is empty.
    """
    path = folder / "secret_key"
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=folder)
            draft = Path(name)
            # Neither replaces a key that is there. Windows removes no name of a file that is read.
            keep = os.rename if os.name == "nt" else os.link
            try:
                with os.fdopen(handle, "w") as file:
                    file.write(secrets.token_hex())
                with suppress(FileExistsError):
                    keep(draft, path)
            finally:
                draft.unlink(missing_ok=True)
        key = path.read_text()
    except OSError as error:
        raise RuntimeError(
            f"The secret key in {path} can neither be read nor made ({error.strerror}). "
            "Let this user write there, or set FLASK_SECRET_KEY, or FLASK_INSTANCE_PATH to "
            "another folder."
        ) from error
    if not key:  # as a machine that lost its power can leave it
        raise RuntimeError(f"The secret key in {path} is empty: remove it, and there is a new one.")
    return key


def add_headers(response: Response) -> Response:
    """Add the security headers, but where a view has set its own."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
