"""The Flask-Testing shim: most tests first show the defect in the library, then the fix.

The defects of the live server need a socket; `tests/system/test_testing.py` shows them.
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
    """Return a test case of the class `base`, with the app above and the only test `test`."""
    body = {"create_app": lambda _self: create_app(), "runTest": test, **attributes}
    return type("Case", (base,), body)()


def run(test: unittest.TestCase | unittest.TestSuite) -> unittest.TestResult:
    result = unittest.TestResult()
    test(result)
    return result


class ShimTestCase(unittest.TestCase):
    """Base class that runs a test with the library and with the shim."""

    def assert_passes(self, test: Callable[..., None], **attributes: object) -> None:
        """Check that the test passes with the shim."""
        result = run(case_of(TestCase, test, **attributes))

        self.assertEqual(result.testsRun, 1)
        self.assertEqual(result.errors + result.failures, [])

    def assert_fails(self, test: Callable[..., None]) -> None:
        """Check that the test fails with the shim."""
        self.assertEqual(len(run(case_of(TestCase, test)).failures), 1)

    def assert_fixed(self, test: Callable[..., None], **attributes: object) -> None:
        """Check that the test fails with the library and passes with the shim."""
        library = run(case_of(flask_testing.TestCase, test, **attributes))

        self.assertFalse(library.wasSuccessful(), "The library passes: remove this fix.")
        self.assert_passes(test, **attributes)


class TestContext(ShimTestCase):
    def test_running_a_test_pushes_no_context(self) -> None:
        def test(case: TestCase) -> None:
            case.assertFalse(has_app_context())

        self.assert_fixed(test)

    def test_debugging_a_test_pushes_no_context(self) -> None:
        def test(case: TestCase) -> None:
            case.assertFalse(has_app_context())

        with self.assertRaises(AssertionError):
            case_of(flask_testing.TestCase, test).debug()
        case_of(TestCase, test).debug()

    # The next two tests do not run the library, because it passes them on Flask 3.2, where every
    # request has a context of its own even if another one is pushed.
    def test_g_is_empty_at_the_start_of_every_request(self) -> None:
        def test(case: TestCase) -> None:
            case.client.get("/kept")
            case.assertEqual(case.client.get("/kept").json, {"before": None})

        self.assert_passes(test)

    def test_teardown_runs_at_the_end_of_a_request(self) -> None:
        def test(case: TestCase) -> None:
            ended: list[object] = []
            case.app.teardown_appcontext(ended.append)
            case.client.get("/kept")
            case.assertEqual(ended, [None])

        self.assert_passes(test)


class TestRedirects(ShimTestCase):
    def test_relative_location_is_compared_as_it_was_sent(self) -> None:
        def test(case: TestCase) -> None:
            case.assertRedirects(case.client.get("/moved/302?to=/new"), "/new")

        self.assert_fixed(test)

    def test_status_308_is_a_redirect(self) -> None:
        def test(case: TestCase) -> None:
            url = "http://localhost/new"
            case.assertRedirects(case.client.get(f"/moved/308?to={url}"), url)

        self.assert_fixed(test)

    def test_alias_with_underscores_is_fixed_too(self) -> None:
        def test(case: TestCase) -> None:
            case.assert_redirects(case.client.get("/moved/303?to=/new"), "/new")

        self.assert_fixed(test)

    def test_redirect_to_another_location_fails(self) -> None:
        def test(case: TestCase) -> None:
            case.assertRedirects(case.client.get("/moved/302?to=/new"), "/other")

        self.assert_fails(test)

    def test_location_header_without_a_redirect_status_fails(self) -> None:
        def test(case: TestCase) -> None:
            case.assertRedirects(case.client.get("/created"), "/new")

        self.assert_fails(test)


class TestRenderTemplates(ShimTestCase):
    def test_templates_are_recorded_although_none_is_rendered(self) -> None:
        def test(case: TestCase) -> None:
            response = case.client.get("/person/John Williams")
            case.assertEqual(response.data, b"")
            case.assertTemplateUsed("page.html")
            case.assertContext("name", "John Williams")

        self.assert_fixed(test, render_templates=False)

    def test_context_includes_the_variables_of_context_processors(self) -> None:
        def test(case: TestCase) -> None:
            case.client.get("/person/John Williams")
            case.assertContext("site", "blog")

        self.assert_fixed(test, render_templates=False)

    def test_next_test_renders_templates_again(self) -> None:
        def test(case: TestCase) -> None:
            response = case.client.get("/person/John Williams")
            case.assertEqual(response.text, "LondonJohn Williams, blog")

        run(case_of(TestCase, test, render_templates=False))

        self.assert_passes(test)


class TestTemplates(ShimTestCase):
    def test_every_rendered_template_is_recorded(self) -> None:
        def test(case: TestCase) -> None:
            case.client.get("/person/John Williams")
            case.assertTemplateUsed("card.html")
            case.assertTemplateUsed("page.html")
            case.assertContext("city", "London")

        self.assert_fixed(test)

    def test_context_of_the_last_rendered_template_comes_first(self) -> None:
        def test(case: TestCase) -> None:
            case.client.get("/person/John Williams")
            case.client.get("/person/Fordo Baggings")
            case.assertContext("name", "Fordo Baggings")

        self.assert_passes(test)


class TestCreateApp(unittest.TestCase):
    def suite(self, base: type[unittest.TestCase]) -> unittest.TestSuite:
        """Return a suite of a test whose `create_app` raises, and of one that needs no app."""

        def create_app(_case: unittest.TestCase) -> Flask:
            raise RuntimeError("no app")

        def test(_case: unittest.TestCase) -> None:
            pass

        broken = case_of(base, test, create_app=create_app)
        return unittest.TestSuite([broken, case_of(unittest.TestCase, test)])

    def test_exception_in_create_app_does_not_end_the_run(self) -> None:
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


class TestKept(ShimTestCase):
    """The rest of Flask-Testing's API, which the shim must not break."""

    def test_assert_message_flashed_finds_a_flashed_message(self) -> None:
        def test(case: TestCase) -> None:
            case.client.get("/flash")
            case.assertMessageFlashed("Saved", "info")

        self.assert_passes(test)

    def test_assert_message_flashed_fails_without_a_message(self) -> None:
        def test(case: TestCase) -> None:
            case.client.get("/kept")
            case.assertMessageFlashed("Saved", "info")

        self.assert_fails(test)

    def test_assert_template_used_fails_without_a_template(self) -> None:
        def test(case: TestCase) -> None:
            case.client.get("/kept")
            case.assertTemplateUsed("page.html")

        self.assert_fails(test)

    def test_signals_are_disconnected_after_the_test(self) -> None:
        def test(_case: TestCase) -> None:
            connected.update(set(template_rendered.receivers) - before)

        before = set(template_rendered.receivers)
        connected: set[object] = set()
        # The name keeps the test case alive: a signal drops a receiver that is garbage collected.
        case = case_of(TestCase, test)

        run(case)

        self.assertEqual(len(connected), 1)
        self.assertEqual(set(template_rendered.receivers), before)
