"""The Sphinx configuration of the course book. `docs/README.md` explains how to write a page."""

import re
import sys
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tools import book, pictures  # noqa: E402 - found through sys.path

project = "Flask testing kata"
extensions = ["myst_parser", "sphinx_design", "sphinxcontrib.programoutput"]
extensions += ["tools.coverage_links"]
exclude_patterns = ["_build", "README.md"]
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_js_files = [("scroll.js", {"defer": "defer"})]
nitpicky = True

myst_enable_extensions = ["colon_fence"]
# Words and commands are shown as typed.
smartquotes = False

# English is in _build/html and Spanish in _build/html/es: the same page has the same path in both.
language = "en"
locale_dirs = ["locale"]
gettext_compact = False
gettext_location = False

html_theme = "furo"
html_title = project
html_copy_source = False
html_use_index = False
html_show_copyright = False
html_context = {"commit": book.commit()}


def insert_parts(app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace each line `% insert: NAME` of a page with the text that tools/book.py generates."""

    def part(match: re.Match[str]) -> str:
        return str(getattr(book, match[1])(Path(docname).name, app.config.language))

    # Sphinx does not know which files the text comes from: all topics, or the bugs of one topic.
    if docname.startswith("topics/"):
        app.env.note_dependency(ROOT / "kata" / "bugs" / f"{Path(docname).name}.toml")
        # Sphinx knows the pictures that it has shown. This one may have been missing.
        if Path(docname).name in pictures.SCREENS:
            app.env.note_dependency(pictures.picture_file(Path(docname).name, "desk", "light"))
    else:
        app.env.note_reread()
    if docname in {"bugs", "course"}:
        gettext = app.builder.name == "gettext"
        source[0] = book.adapt_tables(source[0], app.config.language, for_translators=gettext)
    source[0] = re.sub(r"^% insert: (\w+)$", part, source[0], flags=re.MULTILINE)


def setup(app: Sphinx) -> None:
    """Register the event handler."""
    app.connect("source-read", insert_parts)
