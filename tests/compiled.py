"""Compile once a process what every application of a test run would compile alike.

A new application for each test is cheap but for two things, which come to the same each time:
the code that builds a URL from a rule, and the code of a template.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


class Templates(BytecodeCache):
    """Jinja's cache of compiled templates, kept in memory."""

    def __init__(self) -> None:
        self.code: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.code[bucket.key, bucket.checksum] = bucket.code


def compile_once() -> None:
    """Have every application of this process share what it compiles; the results hold no state."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Templates()}

    compile_builder = Rule._compile_builder
    builders: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}

    @wraps(compile_builder)
    def compiled(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (rule.rule, tuple((rule.defaults or {}).items()), append_unknown)
        if key not in builders:
            builders[key] = compile_builder(rule, append_unknown)
        return builders[key]

    Rule._compile_builder = compiled
