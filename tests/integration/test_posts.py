"""Posts: reading, writing, editing by their author only, and the cost of long lists."""

import re
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from app.database import db
from app.models import TAGNAME_LENGTH, TEXT_LENGTH, TITLE_LENGTH, Blogpost, Tag, User
from app.posts import MAX_TAGS
from tests.support.blog import store_many_posts
from tests.support.config import CONFIG
from tests.support.databases import tables
from tests.support.html import csrf_header, page, redirect_target, submit, texts
from tests.support.statements import counted_steps, recorded_statements
from tests.support.stored import stored_rows

FLASK = "Flask - A Python Web Framework"
TEMPLATES = "Using Templates in Flask"
DATABASES = "Working with Databases in Flask"
REST = "RestAPI Programming in Flask"

# A valid post form.
POST = {"title": "The road goes ever on", "text": "Down from the door.", "tags": "Walking, Flask"}


def titles(response: TestResponse) -> list[str]:
    """Return the titles in a list of posts."""
    return texts(response, "article h2")


def form_values(response: TestResponse) -> dict[str, str]:
    """Return the values in the post form."""
    [found] = page(response).cssselect("main form")
    # A browser ignores a line break at the start of a text area.
    return {name: value.removeprefix("\n") for name, value in found.form_values()}


def link_url(client: FlaskClient, link: str) -> str:
    """Return the URL of the link with this text in the list of all posts."""
    found = page(client.get("/posts/")).cssselect("article a")
    return next(a.get("href") for a in found if a.text_content() == link)


@pytest.fixture(scope="module")
def sqlite_app() -> Flask:
    """An application on SQLite, also with `--postgres`: only SQLite can count its steps."""
    return create_app(CONFIG)


class TestRead:
    @pytest.mark.usefixtures("dataset")
    def test_posts_are_listed_newest_first(self, client):
        response = client.get("/posts/")

        assert texts(response, "h1") == ["All posts"]
        assert titles(response) == [REST, DATABASES, TEMPLATES, FLASK]

    @pytest.mark.usefixtures("dataset")
    def test_author_link_leads_to_the_posts_of_the_author(self, client):
        response = client.get(link_url(client, "Fordo Baggings"))

        assert texts(response, "h1") == ["Posts by Fordo Baggings"]
        assert titles(response) == [REST, TEMPLATES]

    @pytest.mark.usefixtures("dataset")
    def test_tag_link_leads_to_the_posts_with_the_tag(self, client):
        response = client.get(link_url(client, "Templates"))

        assert texts(response, "h1") == ["Posts about Templates"]
        assert titles(response) == [TEMPLATES]

    @pytest.mark.usefixtures("dataset")
    def test_title_link_leads_to_the_post(self, client):
        response = client.get(link_url(client, REST))

        assert texts(response, "h1") == [REST]
        assert texts(response, "[rel=author]") == ["Fordo Baggings"]
        assert texts(response, "[rel=tag]") == ["Flask", "Python", "Rest API"]
        assert texts(response, ".text") == [
            "One class for a resource, one method for a verb: GET, POST, PUT, DELETE."
        ]

    @pytest.mark.usefixtures("dataset")
    def test_list_shows_the_author_and_the_tags_of_a_post(self, client):
        [first, *_] = page(client.get("/posts/")).cssselect("article")

        assert [a.text for a in first.cssselect("[rel=author]")] == ["Fordo Baggings"]
        assert [a.text for a in first.cssselect("[rel=tag]")] == ["Flask", "Python", "Rest API"]

    def test_date_of_a_post_is_readable_by_people_and_programs(self, app, client):
        with app.app_context():
            user = User(username="John Williams")
            written = datetime(2026, 11, 5, 17, 30)  # noqa: DTZ001 - UTC, like the column
            db.session.add(Blogpost(title=FLASK, created=written, user=user))
            db.session.commit()

        [time] = page(client.get("/posts/")).cssselect("time")

        assert time.text == "05 November 2026"
        assert time.get("datetime") == "2026-11-05T17:30:00Z"

    @pytest.mark.usefixtures("dataset")
    def test_list_shows_an_excerpt_of_a_long_text(self, app, client):
        with app.app_context():
            db.session.get(Blogpost, 4).text = "One\n  two three, " * 100
            db.session.commit()

        excerpt, *short = texts(client.get("/posts/"), ".excerpt")

        assert excerpt.startswith("One two three, One two")
        assert excerpt.endswith("…")
        assert 150 < len(excerpt) <= 200
        assert short[-1].startswith("Flask gives you a request")
        assert "…" not in short[-1]

    @pytest.mark.usefixtures("dataset")
    @pytest.mark.parametrize(
        ("url", "description"),
        [
            (
                "/posts/4",
                "One class for a resource, one method for a verb: GET, POST, PUT, DELETE.",
            ),
            ("/posts/by/2", "Posts by Fordo Baggings, newest first."),
            ("/", "A small blog that shows the topics of a course on Flask, with their tests."),
        ],
    )
    def test_page_has_a_description_for_search_engines(self, client, url, description):
        [meta] = page(client.get(url)).cssselect("meta[name=description]")

        assert meta.get("content") == description

    def test_list_without_posts_links_to_the_form_for_a_new_post(self, client):
        response = client.get("/posts/")

        [message] = texts(response, "main p")
        assert message.endswith(" Write the first one")
        assert [a.get("href") for a in page(response).cssselect("main a")] == ["/posts/new"]

    @pytest.mark.parametrize("url", ["/posts/by/1", "/posts/tagged/1"])
    def test_author_or_tag_without_posts_leads_to_all_posts(self, app, client, url):
        with app.app_context():
            db.session.add_all([User(username="Fordo Baggings"), Tag(tagname="Python")])
            db.session.commit()

        response = client.get(url)

        assert response.status_code == 200
        [message] = texts(response, "main p")
        assert message.endswith(" See all posts")
        assert [a.get("href") for a in page(response).cssselect("main a")] == ["/posts/"]

    def test_page_of_a_user_without_posts_links_to_the_form_for_a_new_post(self, app, john):
        with app.app_context():
            db.session.query(Blogpost).delete()
            db.session.commit()

        response = john.get("/posts/by/1")

        assert texts(response, "main p a") == ["Write the first one"]

    @pytest.mark.usefixtures("dataset")
    @pytest.mark.parametrize(
        "url",
        # The last id is too large for every database (2 to the power of 63).
        ["/posts/99", "/posts/by/99", "/posts/tagged/99", "/posts/9223372036854775808"],
    )
    def test_unknown_post_author_or_tag_is_not_found(self, client, url):
        assert client.get(url).status_code == 404


