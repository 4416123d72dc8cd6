"""Load the planted bugs and the variants from TOML, and check them before anything is graded."""

import ast
import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, fields
from functools import cache, reduce
from pathlib import Path
from typing import Any, TypeVar

from grader.project import Files, project_files, text_of

LAYERS = ("unit", "integration", "system")
FEATURES, TOPICS = "docs/features.toml", "kata/topics.toml"


@dataclass(frozen=True)
class Edit:
    """An edit of one file: `old`, which is in `file` exactly once, becomes `new`."""

    name: str
    topic: str
    file: str
    old: str
    new: str

    def apply(self, text: str) -> str:
        """Return the text of the file after the edit."""
        return text.replace(self.old, self.new)

    def lines(self, text: str) -> range:
        """Return the numbers of the lines that the edit changes."""
        first = text[: text.index(self.old)].count("\n") + 1
        return range(first, first + self.old.count("\n") + 1)


def apply_all(edits: Iterable[Edit], text: str) -> str:
    """Return the text of a file after several edits of it."""
    return reduce(lambda before, edit: edit.apply(before), edits, text)


def combine(files: Files, edits: Iterable[Edit]) -> list[list[Edit]]:
    """Return groups of edits that can be applied together.

    Tests pass on most edits, so they run once for a group and not once for each edit.
    """
    groups: list[list[Edit]] = []
    for edit in edits:
        healthy = text_of(files[edit.file])
        for group in groups:
            text = apply_all([other for other in group if other.file == edit.file], healthy)
            if text.count(edit.old) == 1:
                group.append(edit)
                break
        else:
            groups.append([edit])
    return groups


@dataclass(frozen=True)
class Bug(Edit):
    """A mutant of the application: it breaks `feature`, and `layer` is the lowest to catch it."""

    feature: str
    layer: str
    story: str
    hint: str


@dataclass(frozen=True)
class Variant(Edit):
    """A correct rewrite of the application, and `why` it is correct: an equivalent mutant."""

    why: str


@dataclass(frozen=True)
class Catalogue:
    """All bugs and variants; the topics are in the recommended order, with their difficulty."""

    topics: dict[str, str]
    bugs: list[Bug]
    variants: list[Variant]

    def edits(self, topic: str) -> list[Edit]:
        """Return the variants and the bugs of a topic."""
        return [edit for edit in (*self.variants, *self.bugs) if edit.topic == topic]


class CatalogueError(Exception):
    """The catalogue is wrong: each line of the message names a problem."""


T = TypeVar("T", Bug, Variant)


def load(root: Path, private: Path | None = None, topics: Collection[str] = ()) -> Catalogue:
    """Return the catalogue of a project, with the private bugs of another folder.

    Only the edits of `topics` are checked; without topics, all. Raises `CatalogueError` with every
    problem.
    """
    rows, difficulties = load_tables(root / FEATURES, FEATURES), load_tables(root / TOPICS, TOPICS)
    features = {f"{topic}.{name}" for topic, named in rows.items() for name in named}
    problems: list[str] = []
    files = project_files(root)

    def check(edit: Edit) -> Iterable[str]:
        return edit_problems(files, edit) if not topics or edit.topic in topics else ()

    bugs = load_folder(root / "kata" / "bugs", Bug, features, check, problems)
    if private:
        bugs += load_folder(private.resolve(), Bug, features, check, problems)
        if not any(private.glob("*.toml")):
            problems.append(f"{private} has no file TOPIC.toml with bugs.")
    variants = load_folder(root / "kata" / "variants", Variant, features, check, problems)
    names = Counter(edit.name for edit in (*bugs, *variants))
    problems += [f"{name}: {n} entries have this name." for name, n in names.items() if n > 1]
    in_use = {bug.topic for bug in bugs}
    problems += [f"{TOPICS}: {topic} is missing." for topic in sorted(in_use - difficulties.keys())]
    if problems:
        raise CatalogueError("\n".join(problems))
    topics_in_use = {topic: difficulties[topic] for topic in difficulties if topic in in_use}
    bugs.sort(key=lambda bug: [*topics_in_use].index(bug.topic))
    return Catalogue(topics_in_use, bugs, variants)


def load_tables(path: Path, name: str) -> dict[str, Any]:
    """Return the tables of a TOML file. Raises `CatalogueError` with its name if it is invalid."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{name}: {error}") from error


def load_folder(
    folder: Path,
    kind: type[T],
    features: set[str],
    check: Callable[[Edit], Iterable[str]],
    problems: list[str],
) -> list[T]:
    """Return the bugs or variants in the files TOPIC.toml of a folder, and add the problems."""
    entries = []
    for path in sorted(folder.glob("*.toml")):
        file, topic = f"{folder.parent.name}/{folder.name}/{path.name}", path.stem
        if not any(feature.startswith(f"{topic}.") for feature in features):
            problems.append(f"{file}: {FEATURES} has no topic {topic!r}.")
        for name, table in load_tables(path, file).items():
            found = list(field_problems(kind, table, topic, features))
            if not found:
                entry = kind(name=name, topic=topic, **table)
                entries.append(entry)
                found = list(check(entry))
            problems += [f"{file}: {name}: {problem}" for problem in found]
    return entries


def field_problems(kind: type[Edit], table: Any, topic: str, features: set[str]) -> Iterator[str]:
    """Yield the problems of an entry's fields."""
    wanted = {field.name for field in fields(kind)} - {"name", "topic"}
    given = table if isinstance(table, dict) else {}
    if missing := sorted(wanted - given.keys()):
        yield f"missing: {', '.join(missing)}."
    if unknown := sorted(given.keys() - wanted):
        yield f"unknown: {', '.join(unknown)}."
    if not_text := sorted(name for name, value in given.items() if not isinstance(value, str)):
        yield f"not a string: {', '.join(not_text)}."
    if "layer" in given and given["layer"] not in LAYERS:
        yield f"layer must be one of {', '.join(LAYERS)}, not {given['layer']!r}."
    if "feature" in given and given["feature"] not in features:
        yield f"{FEATURES} has no row {given['feature']!r}."
    elif "feature" in given and not given["feature"].startswith(f"{topic}."):
        yield f"feature {given['feature']!r} belongs to another topic."


def edit_problems(files: Files, edit: Edit) -> Iterator[str]:
    """Yield why the edit is impossible or changes nothing."""
    if edit.file not in files:
        yield f"the project has no file {edit.file!r}."
        return
    try:
        text = text_of(files[edit.file])
        if (found := text.count(edit.old)) != 1:
            yield f"the old text must be in {edit.file} once, and is there {found} times."
        elif code_of(edit.file, text) == code_of(edit.file, edit.apply(text)):
            yield "the edit changes nothing but white space or comments."
    except UnicodeDecodeError:
        yield f"{edit.file} is not a text file."
    except SyntaxError as error:
        yield f"the edit makes invalid Python: {error.msg}, line {error.lineno}."


@cache
def code_of(file: str, text: str) -> object:
    """Return Python without white space and comments, and other text as the words of its lines."""
    if file.endswith(".py"):
        return ast.dump(ast.parse(text))
    return [words for line in text.splitlines() if (words := line.split())]
