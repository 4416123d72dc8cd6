"""Report a test file that does not exist: pytest does so, but not with pytest-xdist."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Raise `UsageError` if a file or folder on the command line does not exist."""
    for argument in config.args:
        if not (config.invocation_params.dir / argument.partition("::")[0]).exists():
            raise pytest.UsageError(f"file or directory not found: {argument}")
