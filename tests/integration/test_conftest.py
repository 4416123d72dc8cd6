"""What the fixtures of every test see to."""

pytest_plugins = ["pytester"]

# Tests for a run of their own, in this order.
LEAKS = """
from flask import Flask, has_app_context, has_request_context

app = Flask("app")


def test_leaks_two_applications():
    app.app_context().push()
    app.app_context().push()


def test_leaks_a_request():
    app.app_context().push()
    app.test_request_context().push()


def test_leaks_nothing():
    assert not has_app_context()
    assert not has_request_context()
"""


class TestContexts:
    def test_a_context_that_is_left_pushed_fails_its_own_test_and_none_after_it(self, pytester):
        pytester.makepyfile(LEAKS)

        run = pytester.runpytest_inprocess("-p", "conftest", "-p", "no:randomly")

        run.assert_outcomes(passed=3, errors=2)
        run.stdout.fnmatch_lines(
            [
                "*ERROR at teardown of test_leaks_two_applications*",
                "*This test left an application context pushed.",
                "*ERROR at teardown of test_leaks_a_request*",
            ]
        )
