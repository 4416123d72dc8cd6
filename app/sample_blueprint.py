"""A blueprint that is mounted twice, and greets in the language of its mount.

From the course's "Blueprints" and Flask's "Modular Applications with Blueprints".
"""

from flask import Blueprint, render_template, request

sample_blueprint = Blueprint("sample_blueprint", __name__)

WORDS = {
    "en": {"greeting": "Hello", "farewell": "Goodbye"},
    "es": {"greeting": "Hola", "farewell": "Adiós"},
}


@sample_blueprint.get("/")
@sample_blueprint.get("/<name>")
def greeting(name: str = "World") -> str:
    """Greet `name`."""
    return say("greeting", name)


@sample_blueprint.get("/<name>/farewell")
def farewell(name: str) -> str:
    """Take leave of `name`."""
    return say("farewell", name)


def say(word: str, name: str) -> str:
    """Render a word of the language that this blueprint is mounted as."""
    language = request.blueprint or ""
    return render_template(
        "greeting.html", language=language, words=WORDS[language], word=word, name=name
    )
