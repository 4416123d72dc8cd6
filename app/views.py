"""Class-based views.

From the course's "Vistas basadas en clases" and Flask's "Class-based Views".
"""

from flask import Blueprint, Flask, abort, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask.views import MethodView, View
from sqlalchemy import select
from werkzeug.exceptions import Conflict
from wtforms.validators import DataRequired, Regexp

from app.database import commit_or_conflict, db
from app.forms import CHANGED, EditForm, at_most, line_field, render_form
from app.models import CITY_LENGTH, EMAIL_LENGTH, PHONENUM_LENGTH, Contact, User
from app.paging import paginate
from app.sessions import NameForm, PasswordForm, SignUpForm, current_user, require_user, store_user

bp = Blueprint("pages", __name__)


def init_app(app: Flask) -> None:
    """Register the pages and the API."""
    app.register_blueprint(bp)


class BaseView(View):
    """A page that only renders a template: one class for several pages."""

    def __init__(self, template_name: str) -> None:
        self.template_name = template_name

    def dispatch_request(self) -> ResponseReturnValue:
        return render_template(self.template_name)


EMAIL = Regexp(r"[^@\s]+@[^@\s]+$", message="Enter an email address, such as name@example.com.")
PHONENUM = Regexp(r"[0-9 ()+/.-]*$", message="Use only digits, spaces and + ( ) / . -")


class ContactForm(EditForm):
    """A contact card."""

    city = line_field("City", DataRequired(), at_most(CITY_LENGTH))
    email = line_field("Email", DataRequired(), at_most(EMAIL_LENGTH), EMAIL)
    phonenum = line_field("Phone", at_most(PHONENUM_LENGTH), PHONENUM)


class ContactView(View):
    """The user's own contact card: GET shows the form, POST stores it."""

    methods = ["GET", "POST"]

    def dispatch_request(self) -> ResponseReturnValue:
        user = require_user("Log in to edit your contact card.")
        form = ContactForm(obj=user.contact)
        if form.validate_on_submit():
            with form.conflict_as_error():
                store_contact(user, form)
                flash("Contact card saved.")
                return redirect(url_for("pages.contact"))
        return render_form("contact.html", form)


def store_contact(user: User, form: ContactForm) -> None:
    """Store the card of `user`; raises 409 Conflict if it has changed since the form was opened.

    Idempotent: a form that is sent twice, for example by a double click, is stored once.
    """
    contact = user.contact or Contact()
    sent = {**form.data, "userid": user.id}
    del sent["version"]
    try:
        form.check_version(contact.version)
        for name, value in sent.items():
            setattr(contact, name, value)
        db.session.add(contact)
        commit_or_conflict(CHANGED)
    except Conflict:
        if db.session.scalar(select(Contact).filter_by(**sent)) is None:
            raise


def people() -> str:
    """Show all users, and forms to rename or delete the user's own account."""
    forms = {"form": NameForm(obj=current_user()), "deletion": PasswordForm()}
    return render_template("people.html", page=paginate(select(User), User.id), **forms)


class UserAPI(MethodView):
    """The users as JSON: one method of the class for each HTTP method."""

    def get(self, user_id: int | None) -> ResponseReturnValue:
        """Return one user, or one page of all users."""
        if user_id is not None:
            return as_json(db.get_or_404(User, user_id))
        page = paginate(select(User), User.id)
        following = url_for("pages.user_api", before=page.rows[-1].id) if page.older else None
        return {"users": [as_json(user) for user in page.rows], "next": following}

    def post(self) -> ResponseReturnValue:
        """Create an account, without logging in."""
        form = SignUpForm()
        form.require_valid()
        user = store_user(form)
        # Two URLs share this endpoint: inside a POST, url_for would choose the one for POST.
        location = url_for("pages.user_api", user_id=user.id, _method="GET")
        return as_json(user), 201, {"Location": location}

    def put(self, user_id: int) -> ResponseReturnValue:
        """Rename the user's own account."""
        user = get_own_account(user_id)
        form = NameForm()
        form.require_valid()
        user.username = form.username.data or ""
        commit_or_conflict("This username is taken, or your account has changed. Reload the page.")
        flash("Username changed.")
        return as_json(user)

    def delete(self, user_id: int) -> ResponseReturnValue:
        """Delete the user's own account with all posts, if the password is right."""
        user = get_own_account(user_id)
        PasswordForm().require_valid()
        db.session.delete(user)
        commit_or_conflict("Your account has changed. Reload the page.")
        session.clear()
        flash("Account deleted.")
        return "", 204


def as_json(user: User) -> dict[str, int | str]:
    """Return the public data of a user."""
    return {"id": user.id, "username": user.username}


def get_own_account(user_id: int) -> User:
    """Return the user with this id; raises 401, 404, or 403 if it is another user."""
    me = require_user()
    if db.get_or_404(User, user_id) is not me:
        abort(403, "You can change only your own account.")
    return me


bp.add_url_rule("/", view_func=BaseView.as_view("home", "home.html"))
bp.add_url_rule("/about", view_func=BaseView.as_view("about", "about.html"))
bp.add_url_rule("/contact", view_func=ContactView.as_view("contact"))
bp.add_url_rule("/people/", view_func=people)

user_api = UserAPI.as_view("user_api")
bp.add_url_rule("/users/", view_func=user_api, methods=["GET"], defaults={"user_id": None})
bp.add_url_rule("/users/", view_func=user_api, methods=["POST"])
bp.add_url_rule("/users/<int:user_id>", view_func=user_api, methods=["GET", "PUT", "DELETE"])
