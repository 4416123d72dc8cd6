"""Flask-Testing 0.8.1 on today's Flask: its API, with its defects mended here and nowhere else.

The course teaches Flask-Testing, whose last release is of 2020. Each mend below says which defect
it is for; `tests/tools/test_flask_testing_shim.py` and `tests/system/test_testing.py` show each
defect in the library itself, so a mend that a later release makes needless turns a test red.
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
    """Flask-Testing's `TestCase`: `create_app` gives `self.app` and `self.client` to each test.

    A subclass with a `setUp` of its own calls `super().setUp()` first. `self.templates` are the
    test's `(template, context)` pairs, the last rendered first.
    """

    # Defect: `__call__` and `debug` call `create_app`, outside of the test, so one that raises
    # ends the whole run. unittest's own, and `setUp`, make it an error of that test alone.
    __call__ = unittest.TestCase.__call__
    debug = unittest.TestCase.debug

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self._post_teardown)
        # Defect: the library pushes a request context here, for the whole test: `g` and the
        # database session outlive each request and hide, say, a forgotten commit. Nothing is
        # pushed; each request gets contexts of its own, as it does in production.
        self.app = self.create_app()
        self.client = self.app.test_client()
        self.templates: list[tuple[Template, dict[str, object]]] = []
        self.flashed_messages: list[tuple[str, str]] = []
        template_rendered.connect(self._add_template)
        message_flashed.connect(self._add_flash_message)
        if not self.render_templates:
            # Defect: the library puts a function of its own in the place of Flask's private
            # `_render`, whose arguments have changed. Jinja's public `render` makes the text and
            # no more: Flask still collects the context and sends `template_rendered`.
            self.enterContext(mock.patch.object(Template, "render", return_value=""))

    def _add_template(self, app: Flask, template: Template, context: dict[str, object]) -> None:
        # Defect: only the template rendered last is kept. All are, with the last one first, for
        # `assertContext` takes the first in which it finds the name.
        self.templates.insert(0, (template, context))

    def assertRedirects(
        self, response: TestResponse, location: str, message: str | None = None
    ) -> None:
        """Check that `response` redirects to `location`, written as the view sends it."""
        # Defect: 308 is not among the library's redirects.
        self.assertIn(response.status_code, (301, 302, 303, 305, 307, 308), message)
        # Defect: the library waits for an absolute URL, which Werkzeug no longer makes of one
        # inside the site.
        self.assertEqual(response.location, location, message)

    assert_redirects = assertRedirects


class LiveServerTestCase(flask_testing.LiveServerTestCase):
    """Flask-Testing's `LiveServerTestCase`: each test has the app of `create_app` on a real socket.

    The server is a thread of this process, so give the app a database *file*: connections shared
    between threads corrupt an SQLite database in memory. Flask-Testing's own settings,
    `LIVESERVER_PORT` and `LIVESERVER_TIMEOUT`, have no meaning here.
    """

    # Defect: as above, `create_app` that raises ends the whole run.
    __call__ = unittest.TestCase.__call__

    def setUp(self) -> None:
        super().setUp()
        self.app = self.create_app()
        # Defect: the library takes port 5000 and tests whatever answers there. Port 0 is a free
        # one, and its socket is bound here before anyone can be asked.
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.addCleanup(self._server.server_close)
        # Defect: the library's server is a process whose target is a local function. `spawn` and
        # `forkserver` cannot pickle that, and coverage loses its lines. A thread avoids both, and
        # as a daemon does not keep an interrupted run alive, which skips the cleanups.
        thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        thread.start()
        # Cleanups run in reverse order: shutdown, join, close.
        self.addCleanup(thread.join)
        self.addCleanup(self._server.shutdown)

    def get_server_url(self) -> str:
        """Return the URL of the test's server, with no slash at its end."""
        return f"http://127.0.0.1:{self._server.port}"
