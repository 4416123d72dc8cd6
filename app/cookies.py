"""A preference that a cookie remembers: read, set, expire, forget.

From the course's "Manejando Cookies" and Flask's "Cookies".
"""

from flask import Blueprint, Flask, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField

from app.forms import Form, show

THEMES = {"light": "Light", "dark": "Dark"}

cookies = Blueprint("cookies", __name__)


class PreferencesForm(Form):
    """How the pages look."""

    theme = RadioField("Theme", choices=THEMES)


def init_app(app: Flask) -> None:
    """Add the preferences page, and let every template ask for the theme."""
    app.context_processor(lambda: {"theme": theme})
    app.register_blueprint(cookies)


def theme() -> str:
    """Give the theme that the client's cookie names, or the first where it names none."""
    sent = request.cookies.get("theme", "")
    return sent if sent in THEMES else next(iter(THEMES))


@cookies.route("/preferences", methods=["GET", "POST"])
def preferences() -> ResponseReturnValue:
    """Show the preferences, or have the client remember them for `PREFERENCE_LIFETIME`."""
    form = PreferencesForm(theme=theme())
    if not form.is_accepted():
        return show("preferences.html", form)
    flash("Your preference is kept.")
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


@cookies.post("/preferences/forget")
def forget() -> ResponseReturnValue:
    """Have the client drop the cookie at once."""
    flash("Your preference is forgotten.")
    response = redirect(url_for("cookies.preferences"))
    response.delete_cookie("theme")
    return response
