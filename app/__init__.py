"""A small blog: users, their contact cards, their posts and the posts' tags.

Topics of the course, one module each, with tests of the same name on every layer:
`filters`, `cookies`, `cli`, `models`, `views`, `sample_blueprint` (topic: blueprints), `sessions`
and `posts`. Plumbing that the topics share: `config`, `database`, `text`, `request_checks`,
`errors`, `forms`, `paging` and `dataset`.
"""

import os
from collections.abc import Mapping
from typing import Any

from flask import Flask

from app import (
    cli,
    config,
    cookies,
    database,
    errors,
    filters,
    posts,
    request_checks,
    sample_blueprint,
    sessions,
    views,
)


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """Return a new application that shares no state with any other.

    With `settings`, the environment variables are ignored (see `app.config`), so a test does not
    depend on the machine it runs on. The environment variable `FLASK_INSTANCE_PATH`, an absolute
    path, replaces the default instance folder.

    From the course's section on blueprints and Flask's "Application Factories".
    """
    app = Flask(__name__, instance_path=os.environ.get("FLASK_INSTANCE_PATH") or None)

    # Plumbing
    config.init_app(app, settings)
    for plumbing in (database, request_checks, errors):
        plumbing.init_app(app)

    # Topics
    for topic in (filters, cookies, cli, views, sample_blueprint, sessions, posts):
        topic.init_app(app)

    return app
