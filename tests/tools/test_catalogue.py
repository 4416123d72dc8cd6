"""The kata's catalogue, and each thing that may be wrong with one; how long a run may take."""

import tempfile
import tomllib
import unittest
from pathlib import Path
from queue import Empty
from unittest import mock

from grader.catalogue import CatalogueError, load
from grader.runner import END, LOOKS, NO_END, wait

ROOT = Path(__file__).parents[2]

BUG = {
    "feature": "words.greet",
    "layer": "unit",
    "file": "app.py",
    "old": "text[1:]",
    "new": "text",
    "story": "A user notices.",
    "hint": "Look there.",
}
VARIANT = {"file": "app.py", "old": "text[1:]", "new": "text[1 : len(text)]", "why": "It is."}


def table(name: str, fields: dict[str, str]) -> str:
    """Give the fields as a table of TOML."""
    lines = (f"{field} = '''{value}'''" for field, value in fields.items())
    return "\n".join([f"[{name}]", *lines, ""])


class TestCatalogue(unittest.TestCase):
    def setUp(self):
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for folder in ("docs", "kata/bugs", "kata/variants"):
            (self.root / folder).mkdir(parents=True)
        (self.root / "docs" / "features.toml").write_text("[words.greet]\n[other.row]\n")
        (self.root / "app.py").write_text("def first(text):\n    return text[1:]\n")
        (self.root / "page.html").write_text("<p>One</p>\n<p>Two</p>\n")
        (self.root / "broken.py").write_text("(\n")
        (self.root / "logo.png").write_bytes(b"\x89PNG")
        (self.root / "instance").mkdir()
        (self.root / "instance" / "a.py").write_text("text[1:]\n")

    def write(self, text: str, file: str = "kata/bugs/words.toml") -> None:
        (self.root / file).write_text(text)

    def problems(self) -> list[str]:
        with self.assertRaises(CatalogueError) as caught:
            load(self.root)
        return list(caught.exception.args)

    def test_the_projects_own_is_right(self):
        self.assertTrue(load(ROOT).topics)

    def test_each_feature_of_the_course_can_be_broken(self):
        rows = tomllib.loads((ROOT / "docs" / "features.toml").read_text("utf-8"))
        features = {f"{topic}.{name}" for topic, named in rows.items() for name in named}

        self.assertEqual({bug.feature for bug in load(ROOT).bugs}, features)

    def test_bugs_and_variants_are_read(self):
        self.write(table("a_bug", BUG))
        self.write(table("a_variant", VARIANT), "kata/variants/words.toml")

        catalogue = load(self.root)

        self.assertEqual(catalogue.topics, ["words"])
        self.assertEqual([bug.name for bug in catalogue.bugs], ["a_bug"])
        self.assertEqual([variant.why for variant in catalogue.variants], ["It is."])

    def test_an_entry_that_is_wrong_is_named_with_what_is_wrong(self):
        cases = {
            "it lacks hint.": {k: v for k, v in BUG.items() if k != "hint"},
            "it has no use for colour.": BUG | {"colour": "red"},
            "its layer 'browser' is none of unit, integration, system.": BUG | {"layer": "browser"},
            "docs/features.toml has no row 'words.leave'.": BUG | {"feature": "words.leave"},
            "its feature 'other.row' is of another topic.": BUG | {"feature": "other.row"},
            "there is no file 'nowhere.py' in the project.": BUG | {"file": "nowhere.py"},
            "there is no file './app.py' in the project.": BUG | {"file": "./app.py"},
            "there is no file 'instance/a.py' in the project.": BUG | {"file": "instance/a.py"},
            "logo.png is no text.": BUG | {"file": "logo.png"},
            "broken.py is no valid Python, before any edit: '(' was never closed, line 1.": BUG
            | {"file": "broken.py"},
            "its old text stands in app.py 0 times, and must stand there once.": BUG
            | {"old": "text[2:]"},
            "its old text stands in app.py 2 times, and must stand there once.": BUG
            | {"old": "text"},
            "its edit changes nothing that runs.": BUG | {"new": "(text[1:])  # as it was"},
            "its edit leaves no valid Python: '[' was never closed, line 2.": BUG
            | {"new": "text["},
        }
        for problem, fields in cases.items():
            with self.subTest(problem):
                self.write(table("a_bug", fields))

                self.assertEqual(self.problems(), [f"kata/bugs/words.toml: a_bug: {problem}"])

    def test_a_page_of_which_only_the_spaces_change_is_the_same_page(self):
        edit = {"file": "page.html", "old": "</p>\n<p>", "new": "</p>\n\n  <p>"}
        self.write(table("a_bug", BUG | edit))

        self.assertEqual(
            self.problems(), ["kata/bugs/words.toml: a_bug: its edit changes nothing that runs."]
        )

    def test_a_comment_is_nothing_that_runs(self):
        for file, text in {
            "page.html": "{# One,\nand two #}<p>",
            "nginx.conf": "# One\nlisten 80;\n",
            "uwsgi.ini": "; One\nmaster = true\n",
            "people.js": "// One\nrun();\n",
            "Procfile": "# One\nweb: run\n",
        }.items():
            with self.subTest(file):
                (self.root / file).write_text(text)
                edit = {"file": file, "old": "One", "new": "Another"}
                self.write(table("a_bug", BUG | edit))

                self.assertEqual(
                    self.problems(),
                    ["kata/bugs/words.toml: a_bug: its edit changes nothing that runs."],
                )

    def test_the_end_of_a_line_may_mean_something(self):
        (self.root / "Procfile").write_text("release: one\nweb: two\n")
        edit = {"file": "Procfile", "old": "one\nweb", "new": "one web"}
        self.write(table("a_bug", BUG | edit))

        self.assertEqual([bug.name for bug in load(self.root).bugs], ["a_bug"])

    def test_what_is_no_text_is_named(self):
        self.write(table("a_bug", BUG).replace("'''text'''", "1"))

        self.assertEqual(self.problems(), ["kata/bugs/words.toml: a_bug: new must be text."])

    def test_a_name_that_is_there_twice_is_named(self):
        self.write(table("a_name", BUG))
        self.write(table("a_name", VARIANT), "kata/variants/words.toml")

        self.assertEqual(self.problems(), ["a_name: the name is there 2 times."])

    def test_a_file_that_is_no_topic_is_named(self):
        self.write("", "kata/bugs/word.toml")

        self.assertEqual(
            self.problems(), ["kata/bugs/word.toml: docs/features.toml has no topic 'word'."]
        )

    def test_a_file_that_cannot_be_read_is_named_with_the_place(self):
        self.write("[a_bug\n")

        [problem] = self.problems()
        self.assertTrue(problem.startswith("kata/bugs/words.toml: "), problem)
        self.assertIn("line 1", problem)

    def test_features_that_cannot_be_read_are_named_with_the_place(self):
        self.write("[words.greet\n", "docs/features.toml")

        [problem] = self.problems()
        self.assertTrue(problem.startswith("docs/features.toml: "), problem)
        self.assertIn("line 1", problem)

    def test_every_problem_is_named_at_once(self):
        self.write(table("a_bug", BUG | {"layer": "a", "old": "b"}) + table("another", {}))

        self.assertEqual(len(self.problems()), 2)


class TestWait(unittest.TestCase):
    def setUp(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.record = folder / "record"
        self.record.touch()

    def answers(self, *news: str) -> mock.Mock:
        """Give answers that do not come while each of these is recorded, and come after them."""
        coming = iter(news)

        def get(timeout: float) -> str:
            for line in coming:
                with self.record.open("a") as file:
                    file.write(f"{line}\n")
                raise Empty
            return END

        return mock.Mock(get=get)

    def test_a_run_may_take_its_time_while_its_tests_begin_and_end(self):
        news = ['{"running": "test_one"}', '{"running": ""}', '{"running": "test_two"}']

        self.assertEqual(wait(self.answers(*news), self.record, deadline=1), END)

    def test_a_test_that_does_not_end_may_tell_what_it_likes(self):
        news = ['{"running": "test_one"}', *['{"test": "test_one", "outcome": "passed"}'] * LOOKS]

        self.assertEqual(wait(self.answers(*news), self.record, deadline=1), NO_END)
