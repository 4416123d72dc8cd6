"""The pages of the lists, and the links between them (keyset pagination)."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from lxml.html import HtmlElement

from tests.support.blog import store_many_posts
from tests.support.html import page


def rows(found: HtmlElement) -> list[str]:
    """Return the URLs of the rows of a list."""
    return [link.get("href") for link in found.cssselect("article h2 a, .rows a")]


def walk(client: FlaskClient, url: str | None, rel: str) -> Iterator[HtmlElement]:
    """Yield the page at `url`, then each page that a link with `rel` (next or prev) leads to."""
    while url:
        found = page(client.get(url))
        yield found
        url = next((link.get("href") for link in found.cssselect(f"[rel={rel}]")), None)


class TestPaging:
    def test_list_that_fits_on_one_page_has_no_pager(self, app, client, monkeypatch):
        monkeypatch.setitem(app.config, "PAGE_SIZE", 6)
        store_many_posts(app, range(1, 4))

        response = client.get("/posts/")

        assert len(rows(page(response))) == 6
        assert page(response).cssselect(".pager") == []

    @pytest.mark.parametrize(
        ("url", "number"),
        [("/posts/", 16), ("/posts/by/1", 9), ("/posts/tagged/1", 9), ("/people/", 8)],
    )
    def test_pages_of_a_list_show_every_row_once(self, app, client, monkeypatch, url, number):
        monkeypatch.setitem(app.config, "PAGE_SIZE", 3)
        store_many_posts(app, range(1, 9))

        pages = [rows(found) for found in walk(client, url, "next")]

        shown = [int(link.rpartition("/")[2]) for links in pages for link in links]
        assert all(0 < len(links) <= 3 for links in pages)
        assert len(shown) == number
        assert shown == sorted(set(shown), reverse=True)

    @pytest.mark.parametrize("url", ["/posts/", "/posts/by/1", "/posts/tagged/1", "/people/"])
    def test_newer_links_lead_back_page_by_page(self, app, client, monkeypatch, url):
        monkeypatch.setitem(app.config, "PAGE_SIZE", 3)
        store_many_posts(app, range(1, 9))
        older = list(walk(client, url, "next"))

        [back] = older[-1].cssselect("[rel=prev]")
        newer = list(walk(client, back.get("href"), "prev"))

        assert [rows(found) for found in newer] == [rows(found) for found in older[-2::-1]]

    @pytest.mark.usefixtures("dataset")
    @pytest.mark.parametrize("query", ["before=1", "before=2147483648", "before=x", "after=x"])
    def test_unknown_page_of_a_list_is_not_found(self, client, query):
        assert client.get(f"/posts/?{query}").status_code == 404
