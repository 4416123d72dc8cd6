"""Links inside the book: no page, anchor or download is missing, and every test is linked."""

import re
import tomllib
from posixpath import dirname, join, normpath

import pytest

from tests.book.built import HTML, PAGES, ROOT, anchors, links, parse
from tools.book import code_of, commit

pytestmark = pytest.mark.usefixtures("book")

FEATURES = tomllib.loads((ROOT / "docs" / "features.toml").read_text("utf-8"))
# A topic is a table of features.toml.
CODE = [name for topic in FEATURES for name in code_of(topic)]
SOURCES = [*(ROOT / name for name in CODE), *sorted(ROOT.glob("tests/*/test_*.py"))]
COMMIT = commit()
HELPERS = [
    ROOT / "conftest.py",
    *ROOT.glob("tests/support/**/*.py"),
    *ROOT.glob("tests/system/[!t]*.py"),
]
HELPER = re.compile(r"^@pytest\.fixture.*\ndef (\w+)|^class (\w+Page)\(", re.MULTILINE)


def is_dead(path: str, anchor: str) -> bool:
    """Return True if the book has no such file, or if this page has no such anchor."""
    if path.startswith("../") or not (HTML / path).is_file():
        return True
    return bool(anchor) and path.endswith(".html") and anchor not in anchors(path)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_an_existing_file_and_anchor(page):
    dead = [f"{path}#{anchor}" for path, anchor in links(page) if is_dead(path, anchor)]

    assert dead == []


@pytest.mark.parametrize("front_page", ["index.html", "es/index.html"])
def test_all_pages_can_be_reached_from_the_front_page(front_page):
    reached = set()
    found = {front_page}
    while found - reached:
        page = min(found - reached)
        reached.add(page)
        found |= {path for path, _ in links(page) if path in PAGES}

    assert reached == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_language_switch_leads_to_the_same_page(page):
    [switch] = parse(page).cssselect(".language a")

    path = normpath(join(dirname(page), switch.get("href")))

    assert path == (page.removeprefix("es/") if page.startswith("es/") else f"es/{page}")


@pytest.mark.parametrize("language", ["", "es/"])
@pytest.mark.parametrize(
    "feature", [f"{topic}.{name}" for topic, rows in FEATURES.items() for name in rows]
)
def test_feature_has_a_section_on_the_page_of_its_topic(feature, language):
    topic, name = feature.split(".")

    assert f"{topic}-{name.replace('_', '-')}" in anchors(f"{language}topics/{topic}.html")


@pytest.mark.parametrize("language", ["", "es/"])
def test_code_of_topics_and_all_tests_can_be_downloaded(language):
    pages = [page for page in PAGES if page.startswith("es/") == bool(language)]
    downloads = {path for page in pages for path, _ in links(page) if "_downloads/" in path}
    texts = {(HTML / path).read_bytes() for path in downloads}

    missing = [path for path in SOURCES if path.read_bytes() not in texts]
    assert [str(path.relative_to(ROOT)) for path in missing] == []


@pytest.mark.parametrize("language", ["", "es/"])
def test_list_of_helpers_names_every_fixture_and_page_object(language):
    found = [HELPER.findall(file.read_text("utf-8")) for file in HELPERS]
    names = {fixture or page for matches in found for fixture, page in matches}

    listed = parse(f"{language}how.html").xpath("//li//code/span/text()")

    assert names
    assert names - {*listed} == set()


@pytest.mark.parametrize("page", PAGES)
def test_footer_names_the_commit_if_there_is_one(page):
    commits = parse(page).xpath("//footer/*[@class='commit']/code/text()")

    assert commits == [name for name in [COMMIT] if name]
