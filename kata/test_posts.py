"""Your mission: test that visitors can read posts and that only their authors can change them.

The code is app/posts.py and app/paging.py: lists by date, author and tag with keyset pagination,
a single post, and the forms to write, edit and delete one. A list takes the same number of queries
for one post as for hundreds (no N+1 queries).

Fixtures (see conftest.py and tests/support/blog_fixtures.py): `app`, `client`, `dataset`, `john`,
`fordo`, `statements`. To fill in a form or read a page, use `submit`, `page` and `texts` from
tests/support/html.py.

- unit: check `tag_names`, and which input the form rejects.
- integration: check permissions, and what is stored and shown, and in which order:
  `submit(john, "/posts/new", {"title": "Hello", "text": "World"})` returns the response.
- system: write, edit and delete a post in a browser, with `BlogTestCase` from
  tests/system/blog.py. `self.log_in("John Williams")` logs in without the form.
"""

from tests.support.html import texts


class TestRead:
    def test_tag_page_lists_only_posts_with_that_tag(self, client, dataset):
        response = client.get("/posts/tagged/3")

        assert texts(response, "article h2") == ["Working with Databases in Flask"]


# Write your tests here, then run `nox -s kata -- posts` to grade them.
