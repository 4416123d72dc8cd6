"""What the shim mends in Flask-Testing: each mend has a test that shows the defect first.

The defects of the live server need a socket: `tests/system/test_testing.py` has them.
"""

import unittest
from collections.abc import Callable

import flask_testing
from flask import (
    Flask,
    flash,
    g,
    has_app_context,
    redirect,
    render_template,
    request,
    template_rendered,
)
from flask.typing import ResponseReturnValue
from jinja2 import DictLoader

from tests.support.flask_testing_shim import LiveServerTestCase, TestCase


def create_app() -> Flask:
    app = Flask(__name__)
    app.config.update(TESTING=True, SECRET_KEY="test")
    app.jinja_loader = DictLoader(
        {"card.html": "{{ city }}", "page.html": "{{ name }}, {{ site }}"}
    )

    @app.context_processor
    def site() -> dict[str, str]:
        return {"site": "blog"}

    @app.get("/person/<name>")
    def person(name: str) -> str:
        card = render_template("card.html", city="London")
        return card + render_template("page.html", name=name)

    @app.get("/moved/<int:code>")
    def moved(code: int) -> ResponseReturnValue:
        return redirect(request.args["to"], code)

    @app.get("/created")
    def created() -> ResponseReturnValue:
        return "", 201, {"Location": "/new"}

    @app.get("/kept")
    def kept() -> dict[str, object]:
        before = g.get("user")
        g.user = "John Williams"
        return {"before": before}

    @app.get("/flash")
    def flashed() -> str:
        flash("Saved", "info")
        return ""

    return app


def case_of(
    base: type[unittest.TestCase], test: Callable[..., None], **attributes: object
) -> unittest.TestCase:
    """Make a case of the class `base`, on the app above, whose one test is `test`."""
    body = {"create_app": lambda _self: create_app(), "runTest": test, **attributes}
    return type("Case", (base,), body)()


def run(test: unittest.TestCase | unittest.TestSuite) -> unittest.TestResult:
    result = unittest.TestResult()
    test(result)
    return result


class MendTest(unittest.TestCase):
    """Runs a test as the library would and as the shim does."""

    def assert_passes(self, test: Callable[..., None], **attributes: object) -> None:
        result = run(case_of(TestCase, test, **attributes))

        self.assertEqual(result.testsRun, 1)
        self.assertEqual(result.errors + result.failures, [])

    def assert_fails(self, test: Callable[..., None]) -> None:
        self.assertEqual(len(run(case_of(TestCase, test)).failures), 1)

    def assert_mended(self, test: Callable[..., None], **attributes: object) -> None:
        library = run(case_of(flask_testing.TestCase, test, **attributes))

        self.assertFalse(library.wasSuccessful(), "The library passes: its mend can go.")
        self.assert_passes(test, **attributes)


class TestContext(MendTest):
    def test_no_context_is_pushed_while_a_test_runs(self) -> None:
        def test(case: TestCase) -> None:
            case.assertFalse(has_app_context())

        self.assert_mended(test)

    def test_no_context_is_pushed_while_a_test_is_debugged(self) -> None:
        def test(case: TestCase) -> None:
            case.assertFalse(has_app_context())

        with self.assertRaises(AssertionError):
            case_of(flask_testing.TestCase, test).debug()
        case_of(TestCase, test).debug()

    # Flask 3.2 gives each request a context of its own even where one is pushed: there the library
    # passes the next two, so they do not ask it.
    def test_what_a_view_keeps_in_g_is_gone_in_the_next_request(self) -> None:
        def test(case: TestCase) -> None:
            case.client.get("/kept")
            case.assertEqual(case.client.get("/kept").json, {"before": None})

        self.assert_passes(test)

    def test_the_teardown_runs_when_a_request_ends(self) -> None:
        def test(case: TestCase) -> None:
            ended: list[object] = []
            case.app.teardown_appcontext(ended.append)
            case.client.get("/kept")
            case.assertEqual(ended, [None])

        self.assert_passes(test)