class TestWrite:
    @pytest.mark.parametrize(
        ("url", "wrong", "heading"),
        [
            ("/posts/new", None, "New post"),
            ("/posts/1/edit", None, "Edit post"),
            ("/posts/new", {"title": ""}, "New post"),
            ("/posts/1/edit", {"title": ""}, "Edit post"),
            ("/posts/1/edit", {"version": "7"}, "Edit post"),
        ],
    )
    def test_form_heading_tells_new_from_edited_posts(self, john, url, wrong, heading):
        response = submit(john, url, wrong) if wrong else john.get(url)

        assert texts(response, "h1") == [heading]

    def test_new_post_is_stored_and_shown(self, john):
        response = submit(john, "/posts/new", POST)

        post = john.get(redirect_target(response))
        assert texts(post, "h1") == ["The road goes ever on"]
        assert texts(post, ".text") == ["Down from the door."]
        assert texts(post, "[rel=author]") == ["John Williams"]
        assert texts(post, "[rel=tag]") == ["Flask", "Walking"]
        assert len(texts(post, ".notice")) == 1

    def test_line_breaks_and_indentation_of_a_text_are_kept(self, john):
        response = submit(john, "/posts/new", {**POST, "text": "\r\none\r\n  two\r\n\r\nthree\r\n"})

        [text] = page(john.get(redirect_target(response))).cssselect(".text")
        assert text.text == "one\n  two\n\nthree"

    def test_non_ascii_letters_are_kept(self, john):
        typed = {"title": "Ñandú 🦤 日本", "text": "Où? שלום", "tags": "café"}

        response = submit(john, "/posts/new", typed)

        shown = texts(john.get(redirect_target(response)), "h1, .text, [rel=tag]")
        assert sorted(shown) == sorted(typed.values())

    def test_existing_tag_is_reused_ignoring_case(self, app, john):
        before = stored_rows(app)["tag"]

        response = submit(john, "/posts/new", {**POST, "tags": "rest api"})

        assert texts(john.get(redirect_target(response)), "[rel=tag]") == ["Rest API"]
        assert stored_rows(app)["tag"] == before

    def test_longest_values_of_a_post_are_accepted(self, john):
        # In UTF-8, this letter takes four bytes. A line break of a browser is two characters.
        title, text = "🦤" * 120, "\r\n".join("🦤" * 5_000)
        tags = ",".join(letter * 40 for letter in "abcdefghij")

        response = submit(john, "/posts/new", {"title": title, "text": text, "tags": tags})

        assert redirect_target(response)

    @pytest.mark.parametrize(
        ("field", "typed", "reason"),
        [
            ("title", "x" * 121, "Use at most 120 characters."),
            ("text", "", "This field is required."),
            ("tags", "a,b,c,d,e,f,g,h,i,j,k", "Use at most 10 tags."),
        ],
    )
    def test_invalid_post_is_rejected_with_the_reason(self, app, john, field, typed, reason):
        before = stored_rows(app)

        response = submit(john, "/posts/new", {**POST, field: typed})

        assert response.status_code == 422
        assert texts(response, ".error") == texts(response, f"#{field}-about .error") == [reason]
        assert stored_rows(app) == before

    def test_post_form_shows_the_limits_before_they_are_exceeded(self, john):
        response = john.get("/posts/new")

        assert texts(response, ".hint") == [
            f"At most {TITLE_LENGTH} characters.",
            f"At most {TEXT_LENGTH:,} characters.",
            f"Optional. At most {MAX_TAGS} tags, each of at most {TAGNAME_LENGTH} characters.",
        ]

    @pytest.mark.parametrize(
        ("form", "back"),
        [
            ("/posts/new", "/posts/"),
            ("/posts/1/edit", "/posts/1"),
            ("/contact", "/posts/by/1"),
            ("/password", "/people/"),
        ],
    )
    def test_cancel_leads_back_to_the_page_before_the_form(self, john, form, back):
        links = page(john.get(form)).cssselect("form a")

        assert [(a.text, a.get("href")) for a in links] == [("Cancel", back)]

    def test_rejected_post_form_keeps_the_typed_values(self, john):
        typed = {"title": "x" * 121, "text": "one\n  two", "tags": "x" * 41}

        response = submit(john, "/posts/new", typed)

        shown = form_values(response)
        assert {name: shown[name] for name in typed} == typed

    def test_new_post_by_a_visitor_redirects_to_the_login(self, app, client):
        before = stored_rows(app)

        response = client.post("/posts/new", data=POST, headers=csrf_header(client))

        assert redirect_target(response) == "/login"
        assert stored_rows(app) == before


