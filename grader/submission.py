"""Grade the tests of one learner, or reuse the stored results if nothing has changed."""

import argparse
import ast
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from grader import history
from grader.catalogue import Catalogue, Edit
from grader.grading import Grade, grade
from grader.pool import Pool
from grader.project import SUBMITTED, Files, project_files


class RequestError(Exception):
    """A command cannot be carried out; the message says why."""


def submitted_files(path: Path) -> dict[str, bytes]:
    """Return the files of a submission by path. Raises `RequestError` if there are none."""
    files = {path.name: path.read_bytes()} if path.is_file() else project_files(path)
    if not files:
        raise RequestError(f"{path} is empty.")
    return {f"{SUBMITTED}/{name}": data for name, data in files.items()}


@dataclass(frozen=True)
class Submission:
    """The tests of one learner."""

    files: Files  # of the project, and the tests
    tests: Mapping[str, list[str]]  # arguments of pytest, by topic
    folder: Path  # of the stored results

    def grade(
        self, catalogue: Catalogue, options: argparse.Namespace, progress: Callable[[str], None]
    ) -> list[Grade]:
        """Return the grade of each topic."""
        with Pool(self.files, limit=options.limit) as pool:
            return [
                self.grade_topic(pool, catalogue.edits(topic), options, progress)
                for topic in self.tests
            ]

    def grade_topic(
        self,
        pool: Pool,
        edits: list[Edit],
        options: argparse.Namespace,
        progress: Callable[[str], None],
    ) -> Grade:
        """Return the grade of a topic: the stored one, or a new one if something has changed."""
        topic = edits[0].topic
        key = history.key_of(self.files, self.tests[topic], edits)
        too_slow = f"{key} {options.limit}"  # only another limit can change this result
        last_key, missed, last = history.load(self.folder, topic, edits)
        if options.missed:
            edits = [edit for edit in edits if edit.name in missed]
        elif options.only:
            edits = [edit for edit in edits if edit.name in options.only]
        is_same = last_key in {key, too_slow}
        known = {result.edit: result for result in last.results} if is_same else {}
        if (is_same and last.verdict) or known.keys() >= set(edits):
            results = [known[edit] for edit in edits if edit in known]
            return replace(last, results=results, is_stored=True)
        try:
            result = grade(pool, topic, self.tests[topic], edits, progress=progress)
        except CancelledError:
            reason = f"The tests take longer than {options.limit:g} seconds."
            key, result = too_slow, Grade(topic, verdict="stopped", reason=reason)
        if options.batch or not result.verdict:
            known |= {each.edit: each for each in result.results}
            to_store = replace(result, results=[*known.values()])
            history.store(self.folder, key, missed, to_store)
        return result

    def misnamed_tests(self, topic: str) -> Iterator[str]:
        """Yield the functions and classes that look like tests, but are not collected by pytest."""
        for path, code in self.files.items():
            if path.endswith(".py") and any(
                PurePath(path).is_relative_to(t) for t in self.tests[topic]
            ):
                with suppress(SyntaxError):  # it is the reason for no grade
                    yield from misnamed(ast.parse(code))


def misnamed(code: ast.Module) -> Iterator[str]:
    """Yield the functions and classes of a module that look like tests, but have other names."""
    nodes = [*ast.walk(code)]
    used = {getattr(node, "id", getattr(node, "attr", "")) for node in nodes}
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name not in used:
            names = [getattr(each, "name", "") for each in node.body]
            is_test = node.name.endswith("_test") or any(name[:4] == "test" for name in names)
            is_known = node.name[:4] in {"test", "Test"} or getattr(node, "bases", None)
            if is_test and not is_known and not node.decorator_list:
                yield f"{node.name} (line {node.lineno})"
