"""The kata's grader: learners' tests, in `project/kata/`, and the verdict on each."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from grader import grading, runner
from grader.__main__ import main
from grader.catalogue import load
from grader.grading import Grade, grade
from grader.project import project_files
from grader.runner import Pool
from tests.support.missing import missing

ROOT = Path(__file__).parents[2]
PROJECT = Path(__file__).with_name("golden")
CATALOGUE = load(PROJECT)

# Whose tests cannot be graded: the verdict, and how the reason begins.
UNGRADED = {
    "empty": ("empty", "There is no test."),
    "skipped": ("skipped", "Every test is skipped, or expected to fail."),
    "later": ("skipped", "Every test is skipped, or expected to fail."),
    "red": ("red", "Without any bug kata/red.py::test_greets fails: assert"),
    "imports": ("broken", "The tests cannot be run: ImportError: cannot import name"),
    "syntax": ("broken", "The tests cannot be run: SyntaxError: invalid syntax"),
    "nowhere": ("broken", "The tests cannot be run: ERROR: file or directory not found"),
    "script": ("broken", "The tests cannot be run: kata/script.py ends the process that"),
    "floods": (
        "red",
        "Without any bug kata/floods.py::test_prints fails: OSError: [Errno 27] File too large",
    ),
    "gives_up": ("stopped", "The run ends early in kata/gives_up.py::test_gives_up."),
    "leaves": ("stopped", "The run ends early in kata/leaves.py::test_leaves."),
    "endless": ("stopped", "The run does not end in kata/endless.py::test_waits."),
    "exits": ("stopped", "The run ends its process in kata/exits.py::test_exits."),
    "stops": ("stopped", "The run does not end in kata/stops.py::test_stops."),
    "kills": ("stopped", "The run kills the process it comes from in kata/kills.py"),
    "ordered": ("order", "The order of the tests matters: in reverse kata/ordered.py"),
    "random_": ("random", "Passed twice, and then: Without any bug kata/random_.py::"),
    "renames": ("random", "No test passes twice by one name"),
    "forges": (
        "litter",
        "The tests make, change or delete what the grader writes down about them: write",
    ),
    "links": ("litter", "The tests make, change or delete app, app/__init__.py: write"),
    "writes": ("litter", "The tests make, change or delete app/__init__.py, greeting.txt: "),
}

# Under each of them no test can begin.
NO_APPLICATION = """[cannot_be_imported]
feature = "words.greet"
layer = "unit"
file = "app/__init__.py"
old = "def greet("
new = "import nothing_that_is_there\\n\\n\\ndef greet("
story = "The application does not start."
hint = "What does it import?"

[ends_the_process]
feature = "words.count"
layer = "unit"
file = "app/__init__.py"
old = "def count("
new = "__import__('os')._exit(1)\\n\\n\\ndef count("
story = "The server is gone as soon as it starts."
hint = "What does it run?"
"""

Grader = Callable[[str], Grade]


@pytest.fixture(scope="module", autouse=True)
def _short() -> Iterator[None]:
    """What needs no library need not wait for one, nor long for what does not end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "LIBRARIES", ())
        patch.setattr(runner, "cores", lambda: 1)
        patch.setattr(runner, "PATIENCE", 1)
        patch.setattr(grading, "SHORTEST_DEADLINE", 2)
        yield


def grader_of(pool: Pool) -> Grader:
    """Give what grades a learner, once."""

    @cache
    def graded(learner: str) -> Grade:
        deadline = 2 if learner in {"endless", "stops"} else 30
        return grade(pool, "words", [f"kata/{learner}.py"], CATALOGUE, deadline=deadline)

    return graded


@pytest.fixture(scope="module")
def graded() -> Iterator[Grader]:
    """Grades a learner of the little project."""
    files = project_files(PROJECT)
    # No linter would let it be a file.
    files["kata/syntax.py"] = b"def test_greets(:\n"
    with Pool(files, size=2) as pool:
        yield grader_of(pool)


def caught(grade: Grade) -> set[str]:
    return {seen.edit.name for seen in grade.bugs if seen}


