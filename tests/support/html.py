"""Read pages and submit forms as a browser does, with the test client."""

from typing import Any

from flask.testing import FlaskClient
from lxml import html
from werkzeug.test import TestResponse

# The Accept header of a browser.
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def page(response: TestResponse) -> html.HtmlElement:
    """Return the parsed page; its method `cssselect` finds elements."""
    return html.document_fromstring(response.text)


def texts(response: TestResponse, selector: str) -> list[str]:
    """Return the text of each element that matches the CSS selector, with spaces collapsed."""
    return [" ".join(found.text_content().split()) for found in page(response).cssselect(selector)]


def flashes(response: TestResponse) -> list[str]:
    """Return the flashed messages on the page."""
    return texts(response, ".notice")


def logged_in_as(client: FlaskClient) -> list[str]:
    """Return the username in the page header: one, or none for a visitor."""
    return texts(client.get("/about"), "#me")


def redirect_target(response: TestResponse) -> str:
    """Return the URL of a redirect that a browser follows with GET.

    Raises `AssertionError` for any other response, also for 307 and 308, which repeat a POST.
    """
    assert response.status_code in {302, 303}, response.status
    return response.location


def submit(
    client: FlaskClient, url: str, typed: dict[str, str] | None = None, form: str = "main form"
) -> TestResponse:
    """Open the page at `url`, fill in the form that matches the CSS selector, and submit it.

    The form's other fields, such as the CSRF token, are submitted with the values that they have.
    Return the response without following a redirect.
    """
    [found, *_] = page(client.get(url)).cssselect(form)
    fields: dict[str, Any] = {**dict(found.form_values()), **(typed or {})}
    return client.post(found.get("action") or url, data=fields)


def csrf_header(client: FlaskClient) -> dict[str, str]:
    """Return the header with the CSRF token of the client's session, read from a page."""
    [field, *_] = page(client.get("/preferences")).cssselect("input[name=csrf_token]")
    return {"X-CSRFToken": field.get("value")}
