"""The links from the code of the application to the coverage report."""

import os
from pathlib import Path

import pytest
from lxml import html
from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
CODE = ROOT / "app" / "cookies.py"
REPORT = "<html><title>Coverage for {}: 100%</title></html>"
PAGE = """
Page
====

.. literalinclude:: {}
   :pyobject: {}
   :caption: A function of the blog
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The folder of a book that is to be built, with a coverage report."""
    report = tmp_path / "html" / "_coverage"
    report.mkdir(parents=True)
    (report / "z_1_cookies_py.html").write_text(REPORT.format("app/cookies.py"))
    return tmp_path / "html"


def links(
    site: Path, page: str, language: str = "en", code: Path = CODE, name: str = "init_app"
) -> list[str]:
    """Return the links to the coverage report on a page that shows a function of the blog."""
    source = site / ".." / "source" / f"{page}.rst"
    source.parent.mkdir(parents=True)
    source.write_text(PAGE.format(os.path.relpath(code, source.parent), name))
    output = site if language == "en" else site / language
    book = Sphinx(
        srcdir=site / ".." / "source",
        confdir=None,
        outdir=output,
        doctreedir=site / ".." / "doctrees",
        buildername="html",
        confoverrides={
            "extensions": ["tools.coverage_links"],
            "language": language,
            "master_doc": page,
        },
        status=None,
        warningiserror=True,
    )
    book.build()
    shown = html.fromstring((output / f"{page}.html").read_bytes())
    return [link for link in shown.xpath("//@href") if "_coverage" in link]


class TestLinks:
    def test_code_links_to_its_first_line_in_the_report(self, site):
        line = CODE.read_text("utf-8").splitlines().index("def init_app(app: Flask) -> None:") + 1

        assert links(site, "index") == [f"_coverage/z_1_cookies_py.html#t{line}"]

    def test_link_leads_past_earlier_code_with_the_same_first_line(self, site, tmp_path):
        code = tmp_path / "code.py"
        code.write_text("@cache\ndef first(): ...\n\n@cache\ndef second(): ...\n")
        (site / "_coverage" / "z_2_code_py.html").write_text(REPORT.format(code))

        assert links(site, "index", code=code, name="second") == ["_coverage/z_2_code_py.html#t4"]

    def test_link_of_a_spanish_topic_leads_to_the_same_report(self, site):
        [link] = links(site, "topics/cookies", language="es")

        assert link.startswith("../../_coverage/z_1_cookies_py.html#t")

    def test_code_has_no_link_without_a_report(self, site):
        (site / "_coverage" / "z_1_cookies_py.html").unlink()

        assert links(site, "index") == []
