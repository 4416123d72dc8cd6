"""Grade a folder of submissions, and write the grades to a CSV file and a JSON file."""

import argparse
import csv
import json
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path, PurePath

from grader import report
from grader.catalogue import Catalogue
from grader.grading import Grade
from grader.project import BYTE_CODE, SUBMITTED, Files, project_files
from grader.submission import RequestError, Submission, submitted_files

FOLDER = Path("reports", "batch")
COLUMNS = ("name", "topic", "verdict", "caught", "bugs", "rejected", "variants", "points", "reason")


def main(options: argparse.Namespace, catalogue: Catalogue, root: Path) -> int:
    """Grade the submissions, print a line for each grade and return the exit status."""
    place = options.batch.resolve()
    paths = submissions(place, root, *(options.shard or (1, 1)))
    # A submission must not see the others, and its stored results must not depend on them.
    files = project_files(root)
    files = {name: files[name] for name in files if not (root / name).is_relative_to(place)}
    topics = options.topics or [*catalogue.topics]
    folder = root / FOLDER / place.name
    grades: dict[str, list[Grade]] = {}
    write(folder, grades)  # a shard may be empty
    start, graded = time.monotonic(), 0
    for number, path in enumerate(paths):
        label = f"{number + 1}/{len(paths)} {path.name}: "
        if graded:
            seconds = (time.monotonic() - start) / graded * (len(paths) - number)
            label = f"{seconds / 60:.0f} minutes left, {label}"
        try:
            submission = read(path, topics, files, folder)
            each = submission.grade(catalogue, options, partial(report.progress, label))
        except RequestError as error:
            each = [Grade(topic, verdict="empty", reason=str(error)) for topic in topics]
        except Exception as error:  # noqa: BLE001 - no submission may stop the others
            reason = f"{type(error).__name__}: {error}"
            each = [Grade(topic, verdict="broken", reason=reason) for topic in topics]
        graded += not all(grade.is_stored for grade in each)
        report.progress()
        print(*(report.submission_line(path.name, grade) for grade in each), sep="\n", flush=True)
        grades[path.name] = each
        write(folder, grades)
    print(f"Grades: {FOLDER / place.name}.csv and .json")
    minimum = options.min or 0
    return int(any(grade.points < minimum for each in grades.values() for grade in each))


def submissions(place: Path, root: Path, shard: int, shards: int) -> Sequence[Path]:
    """Return the submissions of one of several shards."""
    if root.is_relative_to(place):
        raise RequestError("--batch names the whole project: name a folder of submissions.")
    paths = sorted(path for path in place.glob("[!.]*") if path.name != BYTE_CODE)
    if not paths:
        raise RequestError(f"{place} is not a folder of submissions.")
    return paths[shard - 1 :: shards]


def read(path: Path, topics: Sequence[str], files: Files, folder: Path) -> Submission:
    """Return a submission, with the tests of each topic. Raises `RequestError` if it is empty.

    In a folder, the files that are named after a topic are its tests, or else all files.
    """
    # A whole checkout also has the project's own tests: only its folder `kata` counts.
    place = path / "kata" if (path / "kata").is_dir() else path
    added = submitted_files(place)
    everything = [SUBMITTED] if place.is_dir() else [*added]
    tests = {
        topic: [name for name in added if PurePath(name).match(f"test_{topic}*.py")] or everything
        for topic in topics
    }
    return Submission({**files, **added}, tests, folder / path.name)


def write(folder: Path, grades: Mapping[str, Sequence[Grade]]) -> None:
    """Write the grades of all submissions so far beside the folder of the stored results."""
    folder.mkdir(parents=True, exist_ok=True)
    data = {name: [*map(report.as_data, each)] for name, each in grades.items()}
    entries = [{"name": name, "topics": topics} for name, topics in data.items()]
    text = json.dumps({"version": report.JSON_VERSION, "submissions": entries}, indent=2)
    folder.with_name(f"{folder.name}.json").write_text(f"{text}\n", "utf-8")
    path = folder.with_name(f"{folder.name}.csv")
    # The name of a file may contain bytes that are not UTF-8.
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        table.writeheader()
        for name, topics in data.items():
            for topic in topics:
                counts = {key: len(topic[key]) for key in ("bugs", "variants")}
                table.writerow({"name": name, **topic, **counts})
