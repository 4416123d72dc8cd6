"""Your mission: prove that the application is put together from blueprints as the course says.

The topic is app/sample_blueprint.py, which is mounted at `/en` and at `/es`, and `create_app` in
app/__init__.py, which gives applications that share nothing.

The fixtures, which conftest.py in the project's root explains: `app`, `client`.

- unit: a blueprint on an application of your own, under a prefix of your own. `create_app` without
  settings keeps its data where `FLASK_INSTANCE_PATH` says: set that to `tmp_path`.
- integration: both mounts, and where the links on their pages lead.
- system: follow those links in a browser; tests/system/blog.py has a test case for that.
"""


class TestPrefix:
    def test_it_greets_in_english_below_en(self, client):
        response = client.get("/en/John")

        assert "Hello, John!" in response.text


# Your tests go here. `nox -s kata -- blueprints` grades them.
