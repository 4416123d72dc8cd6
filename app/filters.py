"""Jinja's template filters, and one of the course's own.

From the course's "Uso de filters en los templates" and Jinja's "List of Builtin Filters".
"""

from collections.abc import Iterator

from flask import Flask, current_app, render_template
from markupsafe import Markup

# What the examples are about; `a` is missing on purpose.
VALUES = {"nothing": None, "k": [8, 15, 25, 88, 12, 78], "s": "hELLO wORLD"}

EXAMPLES = {
    "default": [
        "a|default('Default Value')",
        "nothing|default('Default Value')",
        "nothing|default('Default Value', true)",
    ],
    "int and float": ["67.7|int", "75|float", "'ten'|int", "'ten'|int(10)", "'ten'|float"],
    "round": [
        "5.16725|round",
        "5.16725|round(2)",
        "5.16725|round(3)",
        "5.16725|round(0, 'floor')",
        "5.16725|round(0, 'ceil')",
    ],
    "join": ["k|join(',')", "k|join('-')"],
    "length": ["k|length"],
    "chaining": ["s|lower|title"],
    "startswith": ["'university'|startswith('un')", "'university'|startswith('pre')"],
}


def init_app(app: Flask) -> None:
    """Add the `startswith` filter and the page that shows every filter."""
    app.jinja_env.filters["startswith"] = startswith
    app.add_url_rule("/filters", view_func=filters)


def startswith(word: str, tag: str) -> str:
    """Give `tag-word` where `word` begins with `tag`, and `non-tag-word` elsewhere.

    From the course's section "Custom filters".
    """
    return f"{tag}-word" if word.startswith(tag) else f"non-{tag}-word"


def filters() -> str:
    """Show each of the course's examples beside what Jinja makes of it."""
    return render_template(
        "filters.html", values=VALUES, groups={name: list(results(name)) for name in EXAMPLES}
    )


def results(group: str) -> Iterator[tuple[str, Markup]]:
    """Give each example of the group, and the text that its filter renders."""
    for example in EXAMPLES[group]:
        template = current_app.jinja_env.from_string(f"{{{{ {example} }}}}")
        # Rendering has escaped it already; escaped twice, it would show its entities.
        yield f"{{{{ {example} }}}}", Markup(template.render(VALUES))  # noqa: S704
