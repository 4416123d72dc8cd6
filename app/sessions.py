"""Sign up, log in, log out: what a signed cookie remembers between requests.

From the course's "Sesiones" and Flask's "Sessions".
"""

import re
import secrets
from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec

from flask import Blueprint, Flask, abort, current_app, flash, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect  # type: ignore[import-untyped]  # has no types
from sqlalchemy import select
from werkzeug.exceptions import Conflict
from werkzeug.security import check_password_hash, generate_password_hash
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, Length

from app.errors import answer, wants_json
from app.forms import Form, one_line, readable, show
from app.models import USERNAME_LENGTH, User, commit, composed, db

P = ParamSpec("P")

csrf = CSRFProtect()
sessions = Blueprint("sessions", __name__)


class SessionInterface(SecureCookieSessionInterface):
    """Flask's own session, whose cookie goes back over https alone where it came over https."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure or super().get_cookie_secure(app)


def init_app(app: Flask) -> None:
    """Add the pages about logging in, and protect every form."""
    app.session_interface = SessionInterface()
    csrf.init_app(app)
    app.register_error_handler(CSRFError, token_is_refused)
    app.context_processor(lambda: {"current_user": current_user})
    app.register_blueprint(sessions)


def token_is_refused(error: CSRFError) -> Response:
    """Say what a person can do: most often the login is another one than when the page came."""
    advice = "Has your login changed since you opened the page? Go back, copy what you wrote, "
    error.description += f" {advice}and open the page again."
    return answer(error)


class NameForm(Form):
    """A name that nobody else has."""

    username = StringField(
        "Name", [DataRequired(), Length(max=USERNAME_LENGTH), readable], [one_line]
    )


class SignUpForm(NameForm):
    """A name and a new password."""

    password = PasswordField(
        "Password",
        [DataRequired(), Length(8, 128), readable],
        # As it is stored: accents that were typed apart make it no longer.
        [lambda typed: composed(typed or "")],
    )


class LoginForm(Form):
    """A name and its password; whether they are good is not for the form to tell."""

    username = StringField("Name", [DataRequired(), readable], [one_line])
    password = PasswordField("Password", [DataRequired(), readable])


@sessions.route("/signup", methods=["GET", "POST"])
def signup() -> ResponseReturnValue:
    """Make an account and log in with it; a name that is taken is a 409."""
    form = SignUpForm()
    if not form.is_accepted():
        return show("signup.html", form)
    try:
        log_in(create_user(form))
    except Conflict as conflict:
        form.username.errors = [str(conflict.description)]
        return show("signup.html", form, 409)
    flash("Welcome.")
    return redirect(url_for("pages.home"))


def create_user(form: SignUpForm) -> User:
    """Store a new user; raises 409 (`Conflict`) where the name is taken."""
    user = User(username=form.username.data)
    user.set_password(form.password.data or "")
    db.session.add(user)
    commit("This name is taken; choose another one.")
    return user


@sessions.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """Log in, and go on to where the person was sent from."""
    form = LoginForm()
    if not form.is_accepted():
        return show("login.html", form)
    user = authenticate(form.username.data or "", form.password.data or "")
    if user is None:
        # One message for both, and beside neither field: it tells nobody which names exist.
        form.form_errors.append("This name and this password do not belong together.")
        return show("login.html", form, 401)
    log_in(user)
    target = request.args.get("next", "")
    return redirect(target if is_local(target) else url_for("pages.home"))


@sessions.post("/logout")
def logout() -> ResponseReturnValue:
    """Forget everything that the session held."""
    session.clear()
    return redirect(url_for("pages.home"))


def authenticate(username: str, password: str) -> User | None:
    """Give the user whose name and password these are.

    An unknown name costs the same work as a wrong password, so that the time tells nothing.
    """
    user = db.session.scalar(select(User).where(User.username == username))
    known = user.password_hash if user else None
    stored = known or nobodys_hash(current_app.config["PASSWORD_METHOD"])
    return user if check_password_hash(stored, composed(password)) else None


@cache
def nobodys_hash(method: str) -> str:
    """Give the hash of a password that nobody knows."""
    return generate_password_hash(secrets.token_hex(), method)


def log_in(user: User) -> None:
    """Start a session for `user`, with nothing in it of the one before."""
    session.clear()
    session["user_id"] = user.id


def current_user() -> User | None:
    """Give who is logged in, if that account is still there."""
    return db.session.get(User, session["user_id"]) if "user_id" in session else None


def logged_in_user() -> User:
    """Give who is logged in; raises 401 where nobody is."""
    return current_user() or abort(401, "Log in first.")


def login_required(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Send who is not logged in to the login page and back again, or answer 401 as JSON."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if current_user() is not None:
            return view(*args, **kwargs)
        if wants_json():
            abort(401, "Log in first.")
        # What was posted is gone by then: only a page is worth coming back to.
        page = request.script_root + request.full_path.rstrip("?")
        came_from = page if request.method in {"GET", "HEAD"} else None
        return redirect(url_for("sessions.login", next=came_from))

    return guarded


def is_local(target: str) -> bool:
    """Say whether a browser that follows `target` stays on this site.

    A second slash or a backslash at the beginning would name another host, and browsers drop
    control characters before they look.
    """
    return re.fullmatch(r"/(?![/\\])[^\\\s\x00-\x1f\x7f]*", target) is not None
