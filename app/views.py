"""Views that are classes.

From the course's "Vistas basadas en clases" and Flask's "Class-based Views".
"""

from flask import Blueprint, abort, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask.views import MethodView, View
from sqlalchemy import select
from werkzeug.exceptions import Conflict
from wtforms import StringField
from wtforms.validators import DataRequired, Length, Regexp

from app.forms import EditForm, one_line, readable, show
from app.models import CITY_LENGTH, EMAIL_LENGTH, PHONENUM_LENGTH, Contact, User, commit, db
from app.paging import page_of
from app.sessions import (
    NameForm,
    SignUpForm,
    create_user,
    current_user,
    logged_in_user,
    login_required,
)

pages = Blueprint("pages", __name__)


class BaseView(View):
    """A page that is a template and nothing else: several are made of this one class."""

    def __init__(self, template_name: str) -> None:
        self.template_name = template_name

    def dispatch_request(self) -> ResponseReturnValue:
        return render_template(self.template_name)


class ContactForm(EditForm):
    """What is on a contact card."""

    city = StringField("City", [DataRequired(), Length(max=CITY_LENGTH), readable], [one_line])
    email = StringField(
        "Email",
        [
            DataRequired(),
            Length(max=EMAIL_LENGTH),
            Regexp(r"[^@\s]+@[^@\s]+$", message="This is no email address."),
            readable,
        ],
        [one_line],
    )
    phonenum = StringField(
        "Phone",
        [
            Length(max=PHONENUM_LENGTH),
            Regexp(r"[0-9 ()+/.-]*$", message="A phone number has digits, spaces and +()/.- only."),
        ],
        [one_line],
    )


class ContactView(View):
    """One's own contact card: GET shows it in a form, POST stores what the form sends."""

    methods = ["GET", "POST"]
    decorators = [login_required]

    def dispatch_request(self) -> ResponseReturnValue:
        user = logged_in_user()
        form = ContactForm(obj=user.contact)
        if not form.is_accepted():
            return show("contact.html", form)
        try:
            store_contact(user, form)
        except Conflict as conflict:
            form.form_errors.append(str(conflict.description))
            return show("contact.html", form, 409)
        flash("Your contact card is kept.")
        return redirect(url_for("pages.contact"))


def store_contact(user: User, form: ContactForm) -> None:
    """Store the card of `user`; raises 409 (`Conflict`) where it is not the one that was edited."""
    changed = "Your contact card was changed meanwhile. Open this page again to see how."
    contact = user.contact or Contact(userid=user.id)
    if not form.is_of(contact.version):
        raise Conflict(changed)
    contact.city = form.city.data or ""
    contact.email = form.email.data or ""
    contact.phonenum = form.phonenum.data or ""
    db.session.add(contact)
    commit(changed)


def people() -> str:
    """Show who writes here; one's own name comes with the means to change or delete it."""
    form = NameForm(obj=current_user())
    return render_template("people.html", page=page_of(select(User), User.id), form=form)


class UserAPI(MethodView):
    """The people as JSON: one method of this class for each method of HTTP."""

    def get(self, user_id: int | None) -> ResponseReturnValue:
        """Give one person, or a page of all of them."""
        if user_id is not None:
            return as_json(db.get_or_404(User, user_id))
        page = page_of(select(User), User.id)
        following = url_for("pages.user_api", before=page.rows[-1].id) if page.more else None
        return {"users": [as_json(user) for user in page.rows], "next": following}

    def post(self) -> ResponseReturnValue:
        """Make an account, as the sign-up page does, but without logging in."""
        form = SignUpForm()
        if not form.validate():
            abort(422, form.reasons)
        user = create_user(form)
        # Of the URLs of this endpoint, a POST would choose the one that takes POST.
        location = url_for("pages.user_api", user_id=user.id, _method="GET")
        return as_json(user), 201, {"Location": location}

    def put(self, user_id: int) -> ResponseReturnValue:
        """Rename oneself."""
        user = myself(user_id)
        form = NameForm()
        if not form.validate():
            abort(422, form.reasons)
        user.username = form.username.data or ""
        commit("This name is taken, or the account was changed meanwhile.")
        return as_json(user)

    def delete(self, user_id: int) -> ResponseReturnValue:
        """Delete oneself, with everything one has written."""
        db.session.delete(myself(user_id))
        commit("The account was changed meanwhile.")
        session.clear()
        return "", 204


def as_json(user: User) -> dict[str, int | str]:
    """Give what anyone may know of a person."""
    return {"id": user.id, "username": user.username}


def myself(user_id: int) -> User:
    """Give the user of this id; raises 401, 404, or 403 where it is someone else."""
    me = logged_in_user()
    if db.get_or_404(User, user_id) is not me:
        abort(403, "You can change only yourself.")
    return me


pages.add_url_rule("/", view_func=BaseView.as_view("home", "home.html"))
pages.add_url_rule("/about", view_func=BaseView.as_view("about", "about.html"))
pages.add_url_rule("/contact", view_func=ContactView.as_view("contact"))
pages.add_url_rule("/people/", view_func=people)

user_api = UserAPI.as_view("user_api")
pages.add_url_rule("/users/", view_func=user_api, methods=["GET"], defaults={"user_id": None})
pages.add_url_rule("/users/", view_func=user_api, methods=["POST"])
pages.add_url_rule("/users/<int:user_id>", view_func=user_api, methods=["GET", "PUT", "DELETE"])
