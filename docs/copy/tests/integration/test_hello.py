"""The whole application, through the test client and the command line."""

import pytest

from tests.support.html import redirect_target, submit, texts


@pytest.mark.parametrize("text", ["Buy milk", "Call John"])
def test_saved_note_is_the_only_one_on_the_page(client, text):
    response = submit(client, "/", {"text": text})

    assert redirect_target(response) == "/"
    assert texts(client.get("/"), "li") == [text]


def test_title_is_a_setting(new_app):
    client = new_app(TITLE="My notes").test_client()

    assert texts(client.get("/"), "h1") == ["My notes"]


def test_init_db_confirms_the_tables(runner):
    result = runner.invoke(args=["init-db"])

    assert result.output == "Created the tables.\n"
