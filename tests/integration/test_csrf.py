"""Cross-site request forgery: every request that changes data needs the session's CSRF token."""

import pytest

from tests.support.blog import PASSWORD
from tests.support.html import csrf_header, logged_in_as, page, submit, texts
from tests.support.stored import stored_rows


class TestCsrfToken:
    @pytest.mark.parametrize("sent", [{}, {"X-CSRFToken": "wrong"}], ids=["missing", "wrong"])
    def test_every_changing_request_needs_the_csrf_token(self, app, john, sent):
        changing = [
            (method, rule.rule.replace("<int:post_id>", "1").replace("<int:user_id>", "1"))
            for rule in app.url_map.iter_rules()
            for method in rule.methods & {"POST", "PUT", "PATCH", "DELETE"}
        ]
        before = stored_rows(app)

        statuses = {
            (method, url): john.open(url, method=method, headers=sent).status_code
            for method, url in changing
        }

        assert ("DELETE", "/users/1") in statuses
        assert set(statuses.values()) == {400}
        assert stored_rows(app) == before
        assert logged_in_as(john) == ["John Williams"]

    def test_csrf_token_of_another_session_is_rejected(self, app, john, fordo):
        before = stored_rows(app)

        response = john.post("/posts/1/delete", headers=csrf_header(fordo))

        assert response.status_code == 400
        assert stored_rows(app) == before

    def test_csrf_token_from_before_the_login_is_rejected(self, client, dataset):
        from_before = csrf_header(client)
        submit(client, "/login", {"username": "John Williams", "password": PASSWORD})

        response = client.post("/posts/1/delete", headers=from_before)

        assert response.status_code == 400

    @pytest.mark.parametrize("referer", [None, "https://evil.example/"], ids=["none", "foreign"])
    def test_https_form_without_a_referer_of_this_site_is_rejected_with_the_reason(
        self, client, referer
    ):
        opened = client.get("/preferences", base_url="https://localhost")
        fields = dict(page(opened).cssselect("main form")[0].form_values())

        response = client.post(
            "/preferences",
            base_url="https://localhost",
            headers={"Referer": referer} if referer else {},
            data=fields,
        )

        assert response.status_code == 400
        [reason] = texts(response, "main p")
        assert reason.endswith("Allow your browser or program to send the Referer header.")
        assert "login" not in reason

    def test_missing_csrf_token_is_reported(self, client):
        response = client.post("/preferences", data={"theme": "dark"})

        assert response.status_code == 400
        [reason] = texts(response, "main p")
        assert reason.startswith("The CSRF token is missing. Your login may have changed.")

    @pytest.mark.parametrize("sent", [{}, {"X-CSRFToken": "wrong"}], ids=["missing", "wrong"])
    def test_api_client_is_told_how_to_send_the_csrf_token(self, john, sent):
        response = john.delete("/users/1", headers=sent)

        assert response.status_code == 400
        assert response.json["message"].startswith("The CSRF ")
        assert "X-CSRFToken" in response.json["message"]
        assert "login" not in response.json["message"]