class TestOwn:
    """John Williams wrote post 1, Fordo Baggings wrote post 2."""

    def test_edit_form_shows_the_stored_post(self, john):
        shown = form_values(john.get("/posts/1/edit"))

        assert shown["title"] == FLASK
        assert shown["text"].startswith("Flask gives you a request")
        assert shown["tags"] == "Flask, Python"

    def test_saving_an_unchanged_form_changes_nothing_visible(self, john):
        before = john.get("/posts/1")

        response = submit(john, "/posts/1/edit")

        assert redirect_target(response) == "/posts/1"
        shown = "h1, .text, .byline, [rel=tag]"
        assert texts(john.get("/posts/1"), shown) == texts(before, shown)

    def test_author_can_edit_a_post(self, john):
        submit(john, "/posts/1/edit", POST)

        response = john.get("/posts/1")
        assert texts(response, "h1, .text") == ["The road goes ever on", "Down from the door."]
        assert texts(response, "[rel=tag]") == ["Flask", "Walking"]

    def test_invalid_edit_stores_nothing(self, app, john):
        before = stored_rows(app)

        response = submit(john, "/posts/1/edit", {**POST, "title": ""})

        assert response.status_code == 422
        assert stored_rows(app) == before

    def test_author_can_delete_a_post(self, john):
        response = submit(john, "/posts/1", form="form[action$=delete]")

        assert redirect_target(response) == "/posts/"
        response = john.get("/posts/")
        assert titles(response) == [REST, DATABASES, TEMPLATES]
        assert len(texts(response, ".notice")) == 1
        assert john.get("/posts/1").status_code == 404

    def test_post_edited_in_another_window_is_not_deleted(self, john):
        [form] = page(john.get("/posts/1")).cssselect("form[action$=delete]")
        submit(john, "/posts/1/edit", {"title": "Flask, again"})

        response = john.post(form.get("action"), data=dict(form.form_values()))

        assert response.status_code == 409
        assert texts(response, "h1 + p") == [
            "This post has changed since you opened it. Read it again before you delete it."
        ]
        assert john.get("/posts/1").status_code == 200

    def test_editing_an_unknown_post_is_not_found(self, john):
        response = john.post("/posts/99/edit", data=POST, headers=csrf_header(john))

        assert response.status_code == 404

    def test_only_the_author_sees_the_edit_link_and_delete_button(self, john, client):
        change = "main a[href$=edit], main form[action$=delete]"

        [link, form] = page(john.get("/posts/3")).cssselect(change)
        assert (link.get("href"), form.get("action")) == ("/posts/3/edit", "/posts/3/delete")
        assert texts(john.get("/posts/2"), change) == []
        assert texts(client.get("/posts/1"), change) == []

    @pytest.mark.parametrize(
        ("method", "url"),
        [("GET", "/posts/1/edit"), ("POST", "/posts/1/edit"), ("POST", "/posts/1/delete")],
    )
    def test_other_user_cannot_edit_or_delete_a_post(self, app, fordo, method, url):
        before = stored_rows(app)

        response = fordo.open(url, method=method, data=POST, headers=csrf_header(fordo))

        assert response.status_code == 403
        assert texts(response, "h1") == ["Forbidden"]
        assert stored_rows(app) == before

    @pytest.mark.usefixtures("dataset")
    @pytest.mark.parametrize(
        ("method", "url", "login"),
        [
            ("GET", "/posts/1/edit", "/login?next=/posts/1/edit"),
            ("POST", "/posts/1/edit", "/login"),
            ("POST", "/posts/1/delete", "/login"),
        ],
    )
    def test_edit_or_deletion_by_a_visitor_redirects_to_the_login(
        self, app, client, method, url, login
    ):
        before = stored_rows(app)

        response = client.open(url, method=method, data=POST, headers=csrf_header(client))

        assert redirect_target(response) == login
        assert stored_rows(app) == before

    def test_extra_form_fields_cannot_change_the_id_author_or_date(self, app, fordo):
        # Mass assignment: a client can send fields that the form does not have.
        extra = {"id": "1", "userid": "1", "user": "1", "created": "2000-01-01"}
        _, before, *_ = stored_rows(app)["blogpost"]

        submit(fordo, "/posts/2/edit", {**POST, **extra})

        _, after, *_ = stored_rows(app)["blogpost"]
        assert after.title == POST["title"]
        assert (after.id, after.userid, after.created) == (2, before.userid, before.created)

    def test_delete_requires_post(self, john):
        response = john.get("/posts/1/delete")

        assert response.status_code == 405
        assert response.allow.as_set() == {"options", "post"}
        assert john.get("/posts/1").status_code == 200

    def test_edits_in_two_windows_do_not_overwrite_each_other(self, john):
        in_both = form_values(john.get("/posts/1/edit"))
        john.post("/posts/1/edit", data={**in_both, "tags": "Walking"})

        response = john.post("/posts/1/edit", data={**in_both, "title": "The road"})

        assert response.status_code == 409
        assert texts(response, "[role=alert]") == [
            "This has changed since you opened it. Open it in another tab to compare."
        ]
        assert form_values(response)["title"] == "The road"
        assert texts(john.get("/posts/1"), "h1, [rel=tag]") == [FLASK, "Walking"]

    @pytest.mark.parametrize("url", ["/posts/1/edit", "/posts/1/delete"])
    def test_missing_version_is_a_conflict(self, app, john, url):
        before = stored_rows(app)

        response = john.post(url, data=POST, headers=csrf_header(john))

        assert response.status_code == 409
        assert stored_rows(app) == before


