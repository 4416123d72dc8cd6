"""The three layers of tests: unit, integration and system."""

import os

# A developer may have set the folder of their own blog; the tests must not write there.
os.environ.pop("FLASK_INSTANCE_PATH", None)
