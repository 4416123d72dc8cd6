"""Error responses: every error as an HTML page or as JSON, as the client prefers.

From Flask's "Handling Application Errors".
"""

from collections.abc import Mapping

from flask import Flask, current_app, json, render_template, request
from sqlalchemy import exc
from werkzeug.exceptions import BadRequest, HTTPException, ServiceUnavailable
from werkzeug.wrappers import Response

# Raised if the database is unreachable, has no tables, or has no free connection. PostgreSQL raises
# an InternalError if it is read-only.
DATABASE_ERRORS = (exc.OperationalError, exc.ProgrammingError, exc.InternalError, exc.TimeoutError)


def init_app(app: Flask) -> None:
    """Register the error handlers."""
    app.register_error_handler(HTTPException, handle_http_error)
    for database_error in DATABASE_ERRORS:
        app.register_error_handler(database_error, handle_database_error)


def wants_json() -> bool:
    """Return True if the client prefers JSON to HTML.

    Without a preference, the API and requests with a JSON body get JSON, all others get HTML.
    """
    offers = ["text/html", "application/json"]
    if request.path.startswith("/users/") or request.is_json:
        offers.reverse()
    return request.accept_mimetypes.best_match(offers, offers[0]) == "application/json"


def handle_http_error(error: HTTPException, typed: Mapping[str, str] | None = None) -> Response:
    """Return the error response, or 503 if its page needs a database that is unavailable.

    The page of the 503 keeps what the user has `typed`. A caller that passes nothing leaves the
    body unread, because reading it may have caused the error.
    """
    try:
        return error_response(error)
    except DATABASE_ERRORS as failure:
        return error_response(unavailable(failure), typed)


def error_response(error: HTTPException, typed: Mapping[str, str] | None = None) -> Response:
    """Return the error as HTML or JSON, with its status and headers, such as `Allow` for 405.

    The page keeps the values that the user has `typed` in a form that can be sent again.
    """
    response = error.get_response()
    if wants_json():
        body = {"code": error.code, "name": error.name, "message": error.description}
        response.data = json.dumps(body)
        response.mimetype = "application/json"
    elif not isinstance(request.routing_exception, BadRequest):
        # An untrusted host makes the routing fail: the page could not build any URL.
        response.data = render_template("error.html", error=error, typed=typed)
    response.vary.add("Accept")
    return response


def handle_database_error(error: exc.SQLAlchemyError) -> Response:
    """Return 503; the page keeps what the user has typed."""
    return error_response(unavailable(error), request.form)


def unavailable(error: exc.SQLAlchemyError) -> ServiceUnavailable:
    """Log the error and return 503 Service Unavailable: the client may try again in 10 seconds."""
    current_app.logger.error("Database error. Have you run `flask init-db`?", exc_info=error)
    return ServiceUnavailable("The database is unavailable. Try again in a moment.", retry_after=10)
