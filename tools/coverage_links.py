"""Link the application's code in the course book to its lines in the coverage report.

This is an extension of Sphinx. The report names the tests that run each line. It is in the book if
htmlcov/ was copied to docs/_build/html/_coverage: the workflow that publishes the book does so.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
TITLE = re.compile("<title>Coverage for (.+?):")
TEXT = {"en": "Which tests run these lines", "es": "Qué pruebas ejecutan estas líneas"}


def report_pages(report: Path) -> dict[Path, str]:
    """Return the name of the page of each file in the report."""
    found = {}
    for page in report.glob("*_py.html"):
        [file] = TITLE.findall(page.read_text("utf-8"))
        found[ROOT / file] = page.name
    return found


def first_line(code: str, file: str) -> int:
    """Return the number of the line at which this code begins in the text of a file.

    All lines are compared, because several functions can begin with the same decorator.
    """
    # The code may have another indentation than the file.
    block, lines = ([line.strip() for line in text.splitlines()] for text in (code.strip(), file))
    return next(n for n in range(len(lines)) if lines[n : n + len(block)] == block) + 1


def insert_links(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Insert a link to the coverage report below each block of code from a file in the report."""
    if app.builder.name != "html":
        return
    language = app.config.language
    site = Path(app.outdir) if language == "en" else Path(app.outdir, "..")
    pages = report_pages(site / "_coverage")
    up = "../" * (docname.count("/") + (language != "en"))
    for block in list(doctree.findall(nodes.literal_block)):
        file = Path(block.get("source", "")).resolve()
        if file in pages:
            line = first_line(block.astext(), file.read_text("utf-8"))
            url = f"{up}_coverage/{pages[file]}#t{line}"
            link = nodes.reference("", TEXT[language], refuri=url, internal=True)
            # A block with a caption is in a container.
            place = block.parent if isinstance(block.parent, nodes.container) else block
            place.parent.insert(place.parent.index(place) + 1, nodes.paragraph("", "", link))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the event handler."""
    app.connect("doctree-resolved", insert_links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
