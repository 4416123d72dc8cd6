"""Generate the parts of the course book that come from other files, and check its translation.

docs/conf.py imports this module: a line `% insert: bugs` in a page is replaced with the result of
`bugs`. As a program, it prints each message of docs/_build/gettext that docs/locale does not
translate into Spanish, and exits with status 1 if there are any. With `--translate`, it stores
these messages in docs/locale instead.
"""

import ast
import difflib
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from grader import catalogue
from tools.pictures import DEVICES, SCREENS, THEMES, picture_file

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TEMPLATES = DOCS / "_build" / "gettext"
SPANISH = DOCS / "locale" / "es" / "LC_MESSAGES"
# The target of a question and its heading: "(how-cookie-expiry)=", "### Cookie that expires".
QUESTION = re.compile(r"^\((how-[\w-]+)\)=\n#+ (.+)$", re.MULTILINE)
# The code of the topics that are not one module of the same name.
CODE = {
    "blueprints": ["app/__init__.py", "app/sample_blueprint.py"],
    "testing": ["conftest.py", "tests/support/flask_testing_shim.py"],
    "deploy": [
        *("wsgi.py", "gserver.py", "Procfile"),
        *("deploy/gunicorn.conf.py", "deploy/uwsgi.ini", "deploy/nginx.conf"),
    ],
}
CAUGHT_BY = {
    "unit": "Caught by unit tests",
    "integration": "Missed by unit tests, caught by integration tests",
    "system": "Caught by system tests only",
}
# A message without words of its own, such as a file name or a link that takes the heading's text.
NO_WORDS = re.compile(r"\d+|[\w./-]+\.\w+|({\w+})?`[^`]+`|\[\]\([^)]+\)")

# A row of docs/bugs.md, and the parts of a cell in a generated page.
BUG = re.compile(r"^\| .+ `\w+` \| `(\w+)\.\w+` \| ([^|]+) \|$", re.MULTILINE)
CELL = re.compile(r"(?<=\| )(?:[^|\\\n]|\\.)+?(?= \|)")
LAYER = re.compile(r"(unit|integration|system)(?= \d)")
NO_WORDS_IN_CELL = re.compile(rf"{NO_WORDS.pattern}|\*[^*]+\*|({LAYER.pattern} \d+( · )?)+")
# Cells with a link: to a feature, to a topic, or to the tests, which the feature's section shows.
LINKS = {
    r"^`(\w+\.\w+)`$": r"[](#\1)",
    r"^\[\w+\]\((topics/\w+\.md)\)$": r"[](\1)",
    r"^\[(\d+)\]\(\.\./.+\)$": r"\1",
}

CATALOGUE = catalogue.load(ROOT)


def topics(page: str, language: str) -> str:
    """Return the table of contents: the pages of the topics, in the order of the course."""
    pages = [f"topics/{topic}" for topic in CATALOGUE.topics]
    found = [name for name in pages if (DOCS / f"{name}.md").exists()]
    return "\n".join(["```{toctree}", ":maxdepth: 1", *found, "```"])


def bugs(topic: str, language: str) -> str:
    """Return the planted bugs of a topic, by the lowest layer that catches them."""
    lines = []
    for layer, heading in CAUGHT_BY.items():
        reports = [
            bug_report(bug) for bug in CATALOGUE.bugs if (bug.topic, bug.layer) == (topic, layer)
        ]
        if reports:
            lines += [f"### {heading}", *reports]
    return "\n\n".join(lines)


def bug_report(bug: catalogue.Bug) -> str:
    """Return what a user notices, and folded away the feature and the edit."""
    text = (ROOT / bug.file).read_text("utf-8")
    before, after = (version.splitlines() for version in (text, bug.apply(text)))
    diff = difflib.unified_diff(before, after, bug.file, bug.file, lineterm="", n=2)
    edit = [line for line in diff if not line.startswith("@@")]
    title = f"::::{{dropdown}} {bug.story}"
    return "\n".join([title, f"[](#{bug.feature})", "```diff", *edit, "```", "::::"])


def picture(page: str, language: str) -> str:
    """Return the screenshots of a page: the theme and the width of the window select one or two."""
    lines = ["::::{container} pictures"]
    for device in DEVICES:
        text = SCREENS[page].text if device == "desk" else "The same page on a phone."
        for theme in THEMES:
            file = picture_file(page, device, theme)
            if not file.exists():
                return ""
            options = [f":alt: {text}", f":class: {device} only-{theme}"]
            lines += [f"```{{image}} /{file.relative_to(DOCS)}", *options, "```"]
    return "\n".join([*lines, "::::"])


