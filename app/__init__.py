"""A small blog: people, their contact cards, their posts and the posts' tags.

Every module beside this one is one topic of the course and is put into the application here.
"""

import os
from collections.abc import Mapping
from typing import Any

from flask import Flask

from app import cli, config, cookies, errors, filters, models, posts, sessions, views
from app.sample_blueprint import sample_blueprint


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """Give a new application, independent of every other one in the process.

    Without `settings` it is configured by the environment (see `app.config`); with them it is
    configured by them alone, so that a test sees nothing of the machine it runs on. The data
    folder is `FLASK_INSTANCE_PATH`, an absolute path, or else Flask's own choice: `instance`
    beside this package.

    From the course's section on blueprints and Flask's "Application Factories".
    """
    app = Flask(__name__, instance_path=os.environ.get("FLASK_INSTANCE_PATH") or None)

    config.init_app(app, settings)
    errors.init_app(app)
    models.init_app(app)
    cli.init_app(app)
    filters.init_app(app)
    sessions.init_app(app)
    cookies.init_app(app)

    app.register_blueprint(views.pages)
    app.register_blueprint(posts.posts)
    app.register_blueprint(sample_blueprint, url_prefix="/en", name="en")
    app.register_blueprint(sample_blueprint, url_prefix="/es", name="es")

    return app
