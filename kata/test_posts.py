"""Your mission: prove that the blog shows its posts, and lets each author change only their own.

The topic is app/posts.py and app/paging.py: lists by newest, author and tag, page by page, one
post, a new one, and the author's edits. A list takes as many queries for one post as for hundreds.

The fixtures, which conftest.py in the project's root explains: `app`, `client`, `dataset`, `john`,
`fordo`, `statements`. `submit`, `page` and `texts` of tests/support/html.py fill in forms and
read pages.

- unit: `tag_names`, and what the form refuses.
- integration: who may do what, what is stored, what is shown, and in which order.
- system: write, edit and delete a post in a browser; tests/system/blog.py has a test case.
"""

from tests.support.html import texts


class TestRead:
    def test_a_tag_leads_to_the_posts_that_bear_it(self, client, dataset):
        response = client.get("/posts/tagged/3")

        assert texts(response, "article h2") == ["Working with Databases in Flask"]


# Your tests go here. `nox -s kata -- posts` grades them.
