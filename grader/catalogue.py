"""The planted bugs and the variants, read from TOML and checked before anything is graded."""

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from grader.project import Files, project_files, text_of

LAYERS = ("unit", "integration", "system")
FEATURES = "docs/features.toml"
COMMENTS = {".conf": "#", ".ini": ";", ".js": "//", "": "#"}  # the Procfile has no ending


@dataclass(frozen=True)
class Edit:
    """One edit of one file: `old`, which stands in `file` exactly once, becomes `new`."""

    name: str
    topic: str
    file: str
    old: str
    new: str

    def apply(self, text: str) -> str:
        """Give the text of the file after the edit."""
        return text.replace(self.old, self.new)


@dataclass(frozen=True)
class Bug(Edit):
    """An edit that breaks `feature`, a row of docs/features.toml; `layer` is the first to see."""

    feature: str
    layer: str
    story: str
    hint: str


@dataclass(frozen=True)
class Variant(Edit):
    """An edit after which the application is still right, and `why` it is."""

    why: str


@dataclass(frozen=True)
class Catalogue:
    """All bugs and variants; the topics stand in the order of docs/features.toml."""

    topics: list[str]
    bugs: list[Bug]
    variants: list[Variant]


class CatalogueError(Exception):
    """What is wrong with the catalogue: its arguments are the lines, each with a name."""


T = TypeVar("T", Bug, Variant)


def load(root: Path) -> Catalogue:
    """Read the catalogue of the project at `root`; raises `CatalogueError` with all problems."""
    try:
        rows = tomllib.loads((root / FEATURES).read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{FEATURES}: {error}") from error
    files = project_files(root)
    features = {f"{topic}.{name}" for topic, named in rows.items() for name in named}
    problems: list[str] = []
    bugs = read(root / "kata" / "bugs", Bug, files, features, problems)
    variants = read(root / "kata" / "variants", Variant, files, features, problems)
    names = Counter(edit.name for edit in (*bugs, *variants))
    problems += [f"{name}: the name is there {n} times." for name, n in names.items() if n > 1]
    if problems:
        raise CatalogueError(*problems)
    return Catalogue([t for t in rows if any(bug.topic == t for bug in bugs)], bugs, variants)


def read(
    folder: Path, kind: type[T], files: Files, features: set[str], problems: list[str]
) -> list[T]:
    """Give the entries of a folder, each of whose files has the name of a topic."""
    entries = []
    for path in sorted(folder.glob("*.toml")):
        where, topic = f"kata/{folder.name}/{path.name}", path.stem
        if not any(feature.startswith(f"{topic}.") for feature in features):
            problems.append(f"{where}: docs/features.toml has no topic {topic!r}.")
        try:
            tables = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            problems.append(f"{where}: {error}")
            continue
        for name, table in tables.items():
            found = list(problems_of_the_fields(kind, table, topic, features))
            if not found:
                entry = kind(name=name, topic=topic, **table)
                entries.append(entry)
                found = list(problems_of_the_edit(files, entry))
            problems += [f"{where}: {name}: {problem}" for problem in found]
    return entries


def problems_of_the_fields(
    kind: type[Edit], table: Any, topic: str, features: set[str]
) -> Iterator[str]:
    """Say which fields of an entry are missing or wrong."""
    wanted = [field.name for field in fields(kind) if field.name not in {"name", "topic"}]
    given = table if isinstance(table, dict) else {}
    if missing := [name for name in wanted if name not in given]:
        yield f"it lacks {', '.join(missing)}."
    if unknown := [name for name in given if name not in wanted]:
        yield f"it has no use for {', '.join(unknown)}."
    if no_text := [name for name, value in given.items() if not isinstance(value, str)]:
        yield f"{', '.join(no_text)} must be text."
    if "layer" in given and given["layer"] not in LAYERS:
        yield f"its layer {given['layer']!r} is none of {', '.join(LAYERS)}."
    if "feature" in given and given["feature"] not in features:
        yield f"docs/features.toml has no row {given['feature']!r}."
    elif "feature" in given and not given["feature"].startswith(f"{topic}."):
        yield f"its feature {given['feature']!r} is of another topic."


def problems_of_the_edit(files: Files, edit: Edit) -> Iterator[str]:
    """Say why the edit cannot be made, or would change nothing."""
    if edit.file not in files:
        yield f"there is no file {edit.file!r} in the project."
        return
    try:
        text = text_of(files[edit.file])
        before = what_runs(edit.file, text)
    except UnicodeDecodeError:
        yield f"{edit.file} is no text."
        return
    except SyntaxError as error:
        yield f"{edit.file} is no valid Python, before any edit: {error.msg}, line {error.lineno}."
        return
    found = text.count(edit.old) if edit.old else 0
    if found != 1:
        yield f"its old text stands in {edit.file} {found} times, and must stand there once."
        return
    try:
        if before == what_runs(edit.file, edit.apply(text)):
            yield "its edit changes nothing that runs."
    except SyntaxError as error:
        yield f"its edit leaves no valid Python: {error.msg}, line {error.lineno}."


@cache
def what_runs(file: str, text: str) -> str:
    """Give what is left of a file without what makes no difference to it."""
    kind = Path(file).suffix
    if kind == ".py":
        return ast.dump(ast.parse(text))
    if kind == ".html":
        return " ".join(re.sub(r"(?s){#.*?#}", "", text).split())
    lines = (" ".join(line.split()) for line in text.splitlines())
    comment = COMMENTS.get(kind, "\n")
    return "\n".join(line for line in lines if line and not line.startswith(comment))
