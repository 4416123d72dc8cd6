"""A blueprint that is registered twice: a greeting in English and in Spanish.

From the course's "Blueprints" and Flask's "Modular Applications with Blueprints".
"""

from flask import Blueprint, Flask, render_template, request

sample_blueprint = Blueprint("sample_blueprint", __name__)

WORDS = {
    "en": {"greeting": "Hello", "farewell": "Goodbye"},
    "es": {"greeting": "Hola", "farewell": "Adiós"},
}


def init_app(app: Flask) -> None:
    """Register the blueprint once for each language."""
    app.register_blueprint(sample_blueprint, url_prefix="/en", name="en")
    app.register_blueprint(sample_blueprint, url_prefix="/es", name="es")


@sample_blueprint.get("/")
@sample_blueprint.get("/<name>")
def greeting(name: str = "World") -> str:
    """Render the page that greets `name`."""
    return render_word("greeting", name)


@sample_blueprint.get("/<name>/farewell")
def farewell(name: str) -> str:
    """Render the page that says goodbye to `name`."""
    return render_word("farewell", name)


def render_word(word: str, name: str) -> str:
    """Render a word in the language that this blueprint is registered as."""
    language = request.blueprint or ""
    return render_template("greeting.html", words=WORDS[language], word=word, name=name)
