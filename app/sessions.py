"""Sign up, log in, log out and change the password: the session is a signed cookie.

From the course's "Sesiones" and Flask's "Sessions".
"""

import re
import secrets
from functools import cache, partial
from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Flask, abort, current_app, flash, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect  # type: ignore[import-untyped]  # has no types
from limits import errors, parse, storage, strategies
from sqlalchemy import select
from werkzeug.exceptions import Conflict, TooManyRequests, Unauthorized
from werkzeug.security import check_password_hash, generate_password_hash
from wtforms import PasswordField
from wtforms.validators import DataRequired, Length, ValidationError

from app.database import commit_or_conflict, db
from app.errors import handle_database_error, handle_http_error, wants_json
from app.forms import Form, at_most, line_field, no_hidden_text, readable, render_form
from app.models import USERNAME_LENGTH, User
from app.text import fold, nfc

csrf = CSRFProtect()
bp = Blueprint("sessions", __name__)


class SessionInterface(SecureCookieSessionInterface):
    """Flask's session, with a cookie that is `Secure` if the request came over HTTPS.

    Its name then begins with `__Host-`: browsers accept no such cookie from another subdomain, nor
    over HTTP. It needs the default cookie path and domain.
    """

    def get_cookie_name(self, app: Flask) -> str:
        prefix = "__Host-" if self.get_cookie_secure(app) else ""
        return prefix + super().get_cookie_name(app)

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure or super().get_cookie_secure(app)


def init_app(app: Flask) -> None:
    """Register the account pages, and protect every form with a CSRF token."""
    app.session_interface = SessionInterface()
    # Created by the first request, because `limits` starts a thread: uWSGI forks its workers
    # before the first request, and a fork does not copy threads.
    uri = app.config["ATTEMPTS_STORAGE"]
    store = partial(storage.storage_from_string, uri, wrap_exceptions=True)
    app.extensions["attempts"] = cache(lambda: strategies.FixedWindowRateLimiter(store()))
    csrf.init_app(app)
    app.register_error_handler(CSRFError, handle_csrf_error)
    app.register_error_handler(Unauthorized, handle_unauthorized)
    app.register_error_handler(errors.StorageError, handle_database_error)
    app.context_processor(lambda: {"current_user": current_user})
    app.register_blueprint(bp)


def handle_csrf_error(error: CSRFError) -> ResponseReturnValue:
    """Return the error with advice: in most cases, the user has logged in again in another tab."""
    if "referrer" in error.description:
        error.description += " Allow your browser or program to send the Referer header."
    elif wants_json():
        error.description += " Send the session cookie, and csrf_token in the X-CSRFToken header."
    else:
        error.description += " Your login may have changed. Go back, copy your text and reload."
    return handle_http_error(error, request.form)


def handle_unauthorized(error: Unauthorized) -> ResponseReturnValue:
    """Send visitors to the login page, which shows the message and leads back to the page.

    Where JSON is preferred, the response is 401 with the message.
    """
    if wants_json():
        return handle_http_error(error)
    flash(str(error.description))
    # A redirect loses the body of a POST, so the login page leads back to a GET only.
    page = request.script_root + request.full_path.rstrip("?")
    came_from = page if request.method in {"GET", "HEAD"} else None
    return redirect(url_for("sessions.login", next=came_from))


class NameForm(Form):
    """A form with a unique username."""

    username = line_field("Username", DataRequired(), at_most(USERNAME_LENGTH), no_hidden_text)


COMMON_PASSWORDS = frozenset(Path(__file__).with_name("common_passwords.txt").read_text().split())


def hard_to_guess(form: Form, field: PasswordField) -> None:
    """Check that the password is neither common nor the username (a WTForms validator)."""
    username = form["username"].data if "username" in form else require_user().username
    if fold(field.data or "") in COMMON_PASSWORDS | {fold(username or "")}:
        raise ValidationError("Choose another password: this one is common, or your username.")


def new_password_field(label: str) -> PasswordField:
    """Return a field for a new password."""
    at_least = Length(8, message="Use at least 8 characters.")
    checks = [DataRequired(), at_least, at_most(128), readable, hard_to_guess]
    # NFC is applied before the length is checked, so that an accented letter is one character.
    return PasswordField(label, checks, [nfc])


class SignUpForm(NameForm):
    """A unique username and a new password."""

    password = new_password_field("Password")


class LoginForm(Form):
    """A username and a password, not checked against the rules for new ones."""

    username = line_field("Username", DataRequired())
    password = PasswordField("Password", [DataRequired(), readable])


class PasswordForm(Form):
    """The user's own password, so that a stolen session cannot take over or delete the account."""

    current_password = PasswordField("Current password", [DataRequired(), readable])

    def validate_current_password(self, field: PasswordField) -> None:
        """Check that this is the password of the logged-in user."""
        if try_password(require_user().username, field.data) is None:
            raise ValidationError("Wrong password.")


class ChangePasswordForm(PasswordForm):
    """The user's own password and a new one."""

    password = new_password_field("New password")


