"""The three layers of tests: unit, integration and system."""

from tests.compiled import compile_once

compile_once()
