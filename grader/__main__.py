"""The command line of the kata: `python -m grader`, which `nox -s kata` runs."""

import argparse
import difflib
import hashlib
import io
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from grader import advice, batch, reference, report
from grader.catalogue import Bug, Catalogue, CatalogueError, Edit, load
from grader.pool import NO_LIMIT
from grader.project import SUBMITTED, project_files
from grader.report import progress
from grader.submission import RequestError, Submission, submitted_files

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path("reports", "kata")  # stores the results of the last run
BATCH_LIMIT = 600.0  # seconds for a submission
LOW_GRADE, NO_GRADE, INTERRUPTED = 1, 2, 130

T = TypeVar("T")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line, or exit with status 2 and a message."""
    parser = argparse.ArgumentParser(
        prog="nox -s kata --",
        usage="%(prog)s [TOPIC ...] [OPTION ...]",
        description="Grade tests by the planted bugs that they catch.",
    )
    add = parser.add_argument
    add("topics", nargs="*", metavar="TOPIC", help="default: every topic")
    add_command = parser.add_mutually_exclusive_group().add_argument
    add_command("--hint", nargs="+", metavar="NAME", help="print where to look for these bugs")
    add_command("--show", metavar="NAME", help="print a bug or a variant as a diff")
    add_command("--reference", action="store_true", help="grade the project's own tests")
    add_command("--missed", action="store_true", help="grade the bugs that the last run missed")
    add_command("--only", nargs="+", metavar="NAME", help="grade only these bugs or variants")
    add_command("--batch", type=Path, metavar="FOLDER", help="grade each file and folder in it")
    add("--check", action="store_true", help="with --reference: write nothing")
    add("--shard", type=shard, metavar="2/5", help="with --batch: grade the second of five parts")
    add("--tests", type=Path, action="append", metavar="PATH", help="grade this; can be repeated")
    add("--bugs", type=Path, metavar="FOLDER", help="add the bugs in its files TOPIC.toml")
    add("--limit", type=float, metavar="SECONDS", help="give no grade if all tests take longer")
    add("--min", type=int, metavar="POINTS", help="exit with 1 if a topic has fewer points")
    add("--json", type=Path, metavar="FILE", help="write the grades to this file")
    options = parser.parse_args(arguments)
    if options.reference and (options.topics or options.tests or options.json or options.bugs):
        parser.error("--reference grades all tests of the project: use it alone or with --check")
    if options.batch and (options.tests or options.json):
        parser.error("--batch names the tests, and writes JSON: use it without --tests and --json")
    if options.tests and not options.topics:
        parser.error("--tests needs a topic")
    if options.check and not options.reference:
        parser.error("--check needs --reference")
    if options.shard and not options.batch:
        parser.error("--shard needs --batch")
    options.limit = options.limit or (BATCH_LIMIT if options.batch else NO_LIMIT)
    return options


def shard(text: str) -> tuple[int, int]:
    """Return the numbers in a text such as 2/5. Raises `ValueError`."""
    number, count = map(int, text.split("/"))
    if not 1 <= number <= count:
        raise ValueError
    return number, count


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Run a command and return the exit status."""
    options = parse(arguments)
    try:
        catalogue = load(root, options.bugs, options.topics)
        for topic in options.topics:
            find(topic, catalogue.topics, "topic")
        if options.hint is not None:
            for edit in [find_edit(name, catalogue) for name in options.hint]:
                hint = edit.hint if isinstance(edit, Bug) else "A variant: tests accept it."
                name = f"{edit.name}: " if len(options.hint) > 1 else ""
                print(*report.wrap(f"{name}{hint}", indent=""), sep="\n")
        elif options.show is not None:
            print(report.diff(root, find_edit(options.show, catalogue)), end="")
        elif options.reference:
            return reference.main(catalogue, root, check=options.check)
        else:
            for name in options.only or ():
                find_edit(name, catalogue)
            grade = batch.main if options.batch else grade_topics
            return grade(options, catalogue, root)
    except (CatalogueError, OSError, RequestError) as error:
        print(error, file=sys.stderr)
        return NO_GRADE
    return 0


def find(name: str, known: Mapping[str, T], kind: str) -> T:
    """Return the value of a name. Raises `RequestError` with similar names."""
    if name not in known:
        similar = " or ".join(difflib.get_close_matches(name, known))
        question = f" Did you mean {similar}?" if similar else ""
        raise RequestError(f"No {kind} is named {name!r}.{question}")
    return known[name]


