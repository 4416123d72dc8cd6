"""A preference stored in a cookie: read, set, expire, delete.

From the course's "Manejando Cookies" and Flask's "Cookies".
"""

from flask import Blueprint, Flask, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField

from app.forms import Form, render_form

THEMES = {"system": "System", "light": "Light", "dark": "Dark"}

bp = Blueprint("cookies", __name__)


class PreferencesForm(Form):
    """The theme of the pages."""

    theme = RadioField("Theme", choices=THEMES)


def init_app(app: Flask) -> None:
    """Register the preferences page, and make the theme available in every template."""
    app.context_processor(lambda: {"theme": theme})
    app.register_blueprint(bp)


def theme() -> str:
    """Return the theme in the client's cookie, or the default: the theme of the user's system.

    Cookies are user input: an unknown value is ignored.
    """
    sent = request.cookies.get("theme", "")
    return sent if sent in THEMES else next(iter(THEMES))


@bp.route("/preferences", methods=["GET", "POST"])
def preferences() -> ResponseReturnValue:
    """Show the preferences, or store them in a cookie for `PREFERENCE_LIFETIME`."""
    form = PreferencesForm(theme=theme())
    if not form.validate_on_submit():
        return render_form("preferences.html", form)
    flash("Preferences saved.")
    response = redirect(url_for("cookies.preferences"))
    response.set_cookie(
        "theme",
        form.theme.data,
        max_age=current_app.config["PREFERENCE_LIFETIME"],
        secure=current_app.session_interface.get_cookie_secure(current_app),
        httponly=True,
        samesite="Lax",
    )
    return response


@bp.post("/preferences/reset")
def reset() -> ResponseReturnValue:
    """Delete the cookie."""
    flash("Preferences reset.")
    response = redirect(url_for("cookies.preferences"))
    response.delete_cookie("theme")
    return response