def files(topic: str, language: str) -> str:
    """Return links to the code of a topic, its tests and its kata."""
    tests = [f"tests/{layer}/test_{topic}.py" for layer in CAUGHT_BY]
    tests = [path for path in tests if (ROOT / path).exists()]
    paths = [*code_of(topic), *tests, f"kata/test_{topic}.py"]
    return "\n".join(f"- {{download}}`{path} <../../{path}>`" for path in paths)


def code_of(topic: str) -> list[str]:
    """Return the names of the files with the code of a topic."""
    return CODE.get(topic, [f"app/{topic}.py"])


def questions(page: str, language: str) -> str:
    """Return links to the answers to "How do I test ...?" on all pages, in alphabetical order."""
    found = []
    for path in sorted(DOCS.glob("topics/*.md")):
        translated = translations(SPANISH / "topics" / f"{path.stem}.po")
        for target, heading in QUESTION.findall(path.read_text("utf-8")):
            title = translated.get(heading, heading) if language == "es" else heading
            found.append((sort_key(title), target))
    links = [f"- [](#{target})" for _, target in sorted(found)]
    return "\n".join(["::::{container} questions", *links, "::::"])


def layers(page: str, language: str) -> str:
    """Return the rows of a table: each layer's tests, and the bugs that it catches and misses.

    The numbers are those of docs/course.md and docs/bugs.md.
    """
    bugs = [caught_by for group in caught().values() for caught_by in group]
    course = (DOCS / "course.md").read_text("utf-8")
    rows = []
    for layer in CAUGHT_BY:
        tests = sum(map(int, re.findall(rf"\[(\d+)\]\(\.\./tests/{layer}/", course)))
        first = sum(caught_by[0] == layer for caught_by in bugs)
        total = sum(layer in caught_by for caught_by in bugs)
        numbers = [tests, first, total, len(bugs) - total]
        rows.append(f"| {layer} | {' | '.join(map(str, numbers))} |")
    return "\n".join(rows)


def chart(page: str, language: str) -> str:
    """Return a picture for each topic: a row for each layer, a square for each bug."""
    known = all_translations() if language == "es" else {}
    names = [known.get(layer, layer) for layer in CAUGHT_BY]
    lines = ["```{raw} html", '<div class="charts">']
    bugs_by_topic = caught()
    for topic in CATALOGUE.topics:
        bugs = sorted(bugs_by_topic[topic], key=pattern)
        heading = (DOCS / "topics" / f"{topic}.md").read_text("utf-8").partition("\n")[0][2:]
        title = known.get(heading, heading)
        totals = [sum(layer in caught_by for caught_by in bugs) for layer in CAUGHT_BY]
        numbers = ", ".join(f"{name} {total}" for name, total in zip(names, totals, strict=True))
        width = 74 + 7 * len(bugs)
        label = f"{title}: {numbers} / {len(bugs)}"
        lines += [
            f'<figure><figcaption><a href="topics/{topic}.html">{title}</a></figcaption>',
            f'<svg role="img" aria-label="{label}" viewBox="0 0 {width} 40" width="{width}">',
            *squares(bugs, names),
            "</svg></figure>",
        ]
    return "\n".join([*lines, "</div>", "```"])


def squares(bugs: Sequence[Sequence[str]], names: Sequence[str]) -> Iterator[str]:
    """Yield the elements of the SVG: the names of the layers, and a square for each bug and layer.

    A square is full if the layer catches the bug first, and pale if it catches it as well.
    """
    for row, (layer, name) in enumerate(zip(CAUGHT_BY, names, strict=True)):
        yield f'<text x="0" y="{9 + 14 * row}">{name}</text>'
        for column, caught_by in enumerate(bugs):
            kind = "misses" if layer not in caught_by else "also"
            kind = "first" if layer == caught_by[0] else kind
            x, y = 74.5 + 7 * column, 2.5 + 14 * row
            yield f'<rect class="{kind}" x="{x}" y="{y}" width="5" height="7"/>'


def pattern(caught_by: Sequence[str]) -> list[bool]:
    """Return a sort key: bugs that the same layers catch are beside each other."""
    return [layer not in caught_by for layer in CAUGHT_BY]


def caught() -> dict[str, list[list[str]]]:
    """Return the layers that catch each bug of docs/bugs.md, the first one first, by topic."""
    found: dict[str, list[list[str]]] = {}
    for topic, layers in BUG.findall((DOCS / "bugs.md").read_text("utf-8")):
        found.setdefault(topic, []).append(re.findall(r"[a-z]+", layers))
    assert found, "docs/bugs.md has no row of this form any more."
    return found


