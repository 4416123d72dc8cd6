"""Import what every test run needs, once: the fork server imports this module, then forks."""

import contextlib
import gc
import importlib
import io

import pytest

# `app` and `tests` are missing: they are imported from the copy of the project, which has the bug.
LIBRARIES = (
    "cssselect",
    "flask_sqlalchemy",
    "flask_testing",
    "flask_wtf",
    "lxml.html",
    "selenium.webdriver.chrome.webdriver",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
)

for name in LIBRARIES:
    with contextlib.suppress(ImportError):
        importlib.import_module(name)

# pytest imports its own plugins when it first runs, even if the file to run does not exist.
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
    pytest.main(["--disable-plugin-autoload", "--noconftest", "no_such_file"])

# pytest runs the garbage collector, which would take long in each run if it scanned these modules.
gc.collect()
gc.freeze()
