"""Template filters: Jinja's own, and a custom one.

From the course's "Uso de filters en los templates" and Jinja's "List of Builtin Filters".
"""

import tomllib
from pathlib import Path

from flask import Flask, current_app, render_template
from markupsafe import Markup

# The variables of the examples; `a` is undefined on purpose.
VALUES = {"nothing": None, "k": [8, 15, 25, 88, 12, 78], "s": "hELLO wORLD"}

EXAMPLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def init_app(app: Flask) -> None:
    """Register the `startswith` filter and the page with all examples."""
    app.jinja_env.filters["startswith"] = startswith
    app.add_url_rule("/filters", view_func=filters)


def startswith(word: str, tag: str) -> str:
    """Return `tag-word` if `word` begins with `tag`, otherwise `non-tag-word`.

    From the course's section "Custom filters".
    """
    return f"{tag}-word" if word.startswith(tag) else f"non-{tag}-word"


def filters() -> str:
    """Render the course's examples with their results."""
    return render_template("filters.html", values=VALUES, groups=EXAMPLES, result=result)


def result(example: str) -> Markup:
    """Return the text that an example such as `k|length` renders to."""
    template = current_app.jinja_env.from_string(f"{{{{ {example} }}}}")
    # Already escaped by rendering: escaping it twice would show entities such as &lt;.
    return Markup(template.render(VALUES))  # noqa: S704