def find_edit(name: str, catalogue: Catalogue) -> Edit:
    """Return the bug or the variant of a name. Raises `RequestError`."""
    if name in catalogue.topics:
        raise RequestError(f"{name} is a topic: name one of its bugs or variants.")
    edits = {edit.name: edit for edit in (*catalogue.bugs, *catalogue.variants)}
    return find(name, edits, "bug or variant")


def grade_topics(options: argparse.Namespace, catalogue: Catalogue, root: Path) -> int:
    """Grade one topic or several, print the grades and return the exit status."""
    if options.json:
        check_writable(options.json)
    files = project_files(root)
    given = [add_tests(path, files, root) for path in options.tests or ()]
    topics = options.topics or catalogue.topics
    tests = {topic: given or [f"kata/test_{topic}.py"] for topic in topics}
    folder = root / FOLDER
    if paths := [path.resolve() for path in options.tests or ()]:
        folder /= hashlib.sha256(repr(paths).encode()).hexdigest()[:8]
    commands = {topic: advice.command_for(topic, options.tests or ()) for topic in topics}
    submission = Submission(files, tests, folder)
    graded = submission.grade(catalogue, options, progress)
    progress()
    grades = [grade for grade in graded if grade.verdict or grade.results]
    if not grades:
        if options.missed:
            raise RequestError(
                "\n".join(nothing_missed(topic, commands[topic], folder) for topic in topics)
            )
        raise RequestError("These bugs belong to another topic.")
    is_part = bool(options.only or options.missed)
    if is_part or (options.topics and len(grades) == 1):
        for grade in grades:
            command = commands[grade.topic]
            steps = advice.after_topic(grade, catalogue, root, command, is_part=is_part)
            lines = [*report.details(grade)]
            if names := ", ".join(submission.misnamed_tests(grade.topic)):
                lines += report.wrap(
                    f"Name them test_... or Test..., or pytest skips them: {names}"
                )
            print(*lines, *steps, sep="\n")
    else:
        lines = [*report.scoreboard(grades, catalogue.topics)]
        steps = advice.next_topic([grade.topic for grade in grades if grade.status], catalogue)
        print(*lines, *steps, sep="\n")
    if options.json:
        options.json.write_text(report.as_json(grades), "utf-8")
    if options.min is None or any(grade.verdict for grade in grades):
        return max(grade.status for grade in grades)
    return int(any(grade.points < options.min for grade in grades))


def nothing_missed(topic: str, command: str, folder: Path) -> str:
    """Return why --missed has nothing to grade in a topic, and the command to run instead."""
    if not (folder / f"{topic}.json").exists():
        return f"{topic} has not been graded yet. Run: {command}"
    return f"The last run of {topic} missed no bug. Grade the whole topic: {command}"


def check_writable(file: Path) -> None:
    """Raise `RequestError` if the grades cannot be written to the file, or would overwrite data."""
    if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
        raise RequestError(f"Cannot write to {file}.")
    if file.is_file() and file.read_bytes().split()[:2] not in ([], [b"{", b'"version":']):
        raise RequestError(f"{file} does not contain grades: choose another file for --json.")


def add_tests(path: Path, files: dict[str, bytes], root: Path) -> str:
    """Return the path of tests in a copy of the project; first add tests from elsewhere to it."""
    if not path.exists():
        raise RequestError(f"{path} does not exist.")
    place = path.resolve()
    if place == root:
        raise RequestError("--tests names the whole project: name a file or a folder of tests.")
    if place.is_relative_to(root):
        inside = place.relative_to(root).as_posix()
        if inside in files or any(name.startswith(f"{inside}/") for name in files):
            return inside
    added = submitted_files(path)
    if twice := files.keys() & added:
        raise RequestError(f"Two --tests contain {Path(min(twice)).name}: rename one of them.")
    files.update(added)
    return SUBMITTED if path.is_dir() else f"{SUBMITTED}/{path.name}"


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
        progress()
        return INTERRUPTED
    if status == LOW_GRADE and (file := os.environ.get("KATA_LOW_GRADE")):
        Path(file).touch()  # for nox, which cannot return the status of a command that succeeds
    return status


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
