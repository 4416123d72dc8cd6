"""The built course book: its pages, and a server for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from posixpath import dirname, join, normpath
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

from lxml import html

ROOT = Path(__file__).parents[2]
HTML = ROOT / "docs" / "_build" / "html"

# The paths of all pages in both languages. Names that begin with "_" are Sphinx's own folders.
PAGES = sorted(
    path.relative_to(HTML).as_posix()
    for path in HTML.rglob("*.html")
    if not any(part.startswith("_") for part in path.relative_to(HTML).parts)
)


class BookHandler(SimpleHTTPRequestHandler):
    """Serve the book, and forbid its pages to load anything from another host.

    The browser writes an error to its console when a page tries.
    """

    def end_headers(self) -> None:
        # Furo and Sphinx use inline scripts, and `eval` for plural forms.
        sources = "'self' 'unsafe-inline' 'unsafe-eval' data:"
        self.send_header("Content-Security-Policy", f"default-src {sources}")
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Print nothing: a page that is missing is an error in the browser's console."""


@contextmanager
def served_book() -> Iterator[str]:
    """Start a server for a `with` block, and return its URL."""
    handler = partial(BookHandler, directory=str(HTML))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@cache
def parse(page: str) -> html.HtmlElement:
    """Return the root element of a page."""
    return html.fromstring((HTML / page).read_bytes())


@cache
def anchors(page: str) -> frozenset[str]:
    """Return the ids to which a link can lead on a page."""
    return frozenset(parse(page).xpath("//@id"))


@cache
def links(page: str) -> list[tuple[str, str]]:
    """Return the path, relative to the book, and the anchor of each link that has no host."""
    urls = [urlsplit(url) for url in parse(page).xpath("//@href | //@src")]
    return [
        (normpath(join(dirname(page), unquote(url.path))) if url.path else page, url.fragment)
        for url in urls
        if not url.scheme and not url.netloc
    ]
