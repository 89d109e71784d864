"""How Django projects connect: DATABASES in every settings module, and what a later module adds to it.

Read are dictionaries, `DATABASES["default"]["CONN_MAX_AGE"] = …`, and the keywords of `dj_database_url.config(…)`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from dbarchitect.catalog.deployment import ConnectionSettings
from dbarchitect.sources.configuration.environments import environment_of, environment_of_path
from dbarchitect.sources.configuration.urls import find_urls
from dbarchitect.sources.deployment.options import settings_of
from dbarchitect.sources.deployment.python_connections import calls_in
from dbarchitect.sources.deployment.urls import read_urls, where_lies
from dbarchitect.sources.python import UNKNOWN, ClassDef, Constant, Environment, Evaluator, Module, Scope, with_default
from dbarchitect.sources.python.expressions import Call, Dict, Expr, Literal, Span
from dbarchitect.sources.python.statements import Assign, Effect, Mutate, Statement

_WORDS = (b"DATABASES",)
_URL_KEYWORDS = {"conn_max_age": "CONN_MAX_AGE", "conn_health_checks": "CONN_HEALTH_CHECKS"}
_NOT_SAID = frozenset({"NAME", "USER", "PASSWORD", "PORT", "TEST", "ENGINE", "HOST"})
_BACKENDS = (
    ("sqlite", "sqlite"),
    ("spatialite", "sqlite"),
    ("mysql", "mysql"),
    ("mariadb", "mysql"),
    ("postg", "postgresql"),
    ("psycopg", "postgresql"),
)
_POOLING = re.compile(r"geventpool|conn_pool|postgrespool|db_pool", re.IGNORECASE)
_ASIDE = re.compile(
    r"(?:\A|/)(?:migrations|tests?|testing|examples?|sandbox|demo|docs?|scripts?)/|(?:\A|/)test\w*\.py\Z"
)
_MUTABLE = re.compile(rb"""DATABASES\[["']\w+["']\]\[["'](\w+)["']\](?:\[["'](\w+)["']\])?\s*=\s*""")


def django_connections(evaluator: Evaluator) -> Iterator[ConnectionSettings]:
    """One record for each settings module (or class) that binds or changes DATABASES."""
    for module in sorted(evaluator.index.candidates(*_WORDS), key=lambda m: m.path):
        if _ASIDE.search(module.path):
            continue
        environment = environment_of_path(module.path.removesuffix(".py"))
        reader = _Settings(module, evaluator)
        yield from reader.of(module.statements, None, environment)
        for cls in module.classes:
            if "DATABASES" in cls.members:
                yield from reader.of(cls.body, cls, environment_of(cls.name) or environment)


class _Settings:
    def __init__(self, module: Module, evaluator: Evaluator) -> None:
        self.module = module
        self.evaluator = evaluator

    def of(
        self, statements: tuple[Statement, ...], scope: ClassDef | None, environment: str | None
    ) -> Iterator[ConnectionSettings]:
        record: ConnectionSettings | None = None
        for statement in statements:
            made = self._of(statement, scope, record, environment)
            if made is None:
                continue
            if record is not None and isinstance(statement, Assign) and statement.target == "DATABASES":
                yield record  # another branch binds it anew
            record = made
        if record is not None:
            yield record

    def _of(
        self, statement: Statement, scope: Scope | None, before: ConnectionSettings | None, environment: str | None
    ) -> ConnectionSettings | None:
        match statement:
            case Assign(target="DATABASES", value=value) if value is not None:
                record = ConnectionSettings(
                    "django", environment=environment, origin=self.module.origin(statement.span)
                )
                expr = _default_of(value)
                if expr is not None:
                    return self._with(record, expr, scope)
                whole = self.evaluator.value(value, self.module, scope)
                inner = whole.get("default") if isinstance(whole, dict) else None
                if isinstance(inner, dict):
                    return self._with_dictionary(record, inner)
                return replace(record, partial=True)
            case Mutate(target="DATABASES", op="[]=", key=Literal(value="default"), value=value):
                record = before or ConnectionSettings(
                    "django", environment=environment, origin=self.module.origin(statement.span)
                )
                return self._with(record, value, scope)
            case Effect(value=Call() as call, span=span) if b"DATABASES" in self.module.source[span.start : span.end]:
                return self._changed(call, span, scope, before, environment)
            case _:
                return None

    def _changed(
        self, call: Call, span: Span, scope: Scope | None, before: ConnectionSettings | None, environment: str | None
    ) -> ConnectionSettings | None:
        """`DATABASES["default"]["CONN_MAX_AGE"] = 60`, `DATABASES["default"].update(…)`."""
        origin = self.module.origin(span)
        record = before or ConnectionSettings("django", environment=environment, partial=True, origin=origin)
        source = self.module.source[span.start : span.end]
        if call.name == "[]=" and len(call.args) == 2:
            path = _MUTABLE.match(source)
            if path is None:
                return None
            name = (path[2] or path[1]).decode()
            value = self.evaluator.value(call.args[1], self.module, scope)
            return self._said(record, {name: value})
        if b"].update(" in source and call.args:
            return self._with(record, call.args[0], scope)
        return None

    def _with(self, record: ConnectionSettings, expr: Expr, scope: Scope | None) -> ConnectionSettings:
        if isinstance(expr, Dict):
            values: dict[Constant, Constant] = {}
            for key, item in expr.items:
                if key is None:
                    record = self._with(record, item, scope)
                    continue
                name = self.evaluator.value(key, self.module, scope)
                value = self.evaluator.value(item, self.module, scope)
                if isinstance(name, str):
                    values[name] = value
            return self._with_dictionary(record, values)
        for call in calls_in(expr):
            record = self._with_call(record, call, scope)
        value = self.evaluator.value(expr, self.module, scope)
        if isinstance(value, Environment):
            value = value.default
        if isinstance(value, dict):
            return self._with_dictionary(record, value)
        return self._with_url(record, value)

    def _with_call(self, record: ConnectionSettings, call: Call, scope: Scope | None) -> ConnectionSettings:
        """`dj_database_url.config(conn_max_age=600, ssl_require=True)`."""
        said: dict[Constant, Constant] = {}
        for keyword in call.kwargs:
            value = self.evaluator.value(keyword.value, self.module, scope)
            if keyword.name in _URL_KEYWORDS:
                said[_URL_KEYWORDS[keyword.name]] = value
            elif keyword.name == "ssl_require" and with_default(value) is True:
                said["sslmode"] = "require"
            elif keyword.name == "default":
                record = self._with_url(record, with_default(value))
            elif keyword.name is None:
                record = replace(record, partial=True)
        return self._said(record, said) if said else record

    def _with_url(self, record: ConnectionSettings, value: Constant) -> ConnectionSettings:
        if not isinstance(value, str):
            return record
        for url in read_urls(value):
            made = settings_of(
                replace(record, engine="mysql" if url.scheme.startswith("mysql") else "postgresql"), dict(url.options)
            )
            return replace(made, host=url.host, through_pooler=url.through_pooler or record.through_pooler)
        found = find_urls(value)
        return replace(record, engine=found[0].engine.name) if found else record

    def _with_dictionary(self, record: ConnectionSettings, values: dict[Constant, Constant]) -> ConnectionSettings:
        backend = with_default(values.get("ENGINE", UNKNOWN))
        if isinstance(backend, str):
            engine = next((name for word, name in _BACKENDS if word in backend.lower()), None)
            record = replace(record, engine=engine)
            if _POOLING.search(backend):
                record = replace(record, pool_class=backend)
        host = with_default(values.get("HOST", UNKNOWN))
        if isinstance(host, str) and not isinstance(values.get("HOST"), Environment):
            record = replace(record, host=where_lies(host) if host else "local")
        port = with_default(values.get("PORT", UNKNOWN))
        pooled = str(port) in {"6432", "6543"} or (isinstance(host, str) and "bouncer" in host)
        return self._said(replace(record, through_pooler=record.through_pooler or pooled), values)

    def _said(self, record: ConnectionSettings, values: dict[Constant, Constant]) -> ConnectionSettings:
        kept = {name: value for name, value in values.items() if name not in _NOT_SAID}
        made = settings_of(record, kept)
        if kept.get("CONN_MAX_AGE", 0) is None:  # kept for ever
            made = replace(made, persistent_for=float("inf"))
        return _with_pragmas(made, kept)


def _with_pragmas(record: ConnectionSettings, values: dict[Constant, Constant]) -> ConnectionSettings:
    options = values.get("OPTIONS")
    command = options.get("init_command") if isinstance(options, dict) else None
    if not isinstance(command, str):
        return record
    journal = re.search(r"journal_mode\s*=\s*(\w+)", command, re.IGNORECASE)
    return replace(record, journal_mode=journal[1].lower() if journal is not None else record.journal_mode)


def _default_of(value: Expr) -> Expr | None:
    """The entry `default` of a dictionary of databases, its only entry where there is no default."""
    if not isinstance(value, Dict):
        return None
    for key, item in value.items:
        if isinstance(key, Literal) and key.value == "default":
            return item
    return value.items[0][1] if len(value.items) == 1 and value.items[0][0] is not None else None
