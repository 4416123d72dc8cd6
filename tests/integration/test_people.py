"""The people page: all users, and a form to rename or delete the user's own account.

Its script sends the form to the API, which `test_views.py` tests.
"""

from tests.support.html import page, texts


class TestPeople:
    def test_people_page_links_to_the_posts_of_every_user(self, client, dataset):
        links = page(client.get("/people/")).cssselect(".rows a")

        assert [(link.text.strip(), link.get("href")) for link in links] == [
            ("Fordo Baggings", "/posts/by/2"),
            ("John Williams", "/posts/by/1"),
        ]

    def test_people_page_without_users_has_a_message(self, client):
        [message] = texts(client.get("/people/"), "main p")

        assert message.endswith(" Sign up")

    def test_people_page_passes_the_url_and_csrf_token_to_its_script(self, fordo):
        [account] = page(fordo.get("/people/")).cssselect("#account")

        response = fordo.put(
            account.get("data-url"),
            json={"username": "Frodo Baggins"},
            headers={"X-CSRFToken": account.get("data-token")},
        )

        assert account.cssselect("#username")[0].get("value") == "Fordo Baggings"
        assert response.json == {"id": 2, "username": "Frodo Baggins"}

    def test_people_page_script_urls_include_the_script_name(self, fordo):
        response = fordo.get("/people/", environ_overrides={"SCRIPT_NAME": "/blog"})

        [account] = page(response).cssselect("#account")
        assert (account.get("data-url"), account.get("data-home")) == ("/blog/users/2", "/blog/")

    def test_people_page_has_no_account_form_for_a_visitor(self, client, dataset):
        assert page(client.get("/people/")).cssselect("#account") == []