def adapt_tables(text: str, language: str, *, for_translators: bool = False) -> str:
    """Return a page of the repository, docs/bugs.md or docs/course.md, as a page of the book.

    Links lead to pages of the book. Bug reports have the translation of their topic's page. For
    translators, the cells without words of their own and the bug reports are empty.
    """
    stories = {bug.name: bug.story for bug in CATALOGUE.bugs}
    known = all_translations() if language == "es" else {}

    def adapt(match: re.Match[str]) -> str:
        cell = match[0]
        name = cell.rpartition(" `")[2].rstrip("`")
        if story := stories.get(name):
            return "" if for_translators else f"{known.get(story, story)} `{name}`"
        for link, link_in_book in LINKS.items():
            cell = re.sub(link, link_in_book, cell)
        if for_translators:
            return "" if NO_WORDS_IN_CELL.fullmatch(cell) else cell
        return known.get(cell) or LAYER.sub(lambda layer: known.get(layer[0], layer[0]), cell)

    return CELL.sub(adapt, text)


def helpers(page: str, language: str) -> str:
    """Return the purpose of each fixture, function and class that several tests use, by file."""
    folders = ["tests/support/*.py", "tests/support/plugins/*.py"]
    folders += ["tests/unit/cases.py", "tests/system/*.py"]
    paths = [
        ROOT / "conftest.py",
        *(path for folder in folders for path in sorted(ROOT.glob(folder))),
    ]
    parts = []
    for path in paths:
        module = ast.parse(path.read_text("utf-8"))
        members = [node for node in module.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        documented = [
            f"- `{node.name}`: {purpose(node)}"
            for node in members
            if purpose(node) and not node.name.startswith("pytest_")
        ]
        if documented and not path.name.startswith("test_"):
            parts += [f"{download(path)}: {purpose(module)}", "\n".join(documented)]
    return "\n\n".join(parts)


def other_tests(page: str, language: str) -> str:
    """Return the purpose of each test file that does not belong to one topic."""
    paths = [
        path for path in ROOT.glob("tests/*/test_*.py") if path.stem[5:] not in CATALOGUE.topics
    ]
    return "\n".join(
        f"- {download(path)}: {purpose(ast.parse(path.read_text('utf-8')))}"
        for path in sorted(paths)
    )


def purpose(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> str:
    """Return the first line of a docstring."""
    return (ast.get_docstring(node) or "").partition("\n")[0]


def download(path: Path) -> str:
    """Return a link to a file, for the pages that are in docs/ itself."""
    name = path.relative_to(ROOT).as_posix()
    return f"{{download}}`{name} <../{name}>`"


def commit() -> str:
    """Return the short hash of the commit that is checked out; without Git, an empty string."""
    if not (ROOT / ".git").exists():
        return ""
    try:
        result = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - a user may have another one
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        # There is no Git on this machine.
        return ""
    return result.stdout.strip()


def sort_key(heading: str) -> str:
    """Return the letters of a heading without accents and Markdown, in lower case."""
    letters = unicodedata.normalize("NFKD", heading.casefold())
    return re.sub(r"[^\w ]", "", letters)


def read_messages(path: Path) -> Catalog:
    """Return the messages of a catalogue, which is empty if there is no such file."""
    if not path.exists():
        return Catalog(locale="es", project="Flask testing kata", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file)


def translations(path: Path) -> dict[str, str]:
    """Return the Spanish messages of a catalogue, without the fuzzy ones, by English message."""
    return {
        str(message.id): str(message.string) for message in read_messages(path) if not message.fuzzy
    }


def all_translations() -> dict[str, str]:
    """Return the Spanish messages of all catalogues."""
    known: dict[str, str] = {}
    for path in SPANISH.rglob("*.po"):
        known |= {english: text for english, text in translations(path).items() if text}
    return known


def catalogues() -> Iterator[tuple[Path, Catalog]]:
    """Yield each catalogue of English messages, with the path of its translation."""
    for path in sorted(TEMPLATES.rglob("*.pot")):
        yield SPANISH / path.relative_to(TEMPLATES).with_suffix(".po"), read_messages(path)


def update_translations() -> None:
    """Store new messages in the Spanish catalogues, and remove those that no page has any more.

    A message that is translated on another page gets the same translation.
    """
    known = all_translations()
    for path, template in catalogues():
        translated = read_messages(path)
        translated.update(template, no_fuzzy_matching=True)
        translated.obsolete.clear()
        for message in translated:
            if message.id and not message.string:
                english = str(message.id)
                same = NO_WORDS.fullmatch(english)
                message.string = english if same else known.get(english, "")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, translated, width=100, omit_header=True)


def untranslated() -> list[str]:
    """Return a line for each message that has no Spanish translation, or a fuzzy one."""
    missing = []
    for path, template in catalogues():
        translated = translations(path)
        messages = [str(message.id) for message in template if message.id]
        missing += [
            f"{path.relative_to(ROOT)}: {message}"
            for message in messages
            if not translated.get(message) and not NO_WORDS.fullmatch(message)
        ]
    return missing


if __name__ == "__main__":
    if sys.argv[1:] == ["--translate"]:
        update_translations()
    else:
        sys.exit("\n".join(untranslated()) or None)
