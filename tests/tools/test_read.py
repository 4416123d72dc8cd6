"""The tests of a topic, printed as sentences by `nox -s read`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import read

ROOT = Path(__file__).parents[2]

PAGE = """\
words.count: `count` returns the number of words, and no word of a text is
  counted twice
  unit
    Two words are two.
  system
    Server starts.
    Page shows the number of words.

See also, with nox -s read: spaces
"""

OTHER_PAGE = """\
unit: White space between words.
  Space is one character.
  Tab is white space.

"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project with tests on two layers."""
    for folder in ("docs", "tests/unit", "tests/system"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "docs" / "features.toml").write_text(
        '[words.count]\nshows = "`count` returns the number of words, and no word of a text is '
        'counted twice"\n\n[letters.count]\nshows = "letters"\n'
    )
    (tmp_path / "tests" / "unit" / "test_words.py").write_text(
        "class TestCount:\n    def test_two_words_are_two(self):\n        pass\n\n"
        "    def helper(self):\n        pass\n"
    )
    (tmp_path / "tests" / "system" / "test_words.py").write_text(
        "class Checks:\n    def test_server_starts(self):\n        pass\n\n"
        "class TestCount(Checks):\n    def test_page_shows_the_number_of_words(self):\n"
        "        pass\n"
    )
    (tmp_path / "tests" / "unit" / "test_spaces.py").write_text(
        '"""White space between words.\n\nAlso tabs."""\n\n'
        "class TestTab:\n    def test_tab_is_white_space(self):\n        pass\n\n"
        "def test_space_is_one_character():\n    pass\n"
    )
    monkeypatch.setattr(read, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("root")
class TestRead:
    def test_tests_of_a_topic_are_sentences_by_feature_and_layer(self, capsys):
        read.main(["words"])

        assert capsys.readouterr().out == PAGE

    def test_tests_of_another_file_are_sentences_by_layer(self, capsys):
        read.main(["spaces"])

        assert capsys.readouterr().out == OTHER_PAGE

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ([], "the following arguments are required: TOPIC"),
            (["wrods"], "argument TOPIC: invalid choice: 'wrods'"),
            (["words", "letters"], "unrecognized arguments: letters"),
        ],
    )
    def test_wrong_topic_exits_with_2_and_a_message(self, capsys, arguments, message):
        with pytest.raises(SystemExit, match="2"):
            read.main(arguments)

        assert message in capsys.readouterr().err


@pytest.mark.parametrize(("topic", "fewest"), [("cookies", 41), ("deploy", 41), ("csrf", 6)])
def test_page_of_a_topic_fits_80_columns(capsys, topic, fewest):
    read.main([topic])

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= fewest
    assert max(map(len, lines)) <= 80


def test_pipe_that_is_closed_early_is_no_error():
    # As in `python -m tools.read cookies | head`, after `head` has read its lines.
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        result = subprocess.run(
            [sys.executable, "-m", "tools.read", "cookies"],
            cwd=ROOT,
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert (result.returncode, result.stderr) == (0, b"")