class TestRedirects(MendTest):
    def test_a_location_inside_the_site_is_compared_as_it_was_sent(self) -> None:
        def test(case: TestCase) -> None:
            case.assertRedirects(case.client.get("/moved/302?to=/new"), "/new")

        self.assert_mended(test)

    def test_308_is_a_redirect(self) -> None:
        def test(case: TestCase) -> None:
            url = "http://localhost/new"
            case.assertRedirects(case.client.get(f"/moved/308?to={url}"), url)

        self.assert_mended(test)

    def test_the_name_with_an_underscore_is_mended_too(self) -> None:
        def test(case: TestCase) -> None:
            case.assert_redirects(case.client.get("/moved/303?to=/new"), "/new")

        self.assert_mended(test)

    def test_another_location_is_refused(self) -> None:
        def test(case: TestCase) -> None:
            case.assertRedirects(case.client.get("/moved/302?to=/new"), "/other")

        self.assert_fails(test)

    def test_a_location_without_a_redirect_is_refused(self) -> None:
        def test(case: TestCase) -> None:
            case.assertRedirects(case.client.get("/created"), "/new")

        self.assert_fails(test)


class TestRenderTemplates(MendTest):
    def test_templates_are_known_though_none_is_rendered(self) -> None:
        def test(case: TestCase) -> None:
            response = case.client.get("/person/John Williams")
            case.assertEqual(response.data, b"")
            case.assertTemplateUsed("page.html")
            case.assertContext("name", "John Williams")

        self.assert_mended(test, render_templates=False)

    def test_the_context_holds_what_a_context_processor_adds(self) -> None:
        def test(case: TestCase) -> None:
            case.client.get("/person/John Williams")
            case.assertContext("site", "blog")

        self.assert_mended(test, render_templates=False)

    def test_the_next_test_renders_again(self) -> None:
        def test(case: TestCase) -> None:
            response = case.client.get("/person/John Williams")
            case.assertEqual(response.text, "LondonJohn Williams, blog")

        run(case_of(TestCase, test, render_templates=False))

        self.assert_passes(test)


class TestTemplates(MendTest):
    def test_every_rendered_template_is_kept(self) -> None:
        def test(case: TestCase) -> None:
            case.client.get("/person/John Williams")
            case.assertTemplateUsed("card.html")
            case.assertTemplateUsed("page.html")
            case.assertContext("city", "London")

        self.assert_mended(test)

    def test_the_template_rendered_last_answers_first(self) -> None:
        def test(case: TestCase) -> None:
            case.client.get("/person/John Williams")
            case.client.get("/person/Fordo Baggings")
            case.assertContext("name", "Fordo Baggings")

        self.assert_passes(test)


class TestCreateApp(unittest.TestCase):
    def suite(self, base: type[unittest.TestCase]) -> unittest.TestSuite:
        """Make a suite of a case with no app and of one that needs none."""

        def create_app(_case: unittest.TestCase) -> Flask:
            raise RuntimeError("no app")

        def test(_case: unittest.TestCase) -> None:
            pass

        broken = case_of(base, test, create_app=create_app)
        return unittest.TestSuite([broken, case_of(unittest.TestCase, test)])

    def test_an_error_in_create_app_does_not_end_the_run(self) -> None:
        for library, shim in (
            (flask_testing.TestCase, TestCase),
            (flask_testing.LiveServerTestCase, LiveServerTestCase),
        ):
            with self.subTest(shim=shim):
                with self.assertRaisesRegex(RuntimeError, "no app"):
                    run(self.suite(library))
                result = run(self.suite(shim))

                self.assertEqual(result.testsRun, 2)
                [(_, trace)] = result.errors
                self.assertIn("RuntimeError: no app", trace)


class TestKept(MendTest):
    """What a mend must not lose: the rest of the API, as Flask-Testing documents it."""

    def test_a_flashed_message_is_seen(self) -> None:
        def test(case: TestCase) -> None:
            case.client.get("/flash")
            case.assertMessageFlashed("Saved", "info")

        self.assert_passes(test)

    def test_a_message_that_was_not_flashed_is_missed(self) -> None:
        def test(case: TestCase) -> None:
            case.client.get("/kept")
            case.assertMessageFlashed("Saved", "info")

        self.assert_fails(test)

    def test_a_template_that_was_not_used_is_missed(self) -> None:
        def test(case: TestCase) -> None:
            case.client.get("/kept")
            case.assertTemplateUsed("page.html")

        self.assert_fails(test)

    def test_no_signal_stays_connected(self) -> None:
        def test(_case: TestCase) -> None:
            connected.update(set(template_rendered.receivers) - before)

        before = set(template_rendered.receivers)
        connected: set[object] = set()
        # Held by its name: a receiver that is garbage would be disconnected by itself.
        case = case_of(TestCase, test)

        run(case)

        self.assertEqual(len(connected), 1)
        self.assertEqual(set(template_rendered.receivers), before)
