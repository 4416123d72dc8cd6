"""The grader: its verdicts on the learners' tests in `golden/kata/`, and its command line."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from grader import advice, grading, report
from grader.__main__ import main
from grader.catalogue import Catalogue, load
from grader.grading import Grade, grade
from grader.pool import Pool
from grader.project import project_files
from grader.testrun import Job
from tests.support.missing import missing

pytestmark = pytest.mark.usefixtures("short_deadline")

ROOT = Path(__file__).parents[2]
PROJECT = Path(__file__).with_name("golden")
CATALOGUE = load(PROJECT)

# Learners whose tests cannot be graded: the verdict, and the start of the reason.
UNGRADED = {
    "empty": (
        "empty",
        "No test found: pytest collects functions named test_... and, in classes named Test..., "
        "methods named test_...",
    ),
    "skipped": ("skipped", "Every test is skipped or expected to fail."),
    "skipped_file": ("skipped", "Every test is skipped or expected to fail."),
    "red": ("red", "On the healthy application kata/red.py::test_greets fails: assert"),
    "imports": (
        "broken",
        "The tests do not start: ImportError: cannot import name 'farewell' from 'app' "
        "(app/__init__.py) (kata/imports.py:1)",
    ),
    "syntax": ("broken", "The tests do not start: SyntaxError: invalid syntax (kata/syntax.py:1)"),
    "conftest/words": (
        "broken",
        "The tests do not start: ModuleNotFoundError: No module named 'no_such_module' "
        "(kata/conftest/conftest.py:1)",
    ),
    "mistyped_fixture": (
        "red",
        "On the healthy application kata/mistyped_fixture.py::test_greets fails: fixture 'tmp_pth' "
        "not found. Did you mean tmp_path",
    ),
    "open_file": (
        "red",
        "On the healthy application kata/open_file.py::test_greets fails: A file is still open. "
        "Use `with client.get(...) as response:` or `with open(...)`.",
    ),
    "missing": ("broken", "The tests do not start: ERROR: file or directory not found"),
    "calls_unittest_main": (
        "broken",
        "The tests do not start: kata/calls_unittest_main.py exits the process",
    ),
    "prints_endlessly": (
        "red",
        "On the healthy application kata/prints_endlessly.py::test_prints fails: OSError: "
        "[Errno 27] File too large",
    ),
    "stops_pytest": (
        "stopped",
        "The tests do not finish: kata/stops_pytest.py::test_stops_pytest stops pytest.",
    ),
    "hangs": ("stopped", "The tests do not finish: kata/hangs.py::test_hangs hangs."),
    "exits": ("stopped", "The tests do not finish: kata/exits.py::test_exits exits the process."),
    "order_dependent": ("order", "Order-dependent: in reverse order kata/order_dependent.py"),
    "flaky": ("flaky", "Flaky: the tests passed twice, but not in a control run."),
    "flaky_under_a_bug": (
        "flaky",
        "Flaky: on the same code, kata/flaky_under_a_bug.py::test_exits_once_under_another_bug, "
        "kata/flaky_under_a_bug.py::test_fails_once_under_a_bug failed and then passed.",
    ),
    "flaky_at_first": (
        "flaky",
        "Flaky: on the same code, kata/flaky_at_first.py::test_fails_once failed and then passed.",
    ),
    "changing_names": ("flaky", "The tests have new names in each run"),
    "litters": (
        "litter",
        "The tests create, change or delete app/__init__.py, greeting.txt. Write to tmp_path",
    ),
}

# Bugs under which no test can start.
NO_APPLICATION = """[cannot_be_imported]
feature = "words.greet"
layer = "unit"
file = "app/__init__.py"
old = "def greet("
new = "import no_such_module\\n\\n\\ndef greet("
story = "The application does not start."
hint = "What does it import?"

