"""The kata's command line: `python -m grader`, which `nox -s kata` runs."""

import argparse
import difflib
import io
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from grader import reference, report
from grader.catalogue import Bug, Catalogue, CatalogueError, Edit, load
from grader.grading import grade
from grader.project import project_files
from grader.runner import Pool

ROOT = Path(__file__).resolve().parents[1]
CANNOT_GRADE, INTERRUPTED = 2, 130
NO_HINT = "It is right: a test must accept it."


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
        if options.hint is not None:
            edit = named(options.hint, catalogue)
            print(edit.hint.strip() if isinstance(edit, Bug) else NO_HINT)
            return 0
        if options.show is not None:
            print(report.diff(root, named(options.show, catalogue)), end="")
            return 0
        if options.reference:
            return reference.main(catalogue, root, check=options.check, progress=progress)
        return grade_topics(options, catalogue, root)
    except CatalogueError as error:
        print(*error.args, sep="\n", file=sys.stderr)
    except (OSError, RuntimeError, RequestError) as error:
        print(error, file=sys.stderr)
    return CANNOT_GRADE


def named(name: str, catalogue: Catalogue) -> Edit:
    """Give the bug or the variant of this name; raises `RequestError` with the nearest ones."""
    edits = {edit.name: edit for edit in (*catalogue.bugs, *catalogue.variants)}
    if name not in edits:
        near = " or ".join(difflib.get_close_matches(name, edits))
        raise RequestError(f"There is no {name!r}{f'; did you mean {near}?' if near else '.'}")
    return edits[name]


def grade_topics(options: argparse.Namespace, catalogue: Catalogue, root: Path) -> int:
    """Grade one topic, or all of them."""
    if options.json:
        check_writable(options.json)
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


def check_writable(file: Path) -> None:
    """Raise `RequestError` where the grades cannot be written, or would replace something else."""
    if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
        raise RequestError(f"{file} is no file that can be written.")
    if file.is_file() and file.read_bytes().split()[:2] not in ([], [b"{", b'"version":']):
        raise RequestError(f"{file} has something else in it: name another file for the grades.")


def add_tests(path: Path, files: dict[str, bytes], root: Path) -> str:
    """Give where tests lie in a copy of the project; those from outside of it are added."""
    if not path.exists():
        raise RequestError(f"There is no {path}.")
    place = path.resolve()
    if place == root:
        raise RequestError("The whole project is no topic's tests: name a file or a folder.")
    known = {found for name in files for found in (root / name, *(root / name).parents)}
    if place.is_relative_to(root) and place in known:
        return place.relative_to(root).as_posix()
    added = project_files(path) if path.is_dir() else {path.name: path.read_bytes()}
    if not added:
        raise RequestError(f"There is no file in {path}.")
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
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What a test says may have letters that a terminal's or a pipe's encoding has not.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return main(arguments, root)
    except KeyboardInterrupt:
        progress("")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
