"""Your mission: test that the application is built from blueprints, as in the course.

The code is app/sample_blueprint.py, which is registered at `/en` and at `/es`, and `create_app` in
app/__init__.py, the application factory. Two applications that it creates share nothing.

Fixtures (see conftest.py in the project's root): `app`, `client`, and `new_app`, which creates
another application.

- unit: register the blueprint on an application of your own, with a URL prefix of your own.
  `create_app` without settings stores data in `FLASK_INSTANCE_PATH`: set it to `tmp_path`.
- integration: request the pages under both prefixes, and check where their links lead.
- system: follow those links in a browser, with `BlogTestCase` from tests/system/blog.py:
  `self.browser.get(self.get_server_url() + "/en/John")` opens a page.
"""


class TestPrefix:
    def test_greeting_at_en_is_in_english(self, client):
        response = client.get("/en/John")

        assert "Hello, John!" in response.text


# Write your tests here, then run `nox -s kata -- blueprints` to grade them.
