"""Generate the parts of the course book that come from other files, and check its translation.

docs/conf.py imports this module: a line `% insert: bugs` in a page is replaced with the result of
`bugs`. As a program, it prints each message of docs/_build/gettext that docs/locale does not
translate into Spanish, and exits with status 1 if there are any. With `--translate`, it stores
these messages in docs/locale instead.
"""

import difflib
import re
import sys
import unicodedata
from collections.abc import Iterator
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
CAUGHT_BY = {
    "unit": "Caught by unit tests",
    "integration": "Missed by unit tests, caught by integration tests",
    "system": "Caught by system tests only",
}
# A message without words of its own, such as a file name or a link that takes the heading's text.
NO_WORDS = re.compile(r"[\w./-]+\.\w+|({\w+})?`[^`]+`|\[\]\([^)]+\)")

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
    paths = [f"tests/{layer}/test_{topic}.py" for layer in CAUGHT_BY]
    paths = [f"app/{topic}.py", *paths, f"kata/test_{topic}.py"]
    links = [f"- {{download}}`{path} <../../{path}>`" for path in paths if (ROOT / path).exists()]
    return "\n".join(links)


def questions(page: str, language: str) -> str:
    """Return links to the answers to "How do I test ...?" on all pages, in alphabetical order."""
    found = []
    for path in sorted(DOCS.glob("topics/*.md")):
        translated = translations(SPANISH / "topics" / f"{path.stem}.po")
        for target, heading in QUESTION.findall(path.read_text("utf-8")):
            title = translated.get(heading, heading) if language == "es" else heading
            found.append((sort_key(title), target))
    return "\n".join(f"- [](#{target})" for _, target in sorted(found))


def layers(page: str, language: str) -> str:
    """Return the rows of a table: how many bugs of docs/bugs.md each layer catches and misses."""
    text = (DOCS / "bugs.md").read_text("utf-8")
    counts = re.findall(r"\| (\w+) \| *(\d*) \| *(\d*) \| *(\d*) \|$", text, re.MULTILINE)
    assert counts, "docs/bugs.md has no row of this form any more."
    rows = []
    for column, layer in enumerate(CAUGHT_BY, start=1):
        first = sum(row[0] == layer for row in counts)
        caught = sum(row[column] not in {"", "0"} for row in counts)
        rows.append(f"| `tests/{layer}` | `{first}` | `{caught}` | `{len(counts) - caught}` |")
    return "\n".join(rows)


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


def catalogues() -> Iterator[tuple[Path, Catalog]]:
    """Yield each catalogue of English messages, with the path of its translation."""
    for path in sorted(TEMPLATES.rglob("*.pot")):
        yield SPANISH / path.relative_to(TEMPLATES).with_suffix(".po"), read_messages(path)


def update_translations() -> None:
    """Store new messages in the Spanish catalogues, and remove those that no page has any more.

    A message that is translated on another page gets the same translation.
    """
    known: dict[str, str] = {}
    for path in SPANISH.rglob("*.po"):
        known |= {english: text for english, text in translations(path).items() if text}
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
