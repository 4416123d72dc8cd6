"""Read pages and send forms as a browser does, without one."""

from typing import Any

from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse


def page(response: TestResponse) -> html.HtmlElement:
    """Give the parsed page, to be asked with `cssselect`."""
    return html.document_fromstring(response.text)


def texts(response: TestResponse, selector: str) -> list[str]:
    """Give the text of each element that the selector finds, with its spaces collapsed."""
    return [" ".join(found.text_content().split()) for found in page(response).cssselect(selector)]


def sent_to(response: TestResponse) -> str:
    """Give where a browser goes from here with a GET: 307 or 308 would send its form again."""
    assert response.status_code in {302, 303}
    return response.location


def submit(
    client: FlaskClient, url: str, typed: dict[str, str] | None = None, form: str = "main form"
) -> TestResponse:
    """Open the page at `url`, type into the form that the selector finds, and send it.

    Whatever the form holds by itself, such as its CSRF token, is sent along. Gives the answer
    itself and follows no redirect.
    """
    [found, *_] = page(client.get(url)).cssselect(form)
    fields: dict[str, Any] = {**dict(found.form_values()), **(typed or {})}
    return client.post(found.get("action") or url, data=fields)


def token(client: FlaskClient) -> dict[str, str]:
    """Give the CSRF header for the session of `client`, read from a page."""
    [field, *_] = page(client.get("/preferences")).cssselect("input[name=csrf_token]")
    return {"X-CSRFToken": field.get("value")}
