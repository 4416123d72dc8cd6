"""The kata's command line: `python -m kata`, which `nox -s kata` runs."""

import argparse
import difflib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from kata import reference, report
from kata.catalogue import Bug, Catalogue, CatalogueError, load
from kata.grader import grade
from kata.runner import Pool, project_files

ROOT = Path(__file__).resolve().parents[1]
CANNOT_GRADE, INTERRUPTED = 2, 130


class RequestError(Exception):
    """What the command line asks for cannot be done: the message says why."""


def read_arguments(arguments: Sequence[str], topics: Sequence[str]) -> argparse.Namespace:
    """Read the command line; exits with status 2 and a clear line where it is wrong."""
    parser = argparse.ArgumentParser(
        prog="nox -s kata --", description="Grade tests by the planted bugs that they catch."
    )
    parser.add_argument("topic", nargs="?", choices=topics, help="all of them if none is named")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--hint", metavar="NAME", help="say where to look for a bug")
    what.add_argument("--show", metavar="NAME", help="show a bug or a variant as a diff")
    what.add_argument("--reference", action="store_true", help="grade the project's own tests")
    parser.add_argument("--check", action="store_true", help="fail if --reference would write")
    parser.add_argument("--tests", type=Path, metavar="PATH", help="a topic's tests elsewhere")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the grades there, too")
    options = parser.parse_args(arguments)
    if options.reference and (options.topic or options.tests or options.json):
        parser.error("--reference grades every topic: it takes no topic, no --tests and no --json")
    if options.tests and not options.topic:
        parser.error("--tests needs a topic")
    if options.check and not options.reference:
        parser.error("--check needs --reference")
    return options


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Do what the command line asks for, and give the exit status."""
    try:
        catalogue = load(root)
        options = read_arguments(arguments, catalogue.topics)
        if options.hint or options.show:
            return explain(options, catalogue, root)
        if options.reference:
            return reference.main(catalogue, root, check=options.check, progress=progress)
        return grade_topics(options, catalogue, root)
    except CatalogueError as error:
        print(*error.args, sep="\n", file=sys.stderr)
    except (OSError, RuntimeError, RequestError) as error:
        print(error, file=sys.stderr)
    return CANNOT_GRADE


def explain(options: argparse.Namespace, catalogue: Catalogue, root: Path) -> int:
    """Print the hint for a bug, or show what an edit does."""
    edits = {edit.name: edit for edit in (*catalogue.bugs, *catalogue.variants)}
    name = options.hint or options.show
    if name not in edits:
        near = " or ".join(difflib.get_close_matches(name, edits))
        raise RequestError(f"There is no {name!r}{f'; did you mean {near}?' if near else '.'}")
    edit = edits[name]
    if options.show:
        print(report.diff(root, edit), end="")
    else:
        print(edit.hint.strip() if isinstance(edit, Bug) else "It is right: a test must accept it.")
    return 0


def grade_topics(options: argparse.Namespace, catalogue: Catalogue, root: Path) -> int:
    """Grade one topic, or all of them."""
    files = project_files(root)
    tests = {topic: [f"kata/test_{topic}.py"] for topic in catalogue.topics}
    if options.tests:
        tests[options.topic] = [add_tests(options.tests, files, root)]
    topics = [options.topic] if options.topic else catalogue.topics
    with Pool(files) as pool:
        grades = [grade(pool, t, tests[t], catalogue, progress=progress) for t in topics]
    progress("")
    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    lines = report.details(grades[0], colours=colours) if options.topic else ()
    print(*lines or report.scoreboard(grades, colours=colours), sep="\n")
    if options.json:
        options.json.write_text(report.as_json(grades), "utf-8")
    return max(grade.status for grade in grades)


def add_tests(path: Path, files: dict[str, bytes], root: Path) -> str:
    """Give where tests lie in a copy of the project; those from outside of it are added."""
    if not path.exists():
        raise RequestError(f"There is no {path}.")
    path = path.resolve()
    if path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    added = project_files(path) if path.is_dir() else {path.name: path.read_bytes()}
    files.update({f"kata/submitted/{name}": data for name, data in added.items()})
    return "kata/submitted" if path.is_dir() else f"kata/submitted/{path.name}"


def progress(said: str) -> None:
    """Show how far it is, in one line, to whoever looks at a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{said}", end="", file=sys.stderr, flush=True)


def interrupt(*_: object) -> None:
    """Stop once: another signal must not keep what is left from being cleared away."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def run(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Do the same as a program does: SIGINT and SIGTERM end it, and leave nothing behind."""
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        return main(arguments, root)
    except KeyboardInterrupt:
        progress("")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
