"""The catalogue of planted bugs and variants, and the problems that it reports."""

import tomllib
from pathlib import Path

import pytest

from grader.catalogue import CatalogueError, load

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


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small project with an empty catalogue."""
    for folder in ("docs", "kata/bugs", "kata/variants", "instance"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "docs" / "features.toml").write_text("[words.greet]\n[other.row]\n")
    (tmp_path / "kata" / "topics.toml").write_text('words = "easy"\nother = "hard"\n')
    (tmp_path / "app.py").write_text("def first(text):\n    return text[1:]\n")
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    (tmp_path / "instance" / "data.py").write_text("text[1:]\n")
    return tmp_path


def write(root: Path, text: str, file: str = "kata/bugs/words.toml") -> None:
    """Store a TOML file of the project."""
    (root / file).write_text(text)


def table(name: str, fields: dict[str, str]) -> str:
    """Return the fields as a table of TOML."""
    lines = (f"{field} = '''{value}'''" for field, value in fields.items())
    return "\n".join([f"[{name}]", *lines, ""])


def problems(root: Path) -> list[str]:
    """Return the problems that the catalogue reports."""
    with pytest.raises(CatalogueError) as raised:
        load(root)
    return str(raised.value).splitlines()


def test_bug_exists_for_each_feature_of_the_course():
    rows = tomllib.loads((ROOT / "docs" / "features.toml").read_text("utf-8"))
    features = {f"{topic}.{name}" for topic, named in rows.items() for name in named}

    assert {bug.feature for bug in load(ROOT).bugs} == features


def test_topics_have_the_same_order_in_the_kata_and_in_the_course_map():
    features = tomllib.loads((ROOT / "docs" / "features.toml").read_text("utf-8"))

    assert list(load(ROOT).topics) == list(features)


def test_every_topic_has_five_variants_and_a_rewrite_of_its_code():
    # The rewrite refuses a test that looks for the replaced words in the source text.
    catalogue = load(ROOT)

    for topic in catalogue.topics:
        files = [variant.file for variant in catalogue.variants if variant.topic == topic]
        assert len(files) >= 5, topic
        assert any(file.endswith(".py") for file in files), topic


def test_bugs_and_variants_are_loaded(root):
    write(root, table("a_bug", BUG))
    write(root, table("a_variant", VARIANT), "kata/variants/words.toml")

    catalogue = load(root)

    assert catalogue.topics == {"words": "easy"}
    assert [bug.name for bug in catalogue.bugs] == ["a_bug"]
    assert [variant.why for variant in catalogue.variants] == ["It is."]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"hint": None}, "missing: hint."),
        ({"colour": "red"}, "unknown: colour."),
        ({"layer": "browser"}, "layer must be one of unit, integration, system, not 'browser'."),
        ({"feature": "words.leave"}, "docs/features.toml has no row 'words.leave'."),
        ({"feature": "other.row"}, "feature 'other.row' belongs to another topic."),
        ({"file": "nowhere.py"}, "the project has no file 'nowhere.py'."),
        ({"file": "./app.py"}, "the project has no file './app.py'."),
        ({"file": "instance/data.py"}, "the project has no file 'instance/data.py'."),
        ({"file": "logo.png"}, "logo.png is not a text file."),
        ({"old": "[2:]"}, "the old text must be in app.py once, and is there 0 times."),
        ({"old": "text"}, "the old text must be in app.py once, and is there 2 times."),
        ({"new": "(text[1:])  # new"}, "the edit changes nothing but white space or comments."),
        ({"new": "text["}, "the edit makes invalid Python: '[' was never closed, line 2."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_problem_of_an_entry_is_reported(root, change, problem):
    fields = {name: value for name, value in (BUG | change).items() if value is not None}
    write(root, table("a_bug", fields))

    assert problems(root) == [f"kata/bugs/words.toml: a_bug: {problem}"]


def test_edit_of_white_space_in_a_template_is_reported(root):
    write(root, "<p>One</p>\n<p>Two</p>", "page.html")
    edit = {"file": "page.html", "old": "</p>\n<p>", "new": "</p>\n\n  <p>"}
    write(root, table("a_bug", BUG | edit))

    assert problems(root) == [
        "kata/bugs/words.toml: a_bug: the edit changes nothing but white space or comments."
    ]


def test_edit_that_joins_two_lines_is_accepted(root):
    write(root, "release: one\nweb: two\n", "Procfile")
    edit = {"file": "Procfile", "old": "one\nweb", "new": "one web"}
    write(root, table("a_bug", BUG | edit))

    assert [bug.name for bug in load(root).bugs] == ["a_bug"]


def test_edits_of_other_topics_are_not_checked(root):
    write(root, table("a_bug", BUG | {"old": "[2:]"}))

    assert [bug.name for bug in load(root, topics=["other"]).bugs] == ["a_bug"]


def test_field_that_is_not_a_string_is_reported(root):
    write(root, table("a_bug", BUG).replace("'''text'''", "1"))

    assert problems(root) == ["kata/bugs/words.toml: a_bug: not a string: new."]


def test_name_that_two_entries_have_is_reported(root):
    write(root, table("a_name", BUG))
    write(root, table("a_name", VARIANT), "kata/variants/words.toml")

    assert problems(root) == ["a_name: 2 entries have this name."]


def test_file_that_is_not_named_after_a_topic_is_reported(root):
    write(root, "", "kata/bugs/word.toml")

    assert problems(root) == ["kata/bugs/word.toml: docs/features.toml has no topic 'word'."]


def test_topic_without_a_difficulty_is_reported(root):
    write(root, table("a_bug", BUG))
    write(root, "", "kata/topics.toml")

    assert problems(root) == ["kata/topics.toml: words is missing."]


@pytest.mark.parametrize("file", ["kata/bugs/words.toml", "docs/features.toml", "kata/topics.toml"])
def test_invalid_toml_is_reported_with_its_line(root, file):
    write(root, "[words.greet\n", file)

    [problem] = problems(root)
    assert problem.startswith(f"{file}: ")
    assert "line 1" in problem


def test_all_problems_are_reported_at_once(root):
    write(root, table("a_bug", BUG | {"layer": "a", "old": "b"}) + table("another", {}))

    assert len(problems(root)) == 2
