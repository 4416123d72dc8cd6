"""The blog: posts by newest, by author and by tag; and writing, editing and deleting them."""

from contextlib import suppress
from hashlib import sha256
from secrets import token_hex

from flask import Blueprint, Flask, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, SQLColumnExpression, select
from sqlalchemy.orm import defer, selectinload
from werkzeug.exceptions import Conflict, NotFound
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import DataRequired, ValidationError

from app.database import commit_or_conflict, db
from app.errors import DATABASE_ERRORS
from app.forms import CHANGED, EditForm, at_most, line_field, no_hidden_text, readable, render_form
from app.models import TAGNAME_LENGTH, TEXT_LENGTH, TITLE_LENGTH, Blogpost, Tag, User, tags
from app.paging import paginate
from app.sessions import require_user
from app.text import clean_line, clean_text, fold

MAX_TAGS = 10

# How lists load posts: the tags of all with one statement (avoids N+1 queries), and no texts.
IN_LIST = (defer(Blogpost.text), selectinload(Blogpost.tags))

bp = Blueprint("posts", __name__, url_prefix="/posts")


def init_app(app: Flask) -> None:
    """Register the pages of the blog."""
    app.context_processor(lambda: {"newest_posts": newest_posts})
    app.register_blueprint(bp)


class PostForm(EditForm):
    """A post, with its tags separated by commas; each form for a new post has another `token`."""

    token = HiddenField()
    title = line_field("Title", DataRequired(), at_most(TITLE_LENGTH))
    text = TextAreaField("Text", [DataRequired(), at_most(TEXT_LENGTH), readable], [clean_text])
    tags = line_field("Tags, separated by commas", at_most(TEXT_LENGTH), no_hidden_text)

    def validate_tags(self, field: StringField) -> None:
        """Check the number of tags, and that each is short enough."""
        names = [] if field.errors else tag_names(field.data)
        if len({fold(name) for name in names}) > MAX_TAGS:
            raise ValidationError(f"Use at most {MAX_TAGS} tags.")
        if any(len(name) > TAGNAME_LENGTH for name in names):
            raise ValidationError(f"Use at most {TAGNAME_LENGTH} characters for each tag.")


def tag_names(typed: str | None) -> list[str]:
    """Return the names between the commas, without surrounding spaces."""
    return [name for part in (typed or "").split(",") if (name := clean_line(part))]


@bp.get("/")
def newest() -> str:
    """Show all posts."""
    return render_posts(select(Blogpost), Blogpost.id, heading="All posts")


@bp.get("/by/<int:user_id>")
def by_author(user_id: int) -> str:
    """Show the posts of one user."""
    user = db.get_or_404(User, user_id)
    written = select(Blogpost).where(Blogpost.userid == user.id)
    return render_posts(written, Blogpost.id, heading=f"Posts by {user.username}", author=user)


@bp.get("/tagged/<int:tag_id>")
def by_tag(tag_id: int) -> str:
    """Show the posts with one tag."""
    tag = db.get_or_404(Tag, tag_id)
    tagged = select(Blogpost).join(tags).where(tags.c.tag_id == tag.id)
    return render_posts(tagged, tags.c.blogpost_id, heading=f"Posts about {tag.tagname}")


def render_posts(query: Select[Blogpost], key: SQLColumnExpression[int], **context: object) -> str:
    """Render one page of posts, newest first."""
    return render_template("posts.html", page=paginate(query.options(*IN_LIST), key), **context)


def newest_posts() -> list[Blogpost] | None:
    """Return the three newest posts, or None if the database is unavailable.

    The front page, which a developer opens first, must work without a database.
    """
    with suppress(*DATABASE_ERRORS):
        query = select(Blogpost).options(*IN_LIST).order_by(Blogpost.id.desc())
        return list(db.session.scalars(query.limit(3)))
    return None


@bp.get("/<int:post_id>")
def post(post_id: int) -> str:
    """Show one post."""
    return render_template("post.html", post=db.get_or_404(Blogpost, post_id))


@bp.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Write a post."""
    author = require_user("Log in to write a post.")
    return save_or_show(Blogpost(userid=author.id), PostForm(token=token_hex()), "New post")


@bp.route("/<int:post_id>/edit", methods=["GET", "POST"])
def edit(post_id: int) -> ResponseReturnValue:
    """Edit one of the user's own posts."""
    post = get_own_post(post_id)
    names = ", ".join(tag.tagname for tag in post.tags)
    form = PostForm(version=post.version, title=post.title, text=post.text, tags=names)
    return save_or_show(post, form, "Edit post")


@bp.post("/<int:post_id>/delete")
def delete(post_id: int) -> ResponseReturnValue:
    """Delete one of the user's own posts, unless it has changed since the page was loaded."""
    changed = "This post has changed since you opened it. Read it again before you delete it."
    try:
        post = get_own_post(post_id)
        EditForm().check_version(post.version, changed)
        db.session.delete(post)
        commit_or_conflict(changed)
    except (Conflict, NotFound):
        # A post that is gone was deleted before, for example by the first click of a double click.
        if db.session.get(Blogpost, post_id) is not None:
            raise
    flash("Post deleted.")
    return redirect(url_for("posts.newest"))


def get_own_post(post_id: int) -> Blogpost:
    """Return the post with this id; raises 401, 404, or 403 if its author is another user."""
    user = require_user("Log in to change a post.")
    post = db.get_or_404(Blogpost, post_id)
    if post.userid != user.id:
        abort(403, "You can change only your own posts.")
    return post


def save_or_show(post: Blogpost, form: PostForm, heading: str) -> ResponseReturnValue:
    """Store the submitted post, or show the form with the user's input and its errors."""
    if form.validate_on_submit():
        with form.conflict_as_error():
            post_id = store_post(post, form)
            flash("Post saved.")
            return redirect(url_for("posts.post", post_id=post_id))
    return render_form("edit_post.html", form, heading=heading)


def store_post(post: Blogpost, form: PostForm) -> int:
    """Store the post and return its id; raises 409 Conflict if it has changed since it was opened.

    Idempotent: if a form is sent twice, for example by a double click, return the id of the post
    that the first request has stored. A unique column decides the race condition.
    """
    sent = {**form.data, "version": None}
    key = sha256(repr((post.id, post.userid, sent)).encode()).hexdigest()
    try:
        form.check_version(post.version)
        post.tags = list(Tag.get_or_create(tag_names(form.tags.data)))
        post.title = form.title.data or ""
        post.text = form.text.data or ""
        # Differs for each change, so a change of the tags alone increases the version, too.
        post.submission = key
        db.session.add(post)
        commit_or_conflict(CHANGED)
    except Conflict:
        stored = select(Blogpost.id).filter_by(submission=key)
        return db.session.scalar(stored) or abort(409, CHANGED)
    return post.id
