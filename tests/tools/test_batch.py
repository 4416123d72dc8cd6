"""The grades of a folder of submissions: `nox -s kata -- --batch FOLDER`."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from pickle import UnpicklingError

import pytest

from grader import report
from grader.__main__ import main
from grader.grading import Grade
from grader.pool import Pool, Run
from grader.submission import Submission
from grader.testrun import Job

pytestmark = pytest.mark.usefixtures("short_deadline")

GOLDEN = Path(__file__).with_name("golden")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the golden project."""
    return Path(shutil.copytree(GOLDEN, tmp_path / "project"))


@pytest.fixture
def submissions(project: Path) -> Path:
    """An empty folder for submissions, inside the project, where teachers may have it."""
    (folder := project / "class").mkdir()
    return folder


@pytest.fixture
def batch(project: Path, submissions: Path) -> Callable[..., int]:
    """A function that grades the submissions and returns the exit status."""
    return lambda *arguments: main([*arguments, "--batch", str(submissions)], project)


def submit(learner: str, path: Path) -> None:
    """Store the tests of a learner as a submission."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(GOLDEN / "kata" / f"{learner}.py", path)


def table(project: Path) -> list[dict[str, str]]:
    """Return the rows of the CSV file."""
    with (project / "reports" / "batch" / "class.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class TestGrades:
    def test_submission_is_a_line_and_a_row_of_the_table(self, batch, project, submissions, capsys):
        (submissions / "adam").mkdir()
        submit("weak", submissions / "anna.py")
        submit("overfitted", submissions / "ben" / "tests" / "test_words.py")
        submit("red", submissions / "zoe.py")

        assert batch() == 0

        assert capsys.readouterr().out.splitlines() == [
            f"adam             words      not graded. {submissions}/adam is empty."[:79] + "…",
            "anna.py          words      1/3 points: 1 bugs caught, 0 variants rejected",
            "ben              words      0/3 points: 0 bugs caught, 1 variants rejected",
            "zoe.py           words      not graded. On the healthy application kata/submitt…",
            "Grades: reports/batch/class.csv and .json",
        ]
        rows = table(project)
        columns = ("verdict", "caught", "bugs", "rejected", "variants", "points")
        assert {row["name"]: tuple(row[column] for column in columns) for row in rows} == {
            "adam": ("empty", "0", "0", "0", "0", "0"),
            "anna.py": ("graded", "1", "3", "0", "1", "1"),
            "ben": ("graded", "0", "3", "1", "1", "0"),
            "zoe.py": ("red", "0", "0", "0", "0", "0"),
        }
        data = json.loads((project / "reports" / "batch" / "class.json").read_text("utf-8"))
        anna = data["submissions"][1]
        assert (data["version"], anna["name"], anna["topics"][0]["points"]) == (2, "anna.py", 1)
        assert [bug["caught"] for bug in anna["topics"][0]["bugs"]] == [False, True, False]

    def test_only_the_learners_own_tests_of_a_whole_checkout_count(
        self, batch, project, submissions
    ):
        submit("weak", submissions / "anna" / "kata" / "test_words.py")
        submit("strong", submissions / "anna" / "tests" / "unit" / "test_words.py")

        batch()

        assert [row["caught"] for row in table(project)] == ["1"]

    @pytest.mark.usefixtures("letters")
    def test_topic_is_graded_by_the_files_named_after_it(self, batch, project, submissions):
        submit("weak", submissions / "anna" / "test_words.py")
        submit("red", submissions / "anna" / "test_letters.py")

        assert batch("letters", "words", "--min", "1") == 1

        rows = [(row["topic"], row["verdict"], row["points"]) for row in table(project)]
        assert rows == [("letters", "red", "0"), ("words", "graded", "1")]
        assert batch("words", "--min", "1") == 0

    def test_error_in_one_submission_does_not_stop_the_others(
        self, batch, project, submissions, monkeypatch
    ):
        def grade(submission: Submission, *_: object) -> list[Grade]:
            if "kata/submitted/anna.py" in submission.files:
                raise UnpicklingError("The pipe contains garbage.")
            return [Grade("words")]

        monkeypatch.setattr(Submission, "grade", grade)
        submit("weak", submissions / "anna.py")
        submit("weak", submissions / "ben.py")

        assert batch() == 0

        assert [(row["verdict"], row["reason"]) for row in table(project)] == [
            ("broken", "UnpicklingError: The pipe contains garbage."),
            ("graded", ""),
        ]

    def test_submission_that_takes_too_long_is_stopped(self, batch, project, submissions):
        submit("hangs", submissions / "anna.py")

        batch("--limit", "2")

        assert [(row["verdict"], row["reason"]) for row in table(project)] == [
            ("stopped", "The tests take longer than 2 seconds.")
        ]

    def test_progress_shows_the_submission_and_the_time_left(self, batch, submissions, monkeypatch):
        texts: list[str] = []
        monkeypatch.setattr(report, "progress", lambda *parts: texts.append("".join(parts)))
        submit("empty", submissions / "anna.py")
        submit("empty", submissions / "ben.py")

        batch()

        assert texts == [
            "1/2 anna.py: words: the healthy application",
            "",
            "0 minutes left, 2/2 ben.py: words: the healthy application",
            "",
        ]


@pytest.fixture
def files_run(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The files of tests that have run."""
    files_run = set[str]()
    run = Pool.run

    def record(pool: Pool, job: Job) -> Run:
        files_run.update(job.arguments)
        return run(pool, job)

    monkeypatch.setattr(Pool, "run", record)
    return files_run