[exits_the_process]
feature = "words.count"
layer = "unit"
file = "app/__init__.py"
old = "def count("
new = "__import__('os')._exit(1)\\n\\n\\ndef count("
story = "The server exits as soon as it starts."
hint = "What does it run?"
"""

Grader = Callable[[str], Grade]


def grader_of(pool: Pool) -> Grader:
    """Return a function that grades each learner once."""

    @cache
    def graded(learner: str) -> Grade:
        deadline = 2 if learner == "hangs" else 30
        return grade(
            pool, "words", [f"kata/{learner}.py"], CATALOGUE.edits("words"), deadline=deadline
        )

    return graded


@pytest.fixture(scope="module")
def graded() -> Iterator[Grader]:
    """A function that grades a learner of the golden project."""
    files = project_files(PROJECT)
    files["kata/syntax.py"] = b"def test_greets(:\n"  # as a file it would fail the linter
    files["kata/conftest/conftest.py"] = b"import no_such_module\n"
    files["kata/conftest/words.py"] = b""
    with Pool(files, size=2) as pool:
        yield grader_of(pool)


def caught(grade: Grade) -> set[str]:
    """Return the names of the bugs that the tests caught."""
    return {result.edit.name for result in grade.bugs if result.is_noticed}


class TestGrade:
    def test_strong_tests_catch_every_bug_and_accept_every_variant(self, graded):
        grade = graded("strong")

        assert caught(grade) == {bug.name for bug in CATALOGUE.bugs}
        assert (grade.rejected, len(grade.variants)) == (0, 1)
        assert grade.status == 0

    def test_bug_is_caught_by_a_test_that_hangs(self, graded):
        [result] = [result for result in graded("strong").bugs if result.edit.name == "never_ends"]

        assert result.failed == {"kata/strong.py::test_finds_the_first_word": "hangs"}

    def test_weak_tests_miss_bugs(self, graded):
        grade = graded("weak")

        assert caught(grade) == {"counts_characters"}
        assert grade.status == 1

    def test_tests_that_catch_a_bug_are_listed_with_reasons(self, graded):
        [result] = [result for result in graded("weak").bugs if result.is_noticed]

        assert result.failed == {
            "kata/weak.py::test_counts": "assert 11 == 2 (kata/weak.py:9)",
            "kata/weak.py::test_counts_more": "assert 24 == 4 (kata/weak.py:13)",
        }

    def test_overfitted_test_rejects_a_variant(self, graded):
        grade = graded("overfitted")

        [result] = grade.variants
        assert list(result.failed) == ["kata/overfitted.py::test_greets"]
        assert grade.status == 1

    @pytest.mark.parametrize(
        ("learner", "rejected"), [("strong", []), ("overfitted", ["another_docstring"])]
    )
    def test_only_the_rejected_variant_is_named(self, learner, rejected):
        # They run together first, and one by one if a test fails.
        [variant] = CATALOGUE.variants
        greeting = {"old": 'f"Hello, {name.strip()}!"', "new": '"Hello, " + name.strip() + "!"'}
        variants = [variant, replace(variant, name="joined_texts", **greeting)]

        with Pool(project_files(PROJECT), size=1) as pool:
            result = grade(pool, "words", [f"kata/{learner}.py"], variants)

        assert [each.edit for each in result.variants] == variants
        assert [each.edit.name for each in result.variants if each.is_noticed] == rejected

    @pytest.mark.parametrize("learner", ["skipped_without_a_bug", "exits_under_a_bug"])
    def test_skipped_test_on_the_healthy_application_catches_nothing(self, graded, learner):
        grade = graded(learner)

        assert (len(grade.tests), caught(grade)) == (1, set())

    def test_tests_can_catch_a_bug_together(self, graded):
        assert caught(graded("only_together")) == {"counts_characters"}

    def test_skipped_subtest_does_not_skip_the_test(self, graded):
        assert caught(graded("subtests")) == {"counts_characters"}

    def test_tests_that_run_a_line_are_recorded(self):
        with Pool(project_files(PROJECT), size=1) as pool:
            run = pool.run(Job(["kata/strong.py"], coverage=True))

        [bug] = [bug for bug in CATALOGUE.bugs if bug.name == "never_ends"]
        assert grading.tests_of_lines(bug, pool, run) == {
            "kata/strong.py::test_finds_the_first_word"
        }

    def test_other_tests_do_not_run_if_a_test_that_ran_the_lines_fails(self):
        bug = next(bug for bug in CATALOGUE.bugs if bug.name == "counts_characters")
        first = frozenset({"kata/strong.py::test_counts"})

        with Pool(project_files(PROJECT), size=1) as pool:
            healthy = pool.run(Job(["kata/strong.py"], first=first))
            run = pool.run(Job(["kata/strong.py"], [bug], first))

        assert len(healthy.passed) == 3
        assert (set(run.failed), run.passed) == (first, set())

    def test_line_that_runs_in_a_shared_fixture_is_run_by_every_test(self):
        with Pool(project_files(PROJECT), size=1) as pool:
            run = pool.run(Job(["kata/shared_fixture.py"], coverage=True))

        [bug] = [bug for bug in CATALOGUE.bugs if bug.name == "greets_with_spaces"]
        assert len(run.passed) == 3
        assert grading.tests_of_lines(bug, pool, run) == run.passed

    def test_deadline_applies_to_each_test(self):
        seconds = 4 * 1.5
        test = "def test_{}():\n    Event().wait(1.5)\n\n\n"
        tests = "".join(map(test.format, range(4)))
        files = project_files(PROJECT)
        files["kata/slow.py"] = f"from threading import Event\n\n\n{tests}".encode()

        with Pool(files, size=1) as pool:
            run = pool.run(Job(["kata/slow.py"], deadline=5))

        assert run.seconds > seconds > 5
        assert len(run.passed) == 4

    @pytest.mark.parametrize("learner", UNGRADED)
    def test_verdict_on_tests_that_cannot_be_graded(self, graded, learner):
        verdict, reason = UNGRADED[learner]
        if learner == "prints_endlessly" and sys.platform == "win32":
            missing("Windows does not limit the size of a file.")

        grade = graded(learner)

        assert grade.verdict == verdict
        assert grade.reason.startswith(reason)
        assert "\n" not in grade.reason
        assert grade.status == 2

    def test_grades_are_the_same_without_fork(self, graded):
        with Pool(project_files(PROJECT), size=2, method="spawn") as pool:
            spawned = grader_of(pool)

            assert spawned("thread") == graded("thread")
            assert spawned("exits") == graded("exits")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the golden project, with the weak tests in the learner's file."""
    project = Path(shutil.copytree(PROJECT, tmp_path / "project"))
    (project / "kata" / "weak.py").rename(project / "kata" / "test_words.py")
    return project


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A named pipe and its reader, which reads the end when every writing process has ended."""
    if not hasattr(os, "mkfifo"):
        missing("Windows has no named pipes in folders.")
    os.mkfifo(path := tmp_path / "pipe")
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield path, reader
    os.close(reader)


@pytest.fixture
def short_path() -> Iterator[Path]:
    """An empty folder for sockets, whose paths must be shorter than those of `tmp_path`."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def command(project: Path, *arguments: str) -> list[str]:
    """Return the command that runs the grader as a program on a project."""
    code = f"import sys, pathlib; from grader.__main__ import run; root = {str(project)!r}; "
    code += "sys.exit(run(sys.argv[1:], pathlib.Path(root)))"
    return [sys.executable, "-c", code, *arguments]


