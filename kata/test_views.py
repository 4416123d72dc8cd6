"""Your mission: prove that the views that are classes answer each method as they should.

The topic is app/views.py: pages of one class, the contact card's GET and POST, and `UserAPI`, with
a method of its own for each method of HTTP.

The fixtures, which conftest.py in the project's root explains: `app`, `client`, `dataset`, `john`,
`fordo`. The API wants the header that `token` of tests/support/html.py reads; `submit` fills in
a form.

- unit: an application of your own, with one rule, and the class under test.
- integration: status, headers, JSON, and what is in the database after it.
- system: rename and delete yourself on the people page, whose script calls the API;
  tests/system/blog.py has a test case for that.
"""

from tests.support.html import texts


class TestView:
    def test_about_is_a_page_of_its_own(self, client):
        response = client.get("/about")

        assert texts(response, "h1") == ["About"]


# Your tests go here. `nox -s kata -- views` grades them.