POST_LISTS = ["/posts/", "/posts/by/1", "/posts/tagged/1", "/posts/?before=9"]
LISTS = [*POST_LISTS, "/people/", "/users/"]


class TestScale:
    @pytest.mark.parametrize(
        "url", ["/posts/", "/posts/by/1", "/posts/tagged/1", "/people/", "/users/"]
    )
    def test_list_has_no_n_plus_1_queries(self, app, client, url):
        # N+1 queries: one more query for each row.
        store_many_posts(app, range(1, 4))
        with recorded_statements(app) as for_few_rows:
            assert client.get(url).status_code == 200

        store_many_posts(app, range(4, 13))
        with recorded_statements(app) as for_a_full_page:
            assert client.get(url).status_code == 200

        assert 0 < len(for_few_rows) == len(for_a_full_page)

    # User 7 and tag 7 have one post; user 1 and tag 1 have many.
    @pytest.mark.parametrize("url", [*LISTS, "/posts/by/7", "/posts/tagged/7"])
    def test_database_does_no_more_work_for_many_rows_than_for_few(self, sqlite_app, url):
        client = sqlite_app.test_client()
        with tables(sqlite_app):
            store_many_posts(sqlite_app, range(1, 21))
            # For the first request, newer versions of SQLite also count parsing the statements.
            assert client.get(url).status_code == 200
            with counted_steps(sqlite_app) as for_20_users:
                client.get(url)

            store_many_posts(sqlite_app, range(21, 61))
            with counted_steps(sqlite_app) as for_60_users:
                client.get(url)

        assert 0 < len(for_20_users) == len(for_60_users)

    @pytest.mark.parametrize("url", POST_LISTS)
    def test_list_does_not_read_the_texts_of_posts(self, app, client, url):
        store_many_posts(app, range(1, 6))

        with recorded_statements(app) as sent:
            client.get(url)

        # The database cuts the excerpts.
        assert "substr(blogpost.text, " in str(sent)
        assert not re.search(r"(?<!substr\()blogpost\.text", str(sent))