def has_ended(reader: int) -> bool:
    """Return True if every process that writes to the pipe ends within half a minute."""
    while select.select([reader], [], [], 30)[0]:
        if not os.read(reader, 100):
            return True
    return False


class TestCommandLine:
    def test_grade_of_a_topic_lists_each_edit_and_the_score(self, project, capsys):
        status = main(["words"], project)

        assert status == 1
        assert capsys.readouterr().out.splitlines() == [
            "3 tests pass on the healthy application, in order and in reverse.",
            "accepted  another_docstring",
            "MISSED    greets_with_spaces",
            "          The greeting has a gap before the exclamation mark.",
            "caught    counts_characters  by test_counts and 1 more",
            "MISSED    never_ends",
            "          The page does not load if the text starts with a space.",
            "words ###....... 1/3 bugs caught, 1/1 variants accepted",
            "Grade the missed bugs again: nox -s kata -- words --missed",
            "Show a hint: nox -s kata -- --hint NAME",
        ]

    def test_second_run_of_unchanged_tests_runs_nothing(self, project, capsys, monkeypatch):
        first_status = main(["words"], project)
        first = capsys.readouterr().out
        monkeypatch.setattr(Pool, "run", lambda *_: pytest.fail("A test ran."))

        assert main(["words"], project) == first_status
        assert capsys.readouterr().out == f"Nothing has changed since the last run.\n{first}"
        main(["words", "--missed"], project)
        lines = capsys.readouterr().out.splitlines()
        assert "words .......... 0/2 bugs caught" in lines

    @pytest.mark.parametrize(
        ("file", "old", "new"),
        [
            ("kata/test_words.py", "== 4", "== 4  # four"),
            ("app/__init__.py", "number of words", "count of words"),
            ("kata/bugs/words.toml", "my two words", "two words"),
        ],
    )
    def test_changed_file_is_graded_again(self, project, capsys, file, old, new):
        main(["words"], project)
        text = (project / file).read_text()
        (project / file).write_text(text.replace(old, new))
        capsys.readouterr()

        main(["words"], project)

        assert "Nothing has changed" not in capsys.readouterr().out

    def test_option_missed_grades_the_bugs_that_the_last_run_missed(self, project, capsys):
        main(["words"], project)
        tests = project / "kata" / "test_words.py"
        tests.write_text(
            "from app import greet\n\n\n"
            "def test_greets():\n    assert greet(' John ') == 'Hello, John!'\n"
        )
        capsys.readouterr()

        assert main(["words", "--missed"], project) == 1

        assert capsys.readouterr().out.splitlines() == [
            "1 test passes on the healthy application, in order and in reverse.",
            "caught    greets_with_spaces  by test_greets",
            "MISSED    never_ends",
            "          The page does not load if the text starts with a space.",
            "words #####..... 1/2 bugs caught",
            "Grade the whole topic: nox -s kata -- words",
            "Grade the missed bugs again: nox -s kata -- words --missed",
            "Show a hint: nox -s kata -- --hint NAME",
        ]

    def test_option_missed_remembers_the_bugs_that_other_runs_did_not_grade(
        self, project, tmp_path, capsys
    ):
        main(["words"], project)
        tests = project / "kata" / "test_words.py"
        tests.write_text(f"{tests.read_text()}\n")
        main(["--only", "counts_characters"], project)
        shutil.copy(PROJECT / "kata" / "strong.py", tmp_path / "test_mine.py")
        main(["words", "--tests", str(tmp_path / "test_mine.py")], project)
        capsys.readouterr()

        main(["words", "--missed"], project)

        assert "words .......... 0/2 bugs caught" in capsys.readouterr().out.splitlines()

    def test_full_marks_list_useless_tests_and_bugs_caught_by_a_higher_layer(self, project, capsys):
        fixture = "import pytest\n\n\n@pytest.fixture\ndef client():\n    pass\n"
        (project / "conftest.py").write_text(fixture)
        tests = (PROJECT / "kata" / "strong.py").read_text()
        tests = tests.replace("test_counts()", "test_counts(client)")
        tests += "\n\ndef test_nothing():\n    pass\n"
        (project / "kata" / "test_words.py").write_text(tests)
        (project / "tests" / "unit").mkdir(parents=True)
        (project / "tests" / "unit" / "test_words.py").touch()
        (project / "docs" / "topics").mkdir()
        (project / "docs" / "topics" / "words.md").touch()

        assert main(["words"], project) == 0

        assert capsys.readouterr().out.splitlines()[-7:] == [
            "words ########## 3/3 bugs caught, 1/1 variants accepted",
            "Tests that caught no bug: test_nothing",
            "Caught by integration tests, but unit tests are enough:",
            "          counts_characters",
            "Compare your tests with the project's:",
            "          tests/unit/test_words.py",
            "          docs/_build/html/topics/words.html (nox -s book builds it)",
        ]

    def test_next_topic_follows_full_marks(self, tmp_path):
        catalogue = Catalogue({"words": "easy", "other": "hard"}, [], [])

        steps = advice.after_topic(Grade("words"), catalogue, tmp_path, "", is_part=False)

        assert [*steps] == ["Next: nox -s kata -- other (hard)"]

    def test_option_only_grades_the_named_bugs(self, project, capsys):
        assert main(["--only", "counts_characters", "another_docstring"], project) == 0

        assert capsys.readouterr().out.splitlines() == [
            "3 tests pass on the healthy application, in order and in reverse.",
            "accepted  another_docstring",
            "caught    counts_characters  by test_counts and 1 more",
            "words ########## 1/1 bugs caught, 1/1 variants accepted",
            "Grade the whole topic: nox -s kata -- words",
        ]

    @pytest.mark.usefixtures("letters")
    def test_option_only_lists_the_bugs_of_several_topics(self, project, capsys):
        shutil.copy(PROJECT / "kata" / "strong.py", project / "kata" / "test_letters.py")

        main(["--only", "counts_characters", "counts_no_letter"], project)

        lines = capsys.readouterr().out.splitlines()
        assert "caught    counts_characters  by test_counts and 1 more" in lines
        assert "caught    counts_no_letter  by test_finds_the_first_word" in lines

    def test_rejected_variant_alone_is_less_than_full_marks(self, project, capsys):
        shutil.copy(PROJECT / "kata" / "overfitted.py", project / "kata" / "test_words.py")

        assert main(["--only", "another_docstring"], project) == 1

        lines = capsys.readouterr().out.splitlines()
        assert "words .......... 0/1 variants accepted" in lines

    def test_bar_shows_points_if_a_variant_is_rejected(self, project, capsys):
        tests = "".join(
            (PROJECT / "kata" / f"{n}.py").read_text() for n in ("strong", "overfitted")
        )
        (project / "kata" / "test_words.py").write_text(tests.replace("test_greets", "test_gr", 1))

        main(["words"], project)

        lines = capsys.readouterr().out.splitlines()
        assert "words ######.... 3/3 bugs caught, 0/1 variants accepted: 2 points" in lines

    def test_no_line_of_a_grade_is_longer_than_80_columns(self, project, capsys):
        (project / "kata" / "test_words.py").write_text(
            "from app import count, greet\n\n\n"
            "class TestCount:\n"
            "    def test_two_words_with_a_space_between_them_are_counted_as_two_words(self):\n"
            "        assert count('one two') == 2\n\n"
            "    def test_docstring(self):\n"
            "        assert greet.__doc__ == 'Return a greeting.'\n"
        )

        main(["words"], project)

        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= 80
        assert lines[1:7] == [
            "REJECTED  another_docstring",
            "          by test_docstring: assert 'Return a friendly greeting.' == 'Return a",
            "          greeting.' (kata/test_words.py:9)",
            "          A docstring does not change what the function does.",
            "MISSED    greets_with_spaces",
            "          The greeting has a gap before the exclamation mark.",
        ]
        assert lines[7:9] == [
            "caught    counts_characters",
            "          by test_two_words_with_a_space_between_them_are_counted_as_two_words",
        ]

    def test_scoreboard_is_a_line_per_topic_and_json_has_every_detail(self, project, capsys):
        file = project / "grades.json"
        file.write_text('{\n  "version": 1}')  # an earlier run's
        (project / "kata" / "test_words.py").write_text("def test_nothing():\n    pass\n")

        main(["--json", str(file)], project)

        assert capsys.readouterr().out.splitlines() == [
            "words  easy   .......... 0/3 bugs caught, 1/1 variants accepted",
            "total         .......... 0/3 bugs caught, 1/1 variants accepted",
            "Next: nox -s kata -- words (easy)",
        ]
        edit = {"tests": {}, "note": ""}
        assert json.loads(file.read_text()) == {
            "version": 2,
            "topics": [
                {
                    "topic": "words",
                    "verdict": "graded",
                    "reason": "",
                    "tests": 1,
                    "caught": 0,
                    "rejected": 0,
                    "points": 0,
                    "bugs": [{"name": bug.name, "caught": False, **edit} for bug in CATALOGUE.bugs],
                    "variants": [{"name": "another_docstring", "accepted": True, **edit}],
                }
            ],
        }

    def test_json_does_not_overwrite_another_file(self, project, capsys):
        template = project / "home.html"
        template.write_text("{% extends 'layout.html' %}")

        assert main(["--json", str(template)], project) == 2

        assert "choose another file for --json" in capsys.readouterr().err
        assert template.read_text() == "{% extends 'layout.html' %}"

    @pytest.mark.parametrize("put", [shutil.copy, os.symlink], ids=["file", "link"])
    def test_tests_can_be_outside_the_project(self, project, tmp_path, capsys, put):
        put(PROJECT / "kata" / "red.py", tmp_path / "test_mine.py")

        status = main(["words", "--tests", str(tmp_path / "test_mine.py")], project)

        assert status == 2
        assert capsys.readouterr().out == (
            "FAILED    test_greets\n"
            "          assert 'Hello, John!' == 'Hi, John!' (test_mine.py:5)\n"
            "words not graded: 1 test fails on the healthy application.\n"
        )

    def test_commands_to_go_on_name_the_tests_outside_the_project(self, project, tmp_path, capsys):
        folders = [tmp_path / "my tests", tmp_path / "others"]
        for folder in folders:
            folder.mkdir()
            shutil.copy(PROJECT / "kata" / "uncollected.py", folder / "test_mine.py")
        command = f"nox -s kata -- words --tests '{folders[0]}'"

        main(["words", "--tests", str(folders[0])], project)
        output = capsys.readouterr().out

        assert f"Grade the missed bugs again: {command} --missed" in output
        assert "CountTests (line 16)" in output
        assert main(["words", "--missed", "--tests", str(folders[1])], project) == 2
        assert "words has not been graded yet." in capsys.readouterr().err

    def test_tests_of_two_paths_are_graded_together(self, project, tmp_path, capsys):
        for name in ("weak", "only_together"):
            shutil.copy(PROJECT / "kata" / f"{name}.py", tmp_path / f"test_{name}.py")
        paths = [f"--tests={tmp_path / f'test_{name}.py'}" for name in ("weak", "only_together")]

        main(["words", *paths], project)

        assert capsys.readouterr().out.startswith("6 tests pass")

    def test_two_files_of_tests_with_the_same_name_are_refused(self, project, tmp_path, capsys):
        shutil.copy(PROJECT / "kata" / "weak.py", tmp_path / "test_mine.py")
        path = f"--tests={tmp_path / 'test_mine.py'}"

        assert main(["words", path, path], project) == 2

        message = "Two --tests contain test_mine.py: rename one of them.\n"
        assert capsys.readouterr() == ("", message)

    @pytest.mark.parametrize(("points", "status"), [(1, 0), (2, 1)])
    def test_option_min_sets_the_exit_status(self, project, points, status):
        assert main(["words", "--min", str(points)], project) == status

    def test_option_bugs_adds_the_bugs_of_another_folder(self, project, tmp_path, capsys):
        (tmp_path / "words.toml").write_text(NO_APPLICATION.partition("[exits")[0])

        main(["words", "--bugs", str(tmp_path)], project)

        lines = capsys.readouterr().out.splitlines()
        assert "caught    cannot_be_imported" in lines
        assert "words #####..... 2/4 bugs caught, 1/1 variants accepted" in lines

    def test_score_below_full_marks_is_not_red(self, project, capsys, monkeypatch):
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        monkeypatch.delenv("NO_COLOR", raising=False)

        main(["words", "--only", "counts_characters", "never_ends"], project)

        lines = capsys.readouterr().out.splitlines()
        assert "\033[32mcaught\033[0m    counts_characters  by test_counts and 1 more" in lines
        assert "\033[31mMISSED\033[0m    never_ends" in lines
        assert "words #####..... 1/2 bugs caught" in lines

    def test_red_suite_lists_failing_tests_and_the_command_that_reruns_them(self, project, capsys):
        tests = "".join(f"def test_{n}():\n    assert {n} == 0\n\n\n" for n in range(12))
        (project / "kata" / "test_words.py").write_text(tests)

        assert main(["words"], project) == 2

        lines = capsys.readouterr().out.splitlines()
        assert lines[:2] == ["FAILED    test_1", "          assert 1 == 0 (kata/test_words.py:6)"]
        assert lines[18:] == [
            "FAILED    test_10",
            "          assert 10 == 0 (kata/test_words.py:42)",
            "          and 1 more",
            "Run them with pytest:",
            ".nox/kata/bin/pytest \\",
            *(f"    kata/test_words.py::test_{n} \\" for n in range(1, 10)),
            "    kata/test_words.py::test_10",
            "words not graded: 11 tests fail on the healthy application.",
        ]

    def test_failure_in_a_library_names_the_line_of_the_test(self, project, capsys):
        (project / "kata" / "test_words.py").write_text(
            "def test_reads(tmp_path):\n    (tmp_path / 'words').read_text()\n"
        )

        main(["words"], project)

        text = " ".join(capsys.readouterr().out.split())
        assert "directory: 'tmp/pytest-of-" in text
        assert "/words' (kata/test_words.py:2) " in text

    def test_tests_that_pytest_does_not_collect_are_named(self, project, capsys):
        shutil.copy(PROJECT / "kata" / "uncollected.py", project / "kata" / "test_words.py")

        main(["words", "--only", "counts_characters"], project)

        assert capsys.readouterr().out.splitlines()[-4:] == [
            "words ########## 1/1 bugs caught",
            "Name them test_... or Test..., or pytest skips them: counts_one_word_test (line",
            "          12), CountTests (line 16)",
            "Grade the whole topic: nox -s kata -- words",
        ]

    def test_order_dependent_test_is_rerun_by_a_command(self, project, capsys):
        shutil.copy(PROJECT / "kata" / "order_dependent.py", project / "kata" / "test_words.py")

        assert main(["words"], project) == 2

        assert capsys.readouterr().out.splitlines()[-4:] == [
            "Run it with pytest:",
            ".nox/kata/bin/pytest \\",
            "    kata/test_words.py::test_needs_the_first_test",
            "words not graded: 1 test fails in reverse order (order-dependent).",
        ]

    def test_id_of_a_test_is_not_wrapped(self):
        name = f"kata/test_words.py::test_{'very_' * 16}long_name"
        grade = Grade("words", verdict="flaky", reason=f"Flaky: {name} failed and then passed.")

        assert f"          {name}" in report.details(grade)

    def test_option_missed_after_a_run_that_missed_no_bug(self, project, capsys):
        shutil.copy(PROJECT / "kata" / "strong.py", project / "kata" / "test_words.py")
        main(["words", "--only", "counts_characters"], project)
        capsys.readouterr()

        assert main(["words", "--missed"], project) == 2

        assert capsys.readouterr().err == (
            "The last run of words missed no bug. Grade the whole topic: nox -s kata -- words\n"
        )

    def test_hint_of_each_named_bug(self, capsys):
        assert main(["--hint", "counts_characters", "another_docstring"], PROJECT) == 0

        assert capsys.readouterr().out == (
            "counts_characters: Which number is right for more than one word?\n"
            "another_docstring: A variant: tests accept it.\n"
        )

    def test_show_prints_the_story_and_the_diff(self, capsys):
        assert main(["--show", "counts_characters"], PROJECT) == 0

        story, _, diff = capsys.readouterr().out.partition("\n\n")
        assert story == "The page says that my two words are eleven."
        assert "-    return len(text.split())\n+    return len(text)\n" in diff

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--tests", "somewhere"], "--tests needs a topic"),
            (["--check"], "--check needs --reference"),
            (["words", "--reference"], "--reference grades all tests of the project"),
            (["--batch", "class", "--tests", "words"], "--batch names the tests"),
            (["--shard", "1/2"], "--shard needs --batch"),
            (
                ["--batch", "class", "--shard", "3/2"],
                "argument --shard: invalid shard value: '3/2'",
            ),
        ],
    )
    def test_wrong_arguments_exit_with_2_and_a_message(self, capsys, arguments, message):
        with pytest.raises(SystemExit, match="2"):
            main(arguments, PROJECT)

        assert message in capsys.readouterr().err.splitlines()[-1]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (
                ["--hint", "count_characters"],
                "No bug or variant is named 'count_characters'. Did you mean counts_characters?",
            ),
            (["--hint", "words"], "words is a topic: name one of its bugs or variants."),
            (["--hint", ""], "No bug or variant is named ''."),
            (["word"], "No topic is named 'word'. Did you mean words?"),
            (["--bugs", "{empty}"], "{empty} has no file TOPIC.toml with bugs."),
            (["--batch", "{empty}"], "{empty} is not a folder of submissions."),
            (["--batch", "{empty}/no"], "{empty}/no is not a folder of submissions."),
            (
                ["--batch", "{project}"],
                "--batch names the whole project: name a folder of submissions.",
            ),
            (
                ["--missed"],
                "words has not been graded yet. Run: nox -s kata -- words",
            ),
            (
                ["--only", "never_end"],
                "No bug or variant is named 'never_end'. Did you mean never_ends?",
            ),
            (["words", "--tests", "nowhere"], "nowhere does not exist."),
            (["words", "--tests", "{empty}"], "{empty} is empty."),
            (
                ["words", "--tests", "{project}"],
                "--tests names the whole project: name a file or a folder of tests.",
            ),
            (["words", "--json", "{empty}"], "Cannot write to {empty}."),
        ],
    )
    def test_impossible_request_exits_with_2_and_a_message(
        self, tmp_path, capsys, arguments, message
    ):
        places = {"empty": tmp_path, "project": PROJECT}

        status = main([argument.format(**places) for argument in arguments], PROJECT)

        assert status == 2
        assert capsys.readouterr() == ("", f"{message.format(**places)}\n")

    def test_output_escapes_characters_that_the_encoding_lacks(self, project):
        bugs = project / "kata" / "bugs" / "words.toml"
        bugs.write_text(bugs.read_text("utf-8").replace("The page says", "Ä page says"), "utf-8")

        result = subprocess.run(  # noqa: S603 - the command is our own
            command(project, "--show", "counts_characters"),
            cwd=ROOT,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
            check=True,
            capture_output=True,
            text=True,
        )

        assert result.stdout.startswith("\\xc4 page")

    def test_wrong_catalogue_exits_with_2_before_grading(self, project, capsys):
        bugs = project / "kata" / "bugs" / "words.toml"
        bugs.write_text(bugs.read_text().replace("name.strip()", "name.title()"))

        assert main(["words"], project) == 2

        assert "kata/bugs/words.toml: greets_with_spaces: " in capsys.readouterr().err

    @pytest.mark.parametrize("detach", ["env={}", "start_new_session=True"])
    def test_child_processes_of_a_test_are_killed(self, project, pipe, detach):
        path, reader = pipe
        (project / "kata" / "test_words.py").write_text(
            "import subprocess\n\n\n"
            "def test_starts():\n"
            "    command = ['/bin/sh', '-c', 'sleep 60 & sleep 60']\n"
            f"    with open({str(path)!r}, 'w') as pipe:\n"
            f"        subprocess.Popen(command, stdout=pipe, {detach})\n"
            "        print('started', file=pipe)\n"
        )

        main(["words"], project)

        assert os.read(reader, 100).startswith(b"started\n")
        assert has_ended(reader)

    def test_daemon_of_a_test_is_killed(self, project, pipe):
        path, reader = pipe
        (project / "kata" / "test_words.py").write_text(
            "import subprocess\n\n\n"
            "def test_starts():\n"
            f"    with open({str(path)!r}, 'w') as pipe:\n"
            "        command = ['/bin/sh', '-c', 'sleep 60 &']\n"
            "        subprocess.run(command, stdout=pipe, start_new_session=True)\n"
            "        print('started', file=pipe)\n"
        )

        main(["words"], project)

        assert os.read(reader, 100).startswith(b"started\n")
        assert has_ended(reader)

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_interrupted_run_leaves_no_process_and_no_file(self, project, pipe, short_path, number):
        path, reader = pipe
        (project / "kata" / "test_words.py").write_text(
            "import subprocess\n"
            "from threading import Event\n\n\n"
            "def test_waits():\n"
            f"    pipe = open({str(path)!r}, 'w')\n"
            "    subprocess.Popen(['sleep', '60'], stdout=pipe, start_new_session=True)\n"
            "    print('started', file=pipe, flush=True)\n"
            "    Event().wait(60)\n"
        )
        grader = subprocess.Popen(  # noqa: S603 - the command is our own
            command(project, "words"),
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(short_path)},
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert select.select([reader], [], [], 30)[0]
            assert os.read(reader, 100).startswith(b"started\n")
            grader.send_signal(number)
            stderr = grader.communicate(timeout=30)[1]
        finally:
            grader.kill()
            grader.communicate()

        assert stderr == ""
        assert grader.returncode == 130
        assert list(short_path.iterdir()) == []
        assert has_ended(reader)


