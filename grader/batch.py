"""Grade a folder of submissions, and write the grades to a CSV file and a JSON file."""

import argparse
import csv
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from grader import report
from grader.catalogue import Catalogue
from grader.grading import Grade
from grader.project import Files, project_files
from grader.submission import SUBMITTED, RequestError, Submission, submitted_files

FOLDER = Path("reports", "batch")
COLUMNS = ("name", "topic", "verdict", "caught", "bugs", "rejected", "variants", "points", "reason")


@dataclass(frozen=True)
class Batch:
    """A folder of submissions to the same topics."""

    options: argparse.Namespace
    catalogue: Catalogue
    files: Files  # of the project
    folder: Path  # of the stored results

    def grade(self, path: Path, label: str) -> list[Grade]:
        """Return the grades of a submission, which is a file or a folder."""
        # A whole checkout also has the project's own tests: only its folder `kata` counts.
        place = path / "kata" if (path / "kata").is_dir() else path
        topics = self.options.topics or self.catalogue.topics
        try:
            added = submitted_files(place)
            tests = {topic: tests_of(topic, place, added) for topic in topics}
            submission = Submission({**self.files, **added}, tests, self.folder / path.name)
            return submission.grade(
                self.catalogue, self.options, lambda text: report.progress(f"{label}: {text}")
            )
        except (OSError, RequestError) as error:
            verdict = "empty" if isinstance(error, RequestError) else "broken"
            return [Grade(topic, verdict=verdict, reason=str(error)) for topic in topics]


def tests_of(topic: str, place: Path, files: Files) -> list[str]:
    """Return the tests of a topic: the files that are named after it, or else all files."""
    named = [name for name in files if PurePath(name).match(f"test_{topic}*.py")]
    return named or ([SUBMITTED] if place.is_dir() else [*files])


def main(options: argparse.Namespace, catalogue: Catalogue, root: Path) -> int:
    """Grade the submissions, print a line for each grade and return the exit status."""
    place = options.batch.resolve()
    paths = submissions(place, root, *(options.shard or (1, 1)))
    # A submission must not see the others, and its stored results must not depend on them.
    files = project_files(root)
    files = {name: files[name] for name in files if not (root / name).is_relative_to(place)}
    folder = root / FOLDER / place.name
    batch = Batch(options, catalogue, files, folder)
    write(folder, grades := dict[str, list[Grade]]())
    start, graded = time.monotonic(), 0
    for number, path in enumerate(paths):
        label = f"{number + 1}/{len(paths)} {path.name}"
        if graded:
            seconds = (time.monotonic() - start) / graded * (len(paths) - number)
            label = f"{seconds / 60:.0f} minutes left, {label}"
        grades[path.name] = batch.grade(path, label)
        graded += not all(grade.is_stored for grade in grades[path.name])
        report.progress("")
        for grade in grades[path.name]:
            print(report.line(path.name, grade), flush=True)
        write(folder, grades)
    print(f"Grades: {FOLDER / place.name}.csv and .json")
    minimum = options.min or 0
    return int(any(grade.points < minimum for each in grades.values() for grade in each))


def submissions(place: Path, root: Path, shard: int, shards: int) -> Sequence[Path]:
    """Return the submissions of one of several shards."""
    if root.is_relative_to(place):
        raise RequestError("--batch names the whole project: name a folder of submissions.")
    paths = sorted(path for path in place.iterdir() if not path.name.startswith((".", "__")))
    if not paths:
        raise RequestError(f"{place} is empty.")
    return paths[shard - 1 :: shards]


def write(folder: Path, grades: Mapping[str, Sequence[Grade]]) -> None:
    """Write the grades of all submissions so far beside the folder of the stored results."""
    folder.mkdir(parents=True, exist_ok=True)
    data = {name: [*map(report.as_data, each)] for name, each in grades.items()}
    entries = [{"name": name, "topics": topics} for name, topics in data.items()]
    text = json.dumps({"version": report.JSON_VERSION, "submissions": entries}, indent=2)
    folder.with_name(f"{folder.name}.json").write_text(f"{text}\n", "utf-8")
    with folder.with_name(f"{folder.name}.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        table.writeheader()
        for name, topics in data.items():
            for topic in topics:
                counts = {key: len(topic[key]) for key in ("bugs", "variants")}
                table.writerow({"name": name, **topic, **counts})
