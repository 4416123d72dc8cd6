"""Your mission: test that the class-based views answer each HTTP method correctly.

The code is app/views.py: pages from `BaseView`, the contact card (GET and POST), and `UserAPI`,
which has one Python method per HTTP method.

Fixtures (see conftest.py and tests/support/blog_fixtures.py): `app`, `client`, `dataset`, `john`,
`fordo`. The API requires a CSRF token in a header: use `csrf_header` from tests/support/html.py. To
fill in a form, use `submit` from the same module.

- unit: create an application with one URL rule, for the class under test.
- integration: check the status, headers and JSON of a response, and what the database stores:
  `texts(client.get("/about"), "h1")` returns the headings as a list.
- system: rename and delete your account on the people page, whose script calls the API, with
  `BlogTestCase` from tests/system/blog.py. `self.log_in("John Williams")` logs in.
"""

from tests.support.html import texts


class TestView:
    def test_about_page_has_its_own_heading(self, client):
        response = client.get("/about")

        assert texts(response, "h1") == ["About"]


# Write your tests here, then run `nox -s kata -- views` to grade them.
