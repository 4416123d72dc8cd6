"""The command line of the kata: `python -m grader`, which `nox -s kata` runs."""

import argparse
import difflib
import io
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from grader import advice, history, reference, report
from grader.catalogue import Bug, Catalogue, CatalogueError, Edit, load
from grader.grading import Grade, grade
from grader.pool import Pool
from grader.project import SUBMITTED, project_files

ROOT = Path(__file__).resolve().parents[1]
LOW_GRADE, NO_GRADE, INTERRUPTED = 1, 2, 130


class RequestError(Exception):
    """The command line asks for something that cannot be done; the message says why."""


def parse(arguments: Sequence[str], topics: Sequence[str]) -> argparse.Namespace:
    """Parse the command line, or exit with status 2 and a message."""
    parser = argparse.ArgumentParser(
        prog="nox -s kata --", description="Grade tests by the planted bugs that they catch."
    )
    parser.add_argument("topic", nargs="?", choices=topics, help="default: every topic")
    command = parser.add_mutually_exclusive_group()
    command.add_argument("--hint", metavar="NAME", help="print where to look for a bug")
    command.add_argument("--show", metavar="NAME", help="print a bug or a variant as a diff")
    command.add_argument("--reference", action="store_true", help="grade the project's own tests")
    command.add_argument("--missed", action="store_true", help="grade bugs that you missed again")
    command.add_argument("--only", nargs="+", metavar="NAME", help="grade only these bugs")
    parser.add_argument("--check", action="store_true", help="with --reference: write nothing")
    parser.add_argument("--tests", type=Path, metavar="PATH", help="grade this file or folder")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the grades to this file")
    options = parser.parse_args(arguments)
    if options.reference and (options.topic or options.tests or options.json):
        parser.error("--reference grades every topic: use it without a topic, --tests and --json")
    if options.tests and not options.topic:
        parser.error("--tests needs a topic")
    if options.check and not options.reference:
        parser.error("--check needs --reference")
    return options


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Run a command and return the exit status."""
    try:
        catalogue = load(root)
        options = parse(arguments, [*catalogue.topics])
        if options.hint is not None:
            edit = find(options.hint, catalogue)
            print(edit.hint.strip() if isinstance(edit, Bug) else "A variant: tests accept it.")
        elif options.show is not None:
            print(report.diff(root, find(options.show, catalogue)), end="")
        elif options.reference:
            return reference.main(catalogue, root, check=options.check, progress=progress)
        else:
            return grade_topics(options, catalogue, root)
    except CatalogueError as error:
        print(*error.args, sep="\n", file=sys.stderr)
        return NO_GRADE
    except (OSError, RuntimeError, RequestError) as error:
        print(error, file=sys.stderr)
        return NO_GRADE
    return 0


def find(name: str, catalogue: Catalogue) -> Edit:
    """Return the bug or the variant with this name. Raises `RequestError` with similar names."""
    edits = {edit.name: edit for edit in (*catalogue.bugs, *catalogue.variants)}
    if name not in edits:
        similar = " or ".join(difflib.get_close_matches(name, edits))
        question = f" Did you mean {similar}?" if similar else ""
        raise RequestError(f"No bug or variant is named {name!r}.{question}")
    return edits[name]


def grade_topics(options: argparse.Namespace, catalogue: Catalogue, root: Path) -> int:
    """Grade one topic or all of them, print the grades and return the exit status."""
    if options.json:
        check_writable(options.json)
    for name in options.only or ():
        find(name, catalogue)
    files = project_files(root)
    tests = {topic: f"kata/test_{topic}.py" for topic in catalogue.topics}
    if options.tests:
        tests[options.topic] = add_tests(options.tests, files, root)
    topics = [options.topic] if options.topic else [*catalogue.topics]
    with Pool(files) as pool:
        graded = [grade_topic(pool, tests[t], catalogue.edits(t), options, root) for t in topics]
    progress("")
    grades = [grade for grade in graded if grade.verdict or grade.results]
    if not grades:
        missed = "The last run missed no bug: use --missed after a run that misses some."
        raise RequestError(missed if options.missed else "These bugs belong to another topic.")
    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    is_part = bool(options.only or options.missed)
    if len(grades) == 1 and (options.topic or is_part):
        lines = report.details(grades[0], colours=colours)
        steps = advice.after_topic(grades[0], catalogue, root, is_part=is_part)
    else:
        lines = report.scoreboard(grades, catalogue.topics, colours=colours)
        steps = advice.next_topic([grade.topic for grade in grades if grade.status], catalogue)
    print(*lines, *steps, sep="\n")
    if options.json:
        options.json.write_text(report.as_json(grades), "utf-8")
    return max(grade.status for grade in grades)


def grade_topic(
    pool: Pool, tests: str, edits: list[Edit], options: argparse.Namespace, root: Path
) -> Grade:
    """Return the grade of tests on edits of a topic; the stored one if nothing has changed."""
    topic = edits[0].topic
    key = history.key_of(pool.files, tests, edits)
    last_key, last = history.load(root, topic, edits)
    if options.missed:
        edits = [result.edit for result in last.bugs if not result.is_noticed]
    elif options.only:
        edits = [edit for edit in edits if edit.name in options.only]
    known = {result.edit: result for result in last.results} if key == last_key else {}
    if known.keys() >= set(edits):
        return replace(last, results=[known[edit] for edit in edits], is_stored=True)
    result = grade(pool, topic, [tests], edits, progress=progress)
    if not result.verdict:
        known |= {each.edit: each for each in result.results}
        history.store(root, key, replace(result, results=[*known.values()]))
    return result


def check_writable(file: Path) -> None:
    """Raise `RequestError` if the grades cannot be written to the file, or would overwrite data."""
    if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
        raise RequestError(f"Cannot write to {file}.")
    if file.is_file() and file.read_bytes().split()[:2] not in ([], [b"{", b'"version":']):
        raise RequestError(f"{file} does not contain grades: choose another file for --json.")


def add_tests(path: Path, files: dict[str, bytes], root: Path) -> str:
    """Return the path of tests in a copy of the project; add them if they are elsewhere."""
    if not path.exists():
        raise RequestError(f"{path} does not exist.")
    place = path.resolve()
    if place == root:
        raise RequestError("--tests names the whole project: name a file or a folder of tests.")
    if place.is_relative_to(root):
        inside = place.relative_to(root).as_posix()
        if inside in files or any(name.startswith(f"{inside}/") for name in files):
            return inside
    added = project_files(path) if path.is_dir() else {path.name: path.read_bytes()}
    if not added:
        raise RequestError(f"{path} is empty.")
    files.update({f"{SUBMITTED}/{name}": data for name, data in added.items()})
    return SUBMITTED if path.is_dir() else f"{SUBMITTED}/{path.name}"


def progress(text: str) -> None:
    """Show the progress in one line, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def interrupt(*_: object) -> None:
    """Raise `KeyboardInterrupt`, and ignore further signals while the program cleans up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def run(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Run as a program: SIGINT and SIGTERM end it with status 130, and leave nothing behind."""
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A reason may contain characters that the encoding of the terminal lacks.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        status = main(arguments, root)
    except KeyboardInterrupt:
        progress("")
        return INTERRUPTED
    if status == LOW_GRADE and (file := os.environ.get("KATA_LOW_GRADE")):
        Path(file).touch()  # for nox, which cannot return the status of a command that succeeds
    return status


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
