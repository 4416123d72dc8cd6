"""The generator of docs/course.md: how it counts tests, finds problems and writes the page."""

import unittest
from pathlib import Path
from unittest.mock import patch

from tools.course_map import Features, count, main, page, problems

FEATURES: Features = {
    "models": {
        "one_to_one": {
            "section": "Relacion uno a uno",
            "shows": "a user has one contact",
            "layers": ["unit"],
        },
        "repr": {"shows": "how a user shows itself", "layers": []},
    },
    "deploy": {"nginx": {"shows": "Nginx in front of uWSGI", "layers": []}},
}
MODELS = "tests/unit/test_models.py"


class TestCount(unittest.TestCase):
    def test_tests_are_counted_by_file_and_class(self):
        tests = count(f"{MODELS}::TestRepr::test_a\n{MODELS}::TestRepr::test_b\n")

        self.assertEqual(tests, {(MODELS, "TestRepr"): 2})

    def test_every_parameter_set_counts_as_a_test(self):
        tests = count(f"{MODELS}::TestRepr::test_a[x::y]\n{MODELS}::TestRepr::test_a[[]\n")

        self.assertEqual(tests, {(MODELS, "TestRepr"): 2})

    def test_module_level_test_has_an_empty_class_name(self):
        self.assertEqual(count(f"{MODELS}::test_a[x::y]\n"), {(MODELS, ""): 1})

    def test_summary_line_of_pytest_is_not_counted(self):
        self.assertEqual(count("\n3 tests collected in 0.12s\n"), {})


class TestProblems(unittest.TestCase):
    def setUp(self):
        self.tests = count(f"{MODELS}::TestOneToOne::test_a\n")

    def test_complete_map_has_no_problems(self):
        self.assertEqual(problems(FEATURES, self.tests), [])

    def test_missing_test_is_reported_with_the_class_to_write(self):
        self.assertEqual(
            problems(FEATURES, count("")),
            [f"{MODELS}: models.one_to_one has no test: write class TestOneToOne."],
        )

    def test_misspelled_class_is_reported(self):
        self.tests[MODELS, "TestOneToOen"] = 1

        self.assertEqual(
            problems(FEATURES, self.tests),
            [f"{MODELS}: class TestOneToOen matches no feature in docs/features.toml."],
        )

    def test_module_level_test_is_reported(self):
        self.tests[MODELS, ""] = 1

        self.assertEqual(
            problems(FEATURES, self.tests),
            [f"{MODELS}: a test outside a class matches no feature in docs/features.toml."],
        )

    def test_classes_in_a_file_that_is_not_a_topic_are_ignored(self):
        self.tests["tests/unit/test_config.py", "TestDatabaseUrl"] = 1

        self.assertEqual(problems(FEATURES, self.tests), [])


class TestPage(unittest.TestCase):
    def setUp(self):
        self.lines = page(FEATURES, count(f"{MODELS}::TestOneToOne::test_a\n")).splitlines()

    def test_row_of_a_feature_links_to_its_test_class(self):
        self.assertIn(
            "| `models.one_to_one` | *Relacion uno a uno* | a user has one contact "
            f"| [1](../{MODELS}#:~:text=class%20TestOneToOne) |  |  |",
            self.lines,
        )

    def test_feature_without_a_section_is_beyond_the_course(self):
        self.assertIn(
            "| `models.repr` | beyond the course | how a user shows itself |  |  |  |", self.lines
        )

    def test_topics_are_headings_in_the_order_of_the_features(self):
        headings = [line for line in self.lines if line.startswith("## ")]

        self.assertEqual(headings, ["## models", "## deploy"])


class TestMain(unittest.TestCase):
    def test_unknown_argument_is_rejected_and_nothing_is_written(self):
        for arguments in (["--chek"], ["--help"], ["--check", "now"]):
            with self.subTest(arguments), patch.object(Path, "write_text") as write:
                error = main(*arguments)

                self.assertIn(f"Unknown arguments: {' '.join(arguments)}", error)
                write.assert_not_called()
