"""Fail the test that leaves something behind, so that no later test fails in its place.

Autouse fixtures are set up first and torn down last: what a test undoes itself, for example with
`monkeypatch`, is undone by then.
"""

from collections.abc import Iterable, Iterator, Mapping

import pytest
from flask import Flask, has_app_context, has_request_context
from flask import globals as contexts


def state(app: Flask) -> dict[str, object]:
    """Return what a test can change in `app`, apart from its database."""
    return {
        "config": dict(app.config),
        "URL rules": [(str(rule), rule.endpoint) for rule in app.url_map.iter_rules()],
        "view functions": dict(app.view_functions),
        "before_request": flat(app.before_request_funcs),
        "after_request": flat(app.after_request_funcs),
        "teardown": [*app.teardown_appcontext_funcs, *flat(app.teardown_request_funcs)],
        "error handlers": [
            (code, error, handler)
            for codes in app.error_handler_spec.values()
            for code, errors in codes.items()
            for error, handler in errors.items()
        ],
        "context processors": flat(app.template_context_processors),
        "template filters": dict(app.jinja_env.filters),
        "template globals": dict(app.jinja_env.globals),
        "template tests": dict(app.jinja_env.tests),
        "commands": dict(app.cli.commands),
        "blueprints": dict(app.blueprints),
        "extensions": dict(app.extensions),
        "WSGI application": app.wsgi_app,
        "session interface": app.session_interface,
    }


def flat(functions: Mapping[str | None, Iterable[object]]) -> list[object]:
    """Return the functions that are registered for the application and for its blueprints."""
    return [(name, function) for name, each in functions.items() for function in each]


@pytest.fixture(autouse=True)
def app_is_unchanged(shared_app: Flask) -> Iterator[None]:
    """A guard: a test that changes the shared application fails."""
    before = state(shared_app)
    yield
    after = state(shared_app)
    changed = [name for name in before if before[name] != after[name]]
    if changed:
        pytest.fail(
            f"This test changed the shared application: {', '.join(changed)}. "
            "Use the fixture `new_app`, or `monkeypatch.setitem(app.config, ...)`.",
            pytrace=False,
        )


@pytest.fixture(autouse=True)
def no_context_leaks() -> Iterator[None]:
    """A guard: a test that leaves an application or request context pushed fails."""
    yield
    left = has_app_context()
    while has_app_context():
        # Before Flask 3.2 a request context lies on top of an application context and pops both.
        pops_both = has_request_context() and not hasattr(contexts.app_ctx, "has_request")
        (contexts.request_ctx if pops_both else contexts.app_ctx).pop()
    if left:
        pytest.fail("This test left an application context pushed.", pytrace=False)
