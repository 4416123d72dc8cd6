"""The blog: its posts by newest, by author and by tag, and the author's own work on them."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, SQLColumnExpression, select
from sqlalchemy.orm import defer, selectinload
from sqlalchemy.orm.attributes import flag_modified
from werkzeug.exceptions import Conflict
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from app.forms import EditForm, is_visible, many_lines, one_line, readable, show
from app.models import (
    TAGNAME_LENGTH,
    TEXT_LENGTH,
    TITLE_LENGTH,
    Blogpost,
    Tag,
    User,
    commit,
    db,
    fold,
    tags,
)
from app.paging import page_of
from app.sessions import logged_in_user, login_required

TAGS_OF_A_POST = 10

posts = Blueprint("posts", __name__, url_prefix="/posts")


class PostForm(EditForm):
    """A post as its author types it."""

    title = StringField("Title", [DataRequired(), Length(max=TITLE_LENGTH), readable], [one_line])
    text = TextAreaField("Text", [DataRequired(), Length(max=TEXT_LENGTH), readable], [many_lines])
    tags = StringField("Tags, separated by commas", [readable], [one_line])

    def validate_tags(self, field: StringField) -> None:
        """Refuse too many tags, and tags that are too long or cannot be seen."""
        names = tag_names(field.data)
        if len({fold(name) for name in names}) > TAGS_OF_A_POST:
            raise ValidationError(f"A post has at most {TAGS_OF_A_POST} tags.")
        if any(len(name) > TAGNAME_LENGTH for name in names):
            raise ValidationError(f"A tag has at most {TAGNAME_LENGTH} characters.")
        if not all(is_visible(name) for name in names):
            raise ValidationError("A tag has nothing in it that can be seen.")


def tag_names(typed: str | None) -> list[str]:
    """Give the names between the commas, without the spaces around them."""
    return [name for part in (typed or "").split(",") if (name := one_line(part))]


@posts.get("/")
def newest() -> str:
    """Show all posts."""
    return listing("All posts", select(Blogpost), Blogpost.id)


@posts.get("/by/<int:user_id>")
def by_author(user_id: int) -> str:
    """Show the posts of one person."""
    user = db.get_or_404(User, user_id)
    written = select(Blogpost).where(Blogpost.userid == user.id)
    return listing(f"Posts by {user.username}", written, Blogpost.id)


@posts.get("/tagged/<int:tag_id>")
def by_tag(tag_id: int) -> str:
    """Show the posts that bear one tag."""
    tag = db.get_or_404(Tag, tag_id)
    tagged = select(Blogpost).join(tags).where(tags.c.tag_id == tag.id)
    return listing(f"Posts about {tag.tagname}", tagged, tags.c.blogpost_id)


def listing(heading: str, rows: Select[Blogpost], key: SQLColumnExpression[int]) -> str:
    """Show a page of posts, the newest first, in as many queries for one as for a thousand."""
    rows = rows.options(defer(Blogpost.text), selectinload(Blogpost.tags))
    return render_template("posts.html", heading=heading, page=page_of(rows, key))


@posts.get("/<int:post_id>")
def post(post_id: int) -> str:
    """Show one post."""
    return render_template("post.html", post=db.get_or_404(Blogpost, post_id))


@posts.route("/new", methods=["GET", "POST"])
@login_required
def new() -> ResponseReturnValue:
    """Write a post."""
    return edit_form(Blogpost(userid=logged_in_user().id), PostForm(), "New post")


@posts.route("/<int:post_id>/edit", methods=["GET", "POST"])
@login_required
def edit(post_id: int) -> ResponseReturnValue:
    """Edit a post of one's own."""
    post = own_post(post_id)
    names = ", ".join(tag.tagname for tag in post.tags)
    form = PostForm(version=post.version, title=post.title, text=post.text, tags=names)
    return edit_form(post, form, "Edit post")


@posts.post("/<int:post_id>/delete")
@login_required
def delete(post_id: int) -> ResponseReturnValue:
    """Delete a post of one's own, as it was when it was looked at."""
    changed = "The post was changed meanwhile. Look at it again before you delete it."
    post = own_post(post_id)
    if not EditForm().is_of(post.version):
        raise Conflict(changed)
    db.session.delete(post)
    commit(changed)
    flash("Your post is deleted.")
    return redirect(url_for("posts.newest"))


def own_post(post_id: int) -> Blogpost:
    """Give the post of this id; raises 404, or 403 where someone else wrote it."""
    post = db.get_or_404(Blogpost, post_id)
    if post.userid != logged_in_user().id:
        abort(403, "Only its author can change a post.")
    return post


def edit_form(post: Blogpost, form: PostForm, heading: str) -> ResponseReturnValue:
    """Show the form, or store what it sends; what is refused stays in the form."""
    if not form.is_accepted():
        return show("edit_post.html", form, heading=heading)
    try:
        store(post, form)
    except Conflict as conflict:
        form.form_errors.append(str(conflict.description))
        return show("edit_post.html", form, 409, heading=heading)
    flash("Your post is kept.")
    return redirect(url_for("posts.post", post_id=post.id))


def store(post: Blogpost, form: PostForm) -> None:
    """Store the post; raises 409 (`Conflict`) where it is not the one that was edited."""
    changed = "This post was changed meanwhile. Open it again to see how; your text is below."
    if not form.is_of(post.version):
        raise Conflict(changed)
    post.tags = list(Tag.named(tag_names(form.tags.data)))
    post.title = form.title.data or ""
    post.text = form.text.data or ""
    if post.id is None:
        db.session.add(post)
    else:
        # Other tags alone would not count as a change of the post itself.
        flag_modified(post, "title")
    commit(changed)