class TestReference:
    """The project's own tests, graded in the place of a learner's."""

    @pytest.fixture
    def reference(self, project: Path) -> Callable[..., int]:
        """A function that grades learners' tests as the layers of the golden project."""
        bugs = project / "kata" / "bugs" / "words.toml"
        # The bug that never ends would take the longest deadline.
        bugs.write_text(bugs.read_text().partition("[never_ends]")[0] + NO_APPLICATION)

        def reference(*arguments: str, **learners: str) -> int:
            for layer, learner in learners.items():
                folder = project / "tests" / layer
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(PROJECT / "kata" / f"{learner}.py", folder / "test_words.py")
            return main(["--reference", *arguments], project)

        return reference

    def test_page_names_the_layer_that_catches_a_bug_first(self, reference, project, capsys):
        status = reference(unit="strong", integration="classes", system="classes")

        assert status == 0
        assert capsys.readouterr().out == (
            "4 bugs caught: 4 first by unit, 0 first by integration, 0 first by system. "
            "1 variants accepted.\n"
        )
        assert (
            "| The page says that my two words are eleven. `counts_characters` | `words.count` "
            "| unit 1 · integration 2 · system 2 |"
        ) in (project / "docs" / "bugs.md").read_text().splitlines()
        assert main(["--reference", "--check"], project) == 0

    def test_problems_are_listed(self, reference, capsys):
        status = reference("--check", unit="overfitted", integration="weak")

        assert status == 1
        assert capsys.readouterr().out.splitlines() == [
            "variant another_docstring: tests/unit/test_words.py::test_greets rejects it.",
            "bug greets_with_spaces: no test catches it.",
            "bug counts_characters: unit should catch it first, but "
            "tests/integration/test_words.py::test_counts does.",
            "docs/bugs.md is out of date: run `nox -s kata -- --reference` and commit it.",
        ]

    def test_bug_that_the_smoke_test_catches_is_reported(self, reference, project, capsys):
        shutil.copy(PROJECT / "kata" / "weak.py", project / "kata" / "smoke.py")

        assert reference(unit="strong", integration="weak") == 1

        assert capsys.readouterr().out.splitlines() == [
            f"bug {name}: kata/smoke.py catches it, so it is too obvious."
            for name in ("counts_characters", "cannot_be_imported", "exits_the_process")
        ]

    def test_system_test_that_rejects_a_variant_is_named(self, reference, capsys):
        assert reference(unit="weak", integration="weak", system="overfitted") == 1

        first, *_ = capsys.readouterr().out.splitlines()
        assert first == (
            "variant another_docstring: tests/system/test_words.py::test_greets rejects it."
        )

    @pytest.mark.parametrize("layer", ["unit", "integration", "system"])
    def test_reference_needs_tests_that_pass_on_the_healthy_application(
        self, reference, layer, capsys
    ):
        learners = {"unit": "weak", "integration": "weak", layer: "red"}

        assert reference(**learners) == 2

        error = capsys.readouterr().err
        assert f"On the healthy application tests/{layer}/test_words.py::test_greets" in error
