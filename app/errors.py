"""Every error as a page or as JSON, as the client asks.

From Flask's "Handling Application Errors".
"""

from urllib.parse import unquote_to_bytes, urlsplit

from flask import Flask, abort, current_app, json, render_template, request
from sqlalchemy import exc
from sqlalchemy.orm.exc import ObjectDeletedError
from werkzeug.exceptions import BadRequest, HTTPException, NotFound, ServiceUnavailable
from werkzeug.wrappers import Response

# How a database says that it is away, has no tables, or has no connection left.
DATABASE_ERRORS = (exc.OperationalError, exc.ProgrammingError, exc.TimeoutError)


def init_app(app: Flask) -> None:
    """Answer every HTTP error, and every exception that becomes one, in one way."""
    app.before_request(refuse_what_is_malformed)
    app.register_error_handler(HTTPException, answer)
    app.register_error_handler(ObjectDeletedError, row_is_gone)
    for database_error in DATABASE_ERRORS:
        app.register_error_handler(database_error, database_is_away)


def refuse_what_is_malformed() -> None:
    """Read the request whole, before anything is made of a part of it; raises 400, or 413.

    A server may mark a body as one that ends by itself. Werkzeug then takes one that was cut off
    for a whole one, and of one that is too large it takes what the limit lets through.
    """
    if not request.host:
        abort(400, "The Host is no name of a host.")
    body = request.get_data()
    if request.content_length is None:
        request.stream.read(1)  # 413 at the limit
    elif len(body) < request.content_length:
        abort(400, "The body ends too early.")
    if request.mimetype == "application/x-www-form-urlencoded":
        body = unquote_to_bytes(body)
    try:
        request.query_string.decode()
        body.decode()
    except UnicodeDecodeError:
        abort(400, "The request is not UTF-8.")
    if None in request.form:
        abort(400, "A part of the form has no name.")
    # Flask-WTF compares it over https, and is not ready for one that cannot be read.
    if request.is_secure and request.method in current_app.config["WTF_CSRF_METHODS"]:
        try:
            _ = urlsplit(request.referrer or "").port
        except ValueError:
            abort(400, "The Referer is no address.")


def wants_json() -> bool:
    """Say whether the client prefers JSON to a page.

    Who has no preference gets a page, but JSON from the API and in answer to JSON.
    """
    offers = ["text/html", "application/json"]
    if request.path.startswith("/users/") or request.is_json:
        offers.reverse()
    return request.accept_mimetypes.best_match(offers, offers[0]) == "application/json"


def answer(error: HTTPException) -> Response:
    """Give the error as the client asks; a 503 where its page asks a database that is away."""
    try:
        return as_asked(error)
    except DATABASE_ERRORS as failure:
        return database_is_away(failure)


def as_asked(error: HTTPException) -> Response:
    """Give the error with its own status and headers, such as the `Allow` of a 405."""
    response = Response(status=error.code, headers=error.get_headers())
    host_is_bad = isinstance(request.routing_exception, BadRequest)
    if wants_json():
        response.data = json.dumps(
            {"code": error.code, "name": error.name, "message": error.description}
        )
        response.mimetype = "application/json"
    elif host_is_bad:  # the page could not build the URL of any other
        response.data = error.get_body()
    else:
        response.data = render_template("error.html", error=error)
    response.vary.add("Accept")
    return response


def row_is_gone(_error: ObjectDeletedError) -> Response:
    """Answer 404: another request has deleted the row while this one was at work."""
    return answer(NotFound("This has just been deleted."))


def database_is_away(error: exc.SQLAlchemyError) -> Response:
    """Log what happened and answer 503: it is no fault of the request, and may pass."""
    current_app.logger.error(
        "The database does not answer. Was `flask init-db` run?", exc_info=error
    )
    return as_asked(ServiceUnavailable("The database does not answer. Try again in a moment."))
