"""Every error as a page or as JSON, as the client asks.

From Flask's "Handling Application Errors".
"""

from flask import Flask, current_app, json, render_template, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import ObjectDeletedError
from werkzeug.exceptions import HTTPException, NotFound, ServiceUnavailable
from werkzeug.wrappers import Response


def init_app(app: Flask) -> None:
    """Answer every HTTP error, and every exception that becomes one, in one way."""
    app.register_error_handler(HTTPException, answer)
    app.register_error_handler(ObjectDeletedError, row_is_gone)
    app.register_error_handler(OperationalError, database_is_away)


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
    except OperationalError as failure:
        return database_is_away(failure)


def as_asked(error: HTTPException) -> Response:
    """Give the error with its own status and headers, such as the `Allow` of a 405."""
    response = Response(status=error.code, headers=error.get_headers())
    if wants_json():
        response.data = json.dumps(
            {"code": error.code, "name": error.name, "message": error.description}
        )
        response.mimetype = "application/json"
    else:
        response.data = render_template("error.html", error=error)
    response.vary.add("Accept")
    return response


def row_is_gone(_error: ObjectDeletedError) -> Response:
    """Answer 404: another request has deleted the row while this one was at work."""
    return answer(NotFound("This has just been deleted."))


def database_is_away(error: OperationalError) -> Response:
    """Log what happened and answer 503: it is no fault of the request, and may pass."""
    current_app.logger.error(
        "The database does not answer. Was `flask init-db` run?", exc_info=error
    )
    return as_asked(ServiceUnavailable("The database does not answer. Try again in a moment."))
