"""Compile once a process what every application of a test run would compile alike.

A new application for each test is cheap but for three things, which come to the same each time:
the rules of its URLs, the code of a template, and the SQL of a statement.
"""

from functools import wraps
from typing import Any, ClassVar

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from werkzeug.routing import Rule

# What `Rule.compile` gives a rule; the builders are its methods.
BUILDERS = ("_build", "_build_unknown")
COMPILED = ("_parts", "_trace", "_converters", "arguments", *BUILDERS)


class Templates(BytecodeCache):
    """Jinja's cache of compiled templates, kept in memory."""

    def __init__(self) -> None:
        self.code: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.code[bucket.key, bucket.checksum] = bucket.code


class SQLite(SQLiteDialect_pysqlite):
    """SQLite, one cache of whose compiled statements serves all engines.

    A statement is found there by its dialect, too: so those of two engines count as one.
    """

    supports_statement_cache = True
    statements: ClassVar[dict[Any, Any]] = {}

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=cls.statements)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SQLite)

    def __hash__(self) -> int:
        return hash(SQLite)


def compile_once() -> None:
    """Have every application of this process share what it compiles.

    A shared converter stays bound to the URL map that it was made for, at which none here looks.
    """
    registry.register("sqlite", __name__, "SQLite")
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Templates()}

    compile_rule = Rule.compile
    compiled: dict[tuple[object, ...], dict[str, Any]] = {}

    @wraps(compile_rule)
    def compile_new(rule: Rule) -> None:
        # All that this depends on.
        domain = rule.host if rule.map.host_matching else rule.subdomain
        defaults = (rule.defaults or {}).items()
        key = (domain, rule.rule, rule.merge_slashes, *defaults, *rule.map.converters.items())
        if key not in compiled:
            compile_rule(rule)
            compiled[key] = {name: getattr(rule, name) for name in COMPILED}
        vars(rule).update(compiled[key])
        for name in BUILDERS:
            setattr(rule, name, getattr(rule, name).__func__.__get__(rule))

    Rule.compile = compile_new