@bp.route("/signup", methods=["GET", "POST"])
def signup() -> ResponseReturnValue:
    """Create an account and log in."""
    form = SignUpForm()
    if form.validate_on_submit():
        with form.conflict_as_error(form.username):
            try:
                user = store_user(form)
            except Conflict as taken:
                # Sent twice, for example by a double click: the second form is a login.
                name, password = form.username.data or "", form.password.data or ""
                user = authenticate(name, password) or abort(409, taken.description)
            log_in(user)
            flash("Welcome.")
            return redirect(url_for("pages.home"))
    return render_form("signup.html", form)


def store_user(form: SignUpForm) -> User:
    """Store a new user; raises 409 Conflict if the username is taken, or 429 (`count_attempt`)."""
    count_attempt(form.username.data or "")
    user = User(username=form.username.data)
    user.set_password(form.password.data or "")
    db.session.add(user)
    commit_or_conflict("This username is taken. Choose another one.")
    return user


@bp.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """Log in, and return to the page that required it."""
    form = LoginForm()
    if form.validate_on_submit():
        if user := try_password(form.username.data, form.password.data):
            log_in(user)
            target = request.args.get("next", "")
            return redirect(target if is_safe_redirect(target) else url_for("pages.home"))
        # One message for both cases prevents user enumeration.
        form.form_errors.append("Wrong username or password.")
        form.status = 401
    return render_form("login.html", form)


@bp.post("/logout")
def logout() -> ResponseReturnValue:
    """Log out and clear the session."""
    session.clear()
    return redirect(url_for("pages.home"))


def try_password(username: str | None, password: str | None) -> User | None:
    """Return the user with this username and password, or None; raises 429 (`count_attempt`)."""
    count_attempt(username or "")
    return authenticate(username or "", password or "")


def authenticate(username: str, password: str) -> User | None:
    """Return the user with this username and password, or None.

    Hashes a password even if the user does not exist, so that response times do not reveal which
    usernames are taken (user enumeration by a timing attack).
    """
    user = db.session.scalar(select(User).where(User.username == username))
    stored = (user and user.password_hash) or dummy_hash(current_app.config["PASSWORD_METHOD"])
    return user if check_password_hash(stored, nfc(password)) else None


def count_attempt(username: str) -> None:
    """Count an attempt from the client's address and for `username`; raises 429 over a limit.

    Rate limiting slows down guessing of passwords (brute force). The address is counted first: a
    client over its own limit cannot use up the limits of other users. While clients at many
    addresses guess the password of one user, this user cannot log in either.
    """
    attempts = current_app.extensions["attempts"]()
    address, username = str(request.remote_addr), username[:USERNAME_LENGTH]
    for setting, key in ("ATTEMPTS_PER_ADDRESS", address), ("ATTEMPTS_PER_USERNAME", username):
        limit = parse(current_app.config[setting])
        if not attempts.hit(limit, setting, key):
            raise TooManyRequests("Too many attempts. Try later.", retry_after=limit.get_expiry())


@cache
def dummy_hash(method: str) -> str:
    """Return the hash of a random password."""
    return generate_password_hash(secrets.token_hex(), method)


def log_in(user: User) -> None:
    """Start a new session for `user`.

    Clears the session first, so that data from before the login cannot survive it (session
    fixation).
    """
    session.clear()
    session["user_id"] = user.id
    session["fingerprint"] = fingerprint(user)


def fingerprint(user: User) -> str:
    """Return a value that changes with the password, and does not reveal its hash.

    The server keeps no list of sessions: logging out deletes the cookie in one browser, but a
    stolen copy of it stays valid. Changing the password revokes all copies, because a session with
    another fingerprint is not valid.
    """
    return sha256((user.password_hash or "").encode()).hexdigest()[:16]


def current_user() -> User | None:
    """Return the logged-in user, or None if nobody is logged in or the session was revoked."""
    user = db.session.get(User, session["user_id"]) if "user_id" in session else None
    is_valid = user and secrets.compare_digest(session.get("fingerprint", ""), fingerprint(user))
    return user if is_valid else None


def require_user(message: str = "Log in to change your account.") -> User:
    """Return the logged-in user; raises 401 with `message` if there is none."""
    return current_user() or abort(401, message)


@bp.route("/password", methods=["GET", "POST"])
def change_password() -> ResponseReturnValue:
    """Change the user's own password, which ends all other sessions of the user."""
    form = ChangePasswordForm()
    try:
        user = require_user("Log in to change your password.")
        if not form.validate_on_submit():
            return render_form("password.html", form)
        user.set_password(form.password.data or "")
        commit_or_conflict("Your account has changed. Reload the page.")
    except (Conflict, Unauthorized):
        # Sent twice, for example by a double click: the second form is a login.
        known = db.session.get(User, session.get("user_id", 0)) if form.is_submitted else None
        if known is None or try_password(known.username, form.password.data) is None:
            raise
        user = known
    log_in(user)
    flash("Password changed. You are logged out everywhere else.")
    return redirect(url_for("pages.people"))


def is_safe_redirect(target: str) -> bool:
    r"""Return True if `target` is a path on this site.

    Rejects open redirects: `//host` and `/\host` name another host, and browsers remove control
    characters before parsing.
    """
    return re.fullmatch(r"/(?![/\\])[^\\\s\x00-\x1f\x7f]*", target) is not None
