"""Flask-Testing 0.8.1 on today's Flask: the same API, with its defects fixed in this module only.

The course teaches Flask-Testing, whose last release is from 2020. Each fix below names its defect.
`tests/tools/test_flask_testing_shim.py` and `tests/system/test_testing.py` show each defect in the
library itself, so a test fails if a later release makes a fix unnecessary.
"""

import unittest
from threading import Thread
from unittest import mock

import flask_testing
from flask import Flask, message_flashed, template_rendered
from jinja2 import Template
from werkzeug.serving import make_server
from werkzeug.test import TestResponse


class TestCase(flask_testing.TestCase):
    """Flask-Testing's `TestCase`: every test has `self.app`, from `create_app`, and `self.client`.

    A subclass with its own `setUp` calls `super().setUp()` first. `self.templates` holds the
    `(template, context)` pairs of the test, the last rendered first. `run_gc_after_test` has no
    effect.
    """

    # Defect: `__call__` and `debug` call `create_app` outside the test, so an exception in it ends
    # the whole run. With unittest's own methods and `setUp`, only this test fails.
    __call__ = unittest.TestCase.__call__
    debug = unittest.TestCase.debug

    def setUp(self) -> None:
        super().setUp()
        # Defect: the library pushes a request context for the whole test, so `g` and the database
        # session outlive each request and hide, for example, a missing commit. Here, as in
        # production, each request has its own context.
        self.app = self.create_app()
        self.client = self.app.test_client()
        self.templates: list[tuple[Template, dict[str, object]]] = []
        self.flashed_messages: list[tuple[str, str]] = []
        self.enterContext(template_rendered.connected_to(self.record_template))
        self.enterContext(message_flashed.connected_to(self.record_message))
        if not self.render_templates:
            # Defect: the library replaces Flask's private `_render`, whose arguments have changed.
            # Jinja's `render` is public; Flask still sends `template_rendered` with the context.
            self.enterContext(mock.patch.object(Template, "render", return_value=""))

    def record_template(self, _app: Flask, template: Template, context: dict[str, object]) -> None:
        """Store a rendered template in front of the earlier ones."""
        # Defect: the library stores only the last one. `assertContext` searches from the front, so
        # the last one still comes first.
        self.templates.insert(0, (template, context))

    def record_message(self, _app: Flask, message: str, category: str) -> None:
        """Store a flashed message."""
        self.flashed_messages.append((message, category))

    def assertRedirects(
        self, response: TestResponse, location: str, message: str | None = None
    ) -> None:
        """Check that `response` redirects to `location`, spelled as in the `Location` header."""
        # Defect: the library does not count 308 as a redirect.
        self.assertIn(response.status_code, (301, 302, 303, 305, 307, 308), message)
        # Defect: the library expects an absolute URL, but Werkzeug now sends relative ones.
        self.assertEqual(response.location, location, message)

    assert_redirects = assertRedirects


class LiveServerTestCase(flask_testing.LiveServerTestCase):
    """Flask-Testing's `LiveServerTestCase`: every test serves the app from `create_app` on a port.

    The server is a thread of this process, so give the app a database file: threads that share an
    in-memory SQLite connection corrupt it. The library's settings `LIVESERVER_PORT` and
    `LIVESERVER_TIMEOUT` have no effect.
    """

    # Defect: `__call__` calls `create_app` outside the test, so an exception in it ends the whole
    # run.
    __call__ = unittest.TestCase.__call__

    def setUp(self) -> None:
        super().setUp()
        self.app = self.create_app()
        # Defect: the library takes port 5000 and tests any server that already listens there. Port
        # 0 is a free port, and the socket is bound before the first request.
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.addCleanup(self._server.server_close)
        # Defect: the library starts a process whose target is a local function. The start methods
        # `spawn` and `forkserver` cannot pickle it, and coverage loses its lines. A thread has
        # neither problem. It is a daemon, so that an interrupted run, which skips the cleanups,
        # still exits.
        thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        thread.start()
        # Cleanups run in reverse order: shutdown, join, close.
        self.addCleanup(thread.join)
        self.addCleanup(self._server.shutdown)

    def get_server_url(self) -> str:
        """Return the URL of the live server, without a trailing slash."""
        return f"http://127.0.0.1:{self._server.port}"
