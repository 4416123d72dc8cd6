"""The generator of docs/course.md: what it counts, what it writes, and what it finds wrong."""

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

    def test_each_parameter_set_counts_whatever_its_id(self):
        tests = count(f"{MODELS}::TestRepr::test_a[x::y]\n{MODELS}::TestRepr::test_a[[]\n")

        self.assertEqual(tests, {(MODELS, "TestRepr"): 2})

    def test_a_test_outside_of_a_class_has_an_empty_one(self):
        self.assertEqual(count(f"{MODELS}::test_a[x::y]\n"), {(MODELS, ""): 1})

    def test_the_closing_line_of_pytest_is_no_test(self):
        self.assertEqual(count("\n3 tests collected in 0.12s\n"), {})


class TestProblems(unittest.TestCase):
    def setUp(self):
        self.tests = count(f"{MODELS}::TestOneToOne::test_a\n")

    def test_there_is_none_when_every_required_cell_has_a_test(self):
        self.assertEqual(problems(FEATURES, self.tests), [])

    def test_an_empty_cell_is_named_with_the_class_to_write(self):
        self.assertEqual(
            problems(FEATURES, count("")),
            [f"{MODELS}: models.one_to_one has no test: write class TestOneToOne."],
        )

    def test_a_misspelt_class_is_named(self):
        self.tests[MODELS, "TestOneToOen"] = 1

        self.assertEqual(
            problems(FEATURES, self.tests),
            [f"{MODELS}: class TestOneToOen is no feature of docs/features.toml."],
        )

    def test_a_test_outside_of_a_class_is_named(self):
        self.tests[MODELS, ""] = 1

        self.assertEqual(
            problems(FEATURES, self.tests),
            [f"{MODELS}: a test outside of a class is no feature of docs/features.toml."],
        )

    def test_a_file_that_is_no_topic_names_its_classes_as_it_likes(self):
        self.tests["tests/unit/test_config.py", "TestDatabaseUrl"] = 1

        self.assertEqual(problems(FEATURES, self.tests), [])


class TestPage(unittest.TestCase):
    def setUp(self):
        self.lines = page(FEATURES, count(f"{MODELS}::TestOneToOne::test_a\n")).splitlines()

    def test_a_feature_is_a_row_that_leads_to_its_class(self):
        self.assertIn(
            "| `one_to_one` | Relacion uno a uno | a user has one contact "
            f"| [1](../{MODELS}#:~:text=class%20TestOneToOne) |  |  |",
            self.lines,
        )

    def test_a_feature_without_a_section_goes_beyond_the_course(self):
        self.assertIn(
            "| `repr` | beyond the course | how a user shows itself |  |  |  |", self.lines
        )

    def test_a_topic_is_a_heading_in_the_order_of_the_features(self):
        headings = [line for line in self.lines if line.startswith("## ")]

        self.assertEqual(headings, ["## models", "## deploy"])


class TestMain(unittest.TestCase):
    def test_what_is_no_option_is_refused_before_anything_is_written(self):
        for arguments in (["--chek"], ["--help"], ["--check", "now"]):
            with self.subTest(arguments), patch.object(Path, "write_text") as write:
                self.assertEqual(
                    main(*arguments), f"There is no {' '.join(arguments)} here, but --check alone."
                )

                write.assert_not_called()