class TestGrade:
    def test_strong_tests_catch_every_bug_and_accept_every_variant(self, graded):
        grade = graded("strong")

        assert caught(grade) == {bug.name for bug in CATALOGUE.bugs}
        assert (grade.accepted, len(grade.variants)) == (1, 1)
        assert grade.status == 0

    def test_a_test_that_does_not_end_under_a_bug_has_caught_it(self, graded):
        [seen] = [seen for seen in graded("strong").bugs if seen.edit.name == "never_ends"]

        assert seen.failed == {"kata/strong.py::test_finds_the_first_word": "the run does not end"}

    def test_weak_tests_miss_bugs(self, graded):
        grade = graded("weak")

        assert caught(grade) == {"counts_characters"}
        assert grade.status == 1

    def test_every_test_that_catches_a_bug_is_named_with_its_reason(self, graded):
        [seen] = [seen for seen in graded("weak").bugs if seen]

        assert seen.failed == {
            "kata/weak.py::test_counts": "assert 11 == 2 (kata/weak.py:9)",
            "kata/weak.py::test_counts_more": "assert 24 == 4 (kata/weak.py:13)",
        }

    def test_overfitted_tests_refuse_a_variant(self, graded):
        grade = graded("overfitted")

        [seen] = grade.variants
        assert list(seen.failed) == ["kata/overfitted.py::test_greets"]
        assert grade.status == 1

    def test_a_test_that_has_not_passed_before_catches_nothing(self, graded):
        assert caught(graded("late")) == set()

    def test_a_test_that_has_not_passed_before_catches_nothing_by_ending_the_run(self, graded):
        assert caught(graded("deserts")) == set()

    def test_what_fails_or_ends_by_chance_catches_nothing(self, graded):
        grade = graded("chance")

        assert grade.verdict == ""
        assert caught(grade) == set()

    def test_tests_may_catch_a_bug_together(self, graded):
        assert caught(graded("together")) == {"counts_characters"}

    def test_tests_may_go_to_a_folder_that_is_gone(self, graded):
        [seen] = [seen for seen in graded("wanders").bugs if seen]

        assert seen.failed == {"kata/wanders.py::test_counts": "assert 9 == 2 (kata/wanders.py:13)"}

    def test_a_part_of_a_test_may_be_skipped(self, graded):
        assert caught(graded("subtests")) == {"counts_characters"}

    def test_what_tests_print_does_not_matter(self, graded):
        assert caught(graded("loud")) == {"counts_characters"}

    def test_no_test_finds_the_catalogue(self, graded):
        assert graded("curious").tests == 1

    @pytest.mark.parametrize("learner", UNGRADED)
    def test_what_cannot_be_graded_is_said_in_a_line(self, graded, learner):
        verdict, reason = UNGRADED[learner]
        if learner in {"kills", "stops"} and not hasattr(signal, "SIGKILL"):
            missing("This system has no such signal.")

        grade = graded(learner)

        assert grade.verdict == verdict
        assert grade.reason.startswith(reason)
        assert "\n" not in grade.reason
        assert grade.status == 2

    def test_the_grades_are_the_same_where_there_is_no_fork(self, graded):
        with Pool(project_files(PROJECT), size=2, fork=False) as pool:
            without = grader_of(pool)

            assert without("thread") == graded("thread")
            assert without("exits") == graded("exits")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the little project, with weak tests where the learner's are to be."""
    project = Path(shutil.copytree(PROJECT, tmp_path / "project"))
    (project / "kata" / "weak.py").rename(project / "kata" / "test_words.py")
    return project


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A named pipe and its reader: it ends when every process that has it open has ended."""
    if sys.platform != "linux":
        missing("A process that has left its group is found on Linux alone.")
    os.mkfifo(path := tmp_path / "pipe")
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield path, reader
    os.close(reader)


def has_ended(reader: int) -> bool:
    """Say whether a pipe ends within half a minute."""
    while select.select([reader], [], [], 30)[0]:
        if not os.read(reader, 100):
            return True
    return False


class TestCommandLine:
    def test_a_topic_is_a_line_for_each_edit_and_a_score(self, project, capsys):
        status = main(["words"], project)

        assert status == 1
        assert capsys.readouterr().out.splitlines() == [
            "3 tests passed on the application as it is, forwards and backwards.",
            "accepted  other_words",
            "MISSED    greets_with_spaces  words.greet; nox -s kata -- --hint greets_with_spaces",
            "caught    counts_characters   by test_counts and 1 more",
            "MISSED    never_ends          words.count; nox -s kata -- --hint never_ends",
            "words 1/3 bugs caught, 1/1 variants accepted",
        ]

    def test_the_scoreboard_is_a_line_for_each_topic_and_the_json_has_it_all(self, project, capsys):
        file = project / "grades.json"
        file.write_text('{\n  "version": 1}')  # of the last time
        (project / "kata" / "test_words.py").write_text("def test_nothing():\n    pass\n")

        main(["--json", str(file)], project)

        assert capsys.readouterr().out == "words 0/3 bugs caught, 1/1 variants accepted\n"
        edit = {"tests": {}, "note": ""}
        assert json.loads(file.read_text()) == {
            "version": 1,
            "topics": [
                {
                    "topic": "words",
                    "verdict": "graded",
                    "reason": "",
                    "tests": 1,
                    "bugs": [{"name": bug.name, "caught": False, **edit} for bug in CATALOGUE.bugs],
                    "variants": [{"name": "other_words", "accepted": True, **edit}],
                }
            ],
        }

    def test_the_json_replaces_nothing_but_grades(self, project, capsys):
        template = project / "home.html"
        template.write_text("{% extends 'layout.html' %}")

        assert main(["--json", str(template)], project) == 2

        assert capsys.readouterr() == (
            "",
            f"{template} has something else in it: name another file for the grades.\n",
        )
        assert template.read_text() == "{% extends 'layout.html' %}"

    @pytest.mark.parametrize("put", [shutil.copy, os.symlink])
    def test_tests_may_lie_elsewhere(self, project, tmp_path, capsys, put):
        put(PROJECT / "kata" / "red.py", tmp_path / "test_mine.py")

        status = main(["words", "--tests", str(tmp_path / "test_mine.py")], project)

        assert status == 2
        assert capsys.readouterr().out == (
            "words not graded. Without any bug kata/submitted/test_mine.py::test_greets fails: "
            "assert 'Hello, John!' == 'Hi, John!' (kata/submitted/test_mine.py:5)\n"
        )

    def test_a_hint_does_not_give_the_answer(self, capsys):
        assert main(["--hint", "counts_characters"], PROJECT) == 0

        assert capsys.readouterr().out == "Which number is right for more than one word?\n"

    def test_a_bug_is_shown_with_its_story_and_as_a_diff(self, capsys):
        assert main(["--show", "counts_characters"], PROJECT) == 0

        story, _, diff = capsys.readouterr().out.partition("\n\n")
        assert story == "A text of two words has eleven."
        assert "-    return len(text.split())\n+    return len(text)\n" in diff

    def test_a_name_that_is_misspelt_is_corrected(self, capsys):
        assert main(["--hint", "count_characters"], PROJECT) == 2

        assert capsys.readouterr().err == (
            "There is no 'count_characters'; did you mean counts_characters?\n"
        )

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["nothing"], "invalid choice: 'nothing'"),
            (["--tests", "somewhere"], "--tests needs a topic"),
            (["--tests", ""], "--tests needs a topic"),
            (["--check"], "--check needs --reference"),
            (["words", "--reference"], "--reference grades every topic"),
            (["--reference", "--tests", "somewhere"], "--reference grades every topic"),
            (["--reference", "--json", "grades.json"], "--reference grades every topic"),
        ],
    )
    def test_wrong_arguments_end_with_2_and_a_clear_line(self, capsys, arguments, said):
        with pytest.raises(SystemExit, match="2"):
            main(arguments, PROJECT)

        assert said in capsys.readouterr().err.splitlines()[-1]

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--hint", ""], "There is no ''."),
            (["words", "--tests", "nowhere"], "There is no nowhere."),
            (["words", "--tests", "{empty}"], "There is no file in {empty}."),
            (
                ["words", "--tests", "{project}"],
                "The whole project is no topic's tests: name a file or a folder.",
            ),
            (["words", "--json", "{empty}"], "{empty} is no file that can be written."),
            (["--json", "{empty}/no/x"], "{empty}/no/x is no file that can be written."),
        ],
    )
    def test_what_cannot_be_done_ends_with_2_before_anything_is_graded(
        self, tmp_path, capsys, arguments, said
    ):
        places = {"empty": tmp_path, "project": PROJECT}

        status = main([argument.format(**places) for argument in arguments], PROJECT)

        assert status == 2
        assert capsys.readouterr() == ("", f"{said.format(**places)}\n")

    def test_a_letter_that_the_output_cannot_have_is_spelt_out(self, project):
        bugs = project / "kata" / "bugs" / "words.toml"
        bugs.write_text(bugs.read_text("utf-8").replace("A text", "Ä text"), "utf-8")
        code = "import sys; from pathlib import Path; from grader import __main__; "
        code += f"sys.exit(__main__.run(['--show', 'counts_characters'], Path({str(project)!r})))"

        said = subprocess.run(  # noqa: S603 - nothing in it comes from outside
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
            check=True,
            capture_output=True,
            text=True,
        )

        assert said.stdout.startswith("\\xc4 text")

    def test_nothing_is_graded_while_the_catalogue_is_wrong(self, project, capsys):
        bugs = project / "kata" / "bugs" / "words.toml"
        bugs.write_text(bugs.read_text().replace("name.strip()", "name.title()"))

        assert main(["words"], project) == 2

        assert capsys.readouterr().err == (
            "kata/bugs/words.toml: greets_with_spaces: its old text stands in app/__init__.py "
            "0 times, and must stand there once.\n"
        )

    def test_a_run_is_a_group_of_its_own_as_soon_as_it_is_known(self):
        """Whoever ends a group that is not there yet ends nothing, and waits for the run."""
        if not hasattr(os, "fork"):
            missing("This system cannot fork.")
        code = "import os; from grader.zygote import start; pid = start('', fork=True); "
        code += "print(os.getpgid(pid) == pid); os.waitpid(pid, 0)"
        command = [sys.executable, "-c", code]

        said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603 - it is ours

        assert said.stdout == "True\n"

    def test_what_a_test_starts_ends_with_its_run(self, project, pipe):
        """With nothing of the run's environment, in a session of its own, and in no one's hands."""
        path, reader = pipe
        (project / "kata" / "test_words.py").write_text(
            "import subprocess\n\n\n"
            "def test_starts():\n"
            "    command = ['/bin/sh', '-c', 'sleep 60 & sleep 60']\n"
            f"    with open({str(path)!r}, 'w') as pipe:\n"
            "        subprocess.Popen(command, stdout=pipe, env={}, start_new_session=True)\n"
            "        print('started', file=pipe)\n"
        )

        main(["words"], project)

        assert os.read(reader, 100).startswith(b"started\n")
        assert has_ended(reader)

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_an_interrupted_run_leaves_nothing(self, project, tmp_path, pipe, number):
        """The test and the process that it has detached hold a pipe: it ends when they do."""
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
        temporary = tmp_path / "temporary"
        temporary.mkdir()
        code = "import sys; from pathlib import Path; from grader import __main__, runner; "
        code += "runner.LIBRARIES = (); "
        code += f"sys.exit(__main__.run(['words'], Path({str(project)!r})))"
        kata = subprocess.Popen(  # noqa: S603 - nothing in it comes from outside
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(temporary)},
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert select.select([reader], [], [], 30)[0]
            assert os.read(reader, 100).startswith(b"started\n")
            kata.send_signal(number)
            said = kata.communicate(timeout=30)[1]
        finally:
            kata.kill()
            kata.communicate()

        assert said == ""
        assert kata.returncode == 130
        assert list(temporary.iterdir()) == []
        assert has_ended(reader)


class TestReference:
    """The project's own tests in the place of a learner's, and the page that proves them."""

    @pytest.fixture
    def reference(self, project: Path) -> Callable[..., int]:
        """Gives the status for these learners' tests as layers of the little project.

        In the place of the bug that never ends, for which one has to wait, there are others.
        """
        bugs = project / "kata" / "bugs" / "words.toml"
        bugs.write_text(bugs.read_text().partition("[never_ends]")[0] + NO_APPLICATION)

        def reference(*arguments: str, **learners: str) -> int:
            for layer, learner in learners.items():
                folder = project / "tests" / layer
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(PROJECT / "kata" / f"{learner}.py", folder / "test_words.py")
            return main(["--reference", *arguments], project)

        return reference

    def test_the_page_says_which_layer_sees_a_bug_first(self, reference, project, capsys):
        status = reference(unit="strong", integration="classes", system="classes")

        assert status == 0
        assert capsys.readouterr().out == (
            "4 bugs seen, 4 first by unit, 0 first by integration, 0 first by system; "
            "1 variants accepted.\n"
        )
        assert (
            "| `counts_characters` | A text of two words has eleven. | `words.count` | unit "
            "| 1 | 2 | 2 |"
        ) in (project / "docs" / "bugs.md").read_text().splitlines()
        assert main(["--reference", "--check"], project) == 0

    def test_whatever_does_not_hold_is_named(self, reference, capsys):
        status = reference("--check", unit="overfitted", integration="weak")

        assert status == 1
        assert capsys.readouterr().out.splitlines() == [
            "variant other_words: tests/unit/test_words.py::test_greets refuses it.",
            "bug greets_with_spaces: no test sees it.",
            "bug counts_characters: unit is not the first to see it: "
            "tests/integration/test_words.py::test_counts does.",
            "docs/bugs.md is stale: run `nox -s kata -- --reference` and commit it.",
        ]

    def test_a_test_of_the_system_layer_that_refuses_a_variant_is_named(self, reference, capsys):
        assert reference(unit="weak", integration="weak", system="overfitted") == 1

        refused, *_ = capsys.readouterr().out.splitlines()
        assert refused == "variant other_words: tests/system/test_words.py::test_greets refuses it."

    @pytest.mark.parametrize("layer", ["unit", "integration", "system"])
    def test_tests_that_fail_without_any_bug_are_no_reference(self, reference, layer, capsys):
        learners = {"unit": "weak", "integration": "weak", layer: "red"}

        assert reference(**learners) == 2

        error = capsys.readouterr().err
        assert f"Without any bug tests/{layer}/test_words.py::test_greets" in error
