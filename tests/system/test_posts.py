"""The blog: posts are read, written, edited and deleted."""

from tests.support.databases import PASSWORD
from tests.system.blog import BlogTestCase
from tests.system.pages import LoginPage, Page, PostForm, PostPage, PostsPage, SignUpPage


class TestRead(BlogTestCase):
    def test_a_reader_opens_a_post_from_the_list(self) -> None:
        page = self.visit(PostsPage)

        page.follow("Using Templates in Flask")

        post = page.becomes(PostPage)
        assert (post.heading, post.author) == ("Using Templates in Flask", "Fordo Baggings")
        assert post.lines[0] == "A template is a page with holes in it."

    def test_a_reader_turns_the_pages_to_the_oldest_post_and_back(self) -> None:
        self.app.config["PAGE_SIZE"] = 3
        page = self.visit(PostsPage)

        page.follow("Older")
        oldest = page.posts
        page.follow("Newest")

        assert oldest == ["Flask - A Python Web Framework"]
        assert page.posts == [
            "RestAPI Programming in Flask",
            "Working with Databases in Flask",
            "Using Templates in Flask",
        ]

    def test_a_list_that_fits_on_a_page_has_no_pages_to_turn(self) -> None:
        page = self.visit(PostsPage)

        assert not page.offers("Older")
        assert not page.offers("Newest")

    def test_whoever_has_written_nothing_has_an_empty_list_that_says_so(self) -> None:
        self.visit(SignUpPage).sign_up("Sam", "potatoes")
        page = self.visit(Page, "/people/")

        page.follow("Sam")

        assert page.heading == "Posts by Sam"
        assert "There are no posts here yet." in page.text

    def test_an_unknown_post_is_a_404_page_with_the_menu(self) -> None:
        self.expects = [404]

        page = self.visit(Page, "/posts/99")

        assert page.heading == "Not Found"
        assert page.offers("Posts")


class TestWrite(BlogTestCase):
    def test_john_writes_a_post_and_sees_it(self) -> None:
        self.log_in("John Williams")
        page = self.visit(PostForm)

        page.save(Title="Testing Flask", Text="A test can fail.\nThat is its use.", Tags="Tests")

        post = page.becomes(PostPage)
        assert (post.notice, post.heading) == ("Your post is kept.", "Testing Flask")
        assert (post.author, post.tags) == ("John Williams", ["Tests"])
        assert post.lines == ["A test can fail.", "That is its use."]

    def test_a_new_post_is_found_by_its_tag(self) -> None:
        self.log_in("John Williams")
        page = self.visit(PostForm)
        page.save(Title="Testing Flask", Text="A test can fail.", Tags="templates, Tests")

        page.follow("Templates")

        assert page.becomes(PostsPage).posts == ["Testing Flask", "Using Templates in Flask"]

    def test_a_new_post_is_found_by_its_author(self) -> None:
        self.log_in("John Williams")
        page = self.visit(PostForm)
        page.save(Title="Testing Flask", Text="A test can fail.")

        page.follow("John Williams")

        assert page.heading == "Posts by John Williams"
        assert page.becomes(PostsPage).posts[0] == "Testing Flask"

    def test_a_refused_post_keeps_what_was_typed_and_says_why(self) -> None:
        self.expects = [422]
        self.log_in("John Williams")
        page = self.visit(PostForm)

        page.save(Title="  ", Text="A long text.\n\nIt was hard work.", Tags="Tests")

        assert page.problem_with("Title") == "This field is required."
        assert page.typed("Text") == "A long text.\n\nIt was hard work."
        assert page.typed(PostForm.tags) == "Tests"

    def test_the_browser_lets_nobody_type_more_than_a_title_holds(self) -> None:
        self.log_in("John Williams")
        page = self.visit(PostForm)

        page.type(Title="x" * 121)

        assert page.typed("Title") == "x" * 120

    def test_a_script_in_a_post_is_text_and_does_not_run(self) -> None:
        script = "<script>document.title = 'owned'</script><img src=x onerror=alert(1)>"
        self.log_in("John Williams")
        page = self.visit(PostForm)

        page.save(Title=script, Text=script, Tags=script[:30])

        post = page.becomes(PostPage)
        assert (post.heading, post.lines, post.tags) == (script, [script], [script[:30]])

    def test_writing_needs_a_login_and_goes_on_after_it(self) -> None:
        page = self.visit(PostForm)
        sent_to = page.heading

        page.becomes(LoginPage).log_in("John Williams", PASSWORD)
        page.save(Title="Testing Flask", Text="A test can fail.")

        assert (sent_to, page.heading) == ("Log in", "Testing Flask")


class TestOwn(BlogTestCase):
    def test_the_author_edits_a_post_and_finds_all_of_it_in_the_form(self) -> None:
        self.log_in("John Williams")
        page = self.visit(PostPage, "/posts/3")

        page.follow("Edit")
        form = page.becomes(PostForm)
        found = (form.typed("Title"), form.typed(PostForm.tags))
        form.save(Title="Databases, again", Tags="Python")

        assert found == ("Working with Databases in Flask", "DB connectivity, Flask, Python")
        assert (page.notice, page.heading) == ("Your post is kept.", "Databases, again")
        assert page.tags == ["Python"]

    def test_the_author_deletes_a_post(self) -> None:
        self.log_in("John Williams")
        page = self.visit(PostPage, "/posts/3")

        page.delete()

        assert (page.address, page.notice) == ("/posts/", "Your post is deleted.")
        assert "Working with Databases in Flask" not in page.becomes(PostsPage).posts

    def test_a_post_is_not_deleted_by_one_click(self) -> None:
        self.log_in("John Williams")

        page = self.visit(PostPage, "/posts/3")

        assert page.offers("Delete")
        assert not page.offers("Delete this post")

    def test_someone_elses_post_offers_no_edit_and_no_delete(self) -> None:
        self.log_in("Fordo Baggings")

        page = self.visit(PostPage, "/posts/3")

        assert not page.offers("Edit")
        assert not page.offers("Delete")

    def test_someone_elses_post_cannot_be_edited_by_its_address(self) -> None:
        self.expects = [403]
        self.log_in("Fordo Baggings")

        page = self.visit(Page, "/posts/3/edit")

        assert page.heading == "Forbidden"

    def test_a_visitor_who_wants_to_edit_is_sent_to_the_login_and_back(self) -> None:
        page = self.visit(PostForm, "/posts/3/edit")

        page.becomes(LoginPage).log_in("John Williams", PASSWORD)

        assert page.address == "/posts/3/edit"
        assert page.typed("Title") == "Working with Databases in Flask"

    def test_of_two_windows_the_second_to_save_is_told_and_keeps_its_text(self) -> None:
        self.expects = [409]
        self.log_in("John Williams")
        page = self.visit(PostForm, "/posts/3/edit")
        with self.another_window():
            self.visit(PostForm, "/posts/3/edit").save(Title="From the other window")

        page.save(Title="From this window")

        assert page.problem.startswith("This post was changed meanwhile.")
        assert page.typed("Title") == "From this window"