class TestStoredGrades:
    @pytest.fixture(autouse=True)
    def _submissions(self, submissions: Path) -> None:
        """Two submissions."""
        submit("empty", submissions / "anna.py")
        submit("empty", submissions / "ben.py")

    def test_second_call_goes_on_where_the_first_one_was_interrupted(
        self, batch, project, files_run, monkeypatch
    ):
        def interrupt(name: str, grade: Grade) -> str:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(report, "submission_line", interrupt)
            with pytest.raises(KeyboardInterrupt):
                batch()
        assert files_run == {"kata/submitted/anna.py"}
        files_run.clear()

        batch()

        assert files_run == {"kata/submitted/ben.py"}
        assert [row["name"] for row in table(project)] == ["anna.py", "ben.py"]

    def test_changed_submission_is_graded_again(self, batch, submissions, files_run):
        batch()
        submit("skipped", submissions / "ben.py")
        files_run.clear()

        batch()

        assert files_run == {"kata/submitted/ben.py"}

    @pytest.mark.parametrize(
        ("file", "text"),
        [("app/__init__.py", "number of words"), ("kata/bugs/words.toml", "my two words")],
        ids=["application", "bug"],
    )
    def test_every_submission_is_graded_again_after_a_change(
        self, batch, project, files_run, file, text
    ):
        batch()
        path = project / file
        path.write_text(path.read_text("utf-8").replace(text, "words"), "utf-8")
        files_run.clear()

        batch()

        assert files_run == {"kata/submitted/anna.py", "kata/submitted/ben.py"}

    def test_shards_are_joined_by_a_call_without_a_shard(self, batch, project, files_run):
        batch("--shard", "1/2")
        assert files_run == {"kata/submitted/anna.py"}
        batch("--shard", "2/2")
        assert [row["name"] for row in table(project)] == ["ben.py"]
        files_run.clear()

        batch()

        assert files_run == set()
        assert [row["name"] for row in table(project)] == ["anna.py", "ben.py"]

    def test_shard_without_submissions_has_an_empty_table(self, batch, project):
        assert batch("--shard", "3/3", "--min", "1") == 0

        assert table(project) == []

    def test_other_limit_grades_only_slow_submissions_again(
        self, batch, project, submissions, files_run
    ):
        batch()
        submit("hangs", submissions / "zoe.py")
        batch("--limit", "2")
        files_run.clear()

        batch("--limit", "2")
        assert files_run == set()

        batch("--limit", "1")
        assert files_run == {"kata/submitted/zoe.py"}
