"""The three layers of tests: unit, integration and system."""

import os

from tests.support.compiled import compile_once

compile_once()
# Where a developer's own blog has its data is no folder for a test.
os.environ.pop("FLASK_INSTANCE_PATH", None)
