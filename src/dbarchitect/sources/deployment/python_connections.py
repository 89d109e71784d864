"""How Python code connects: SQLAlchemy's engines, Flask-SQLAlchemy's options, pools of the drivers.

Options are read where they are written: as keywords of the call, in a dictionary by name, in a class of settings with
what its bases give. An option whose value is computed is kept by name with the text of its expression; where more
options come from where we cannot see (`**kwargs` of a function), the record says so (`partial`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace

from dbarchitect.catalog.deployment import ConnectionSettings
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.configuration.environments import environment_of, environment_of_path
from dbarchitect.sources.configuration.urls import find_urls
from dbarchitect.sources.deployment.options import settings_of, with_url
from dbarchitect.sources.deployment.urls import read_urls
from dbarchitect.sources.python import UNKNOWN, ClassDef, Constant, Evaluator, FunctionDef, Module, Scope, with_default
from dbarchitect.sources.python.expressions import Call, Dict, Expr, Lambda, Literal, Name, Span
from dbarchitect.sources.python.statements import Assign, Effect, Mutate, Return, Statement

_WORDS = (
    b"pool_pre_ping",
    b"pool_size",
    b"create_engine",
    b"create_async_engine",
    b"SQLALCHEMY_",
    b"engine_options",
    b"create_pool",
    b"ConnectionPool",
    b"ThreadedConnectionPool",
    b"engine_from_config",
)
_ENGINE = re.compile(r"(?:\A|\.)(?:create_engine|create_async_engine|sqlmodel_create_engine)\Z")
_POOL = re.compile(
    r"(?:\A|\.)(?:(?:asyncpg\.)?create_pool|(?:Async|Null|AsyncNull)?ConnectionPool|(?:Simple|Threaded"
    r"|Persistent)ConnectionPool)\Z"
)
_ASIDE = re.compile(
    r"(?:\A|/)(?:alembic|migrations?|versions|scripts?|tools?|seeds?|fixtures|benchmarks?|examples?|docs?"
    r"|notebooks?|conftest\.py)(?:/|\Z)|(?:\A|/)(?:seed|migrat|conftest|load_test)\w*\.py\Z"
)
_LEGACY = {
    "SQLALCHEMY_POOL_SIZE": "pool_size",
    "SQLALCHEMY_MAX_OVERFLOW": "max_overflow",
    "SQLALCHEMY_POOL_TIMEOUT": "pool_timeout",
    "SQLALCHEMY_POOL_RECYCLE": "pool_recycle",
}
_OPTIONS = "SQLALCHEMY_ENGINE_OPTIONS"
_URI = "SQLALCHEMY_DATABASE_URI"
_NOT_IN_MEMORY = ("pool_size", "max_overflow", "pool_timeout")
_SAID_SOMEHOW = ("pool_pre_ping", "pool_recycle", "pool_size")
"""Options that a module may give in ways that are not read: where they stand, nothing is said of their absence."""
_DRIVERS = ("asyncpg", "psycopg_pool", "psycopg2", "psycopg")


def python_connections(evaluator: Evaluator, prefix: str = "") -> Iterator[ConnectionSettings]:
    """Every place of the project's Python code that connects or says how, by path."""
    for module in sorted(evaluator.index.candidates(*_WORDS), key=lambda m: m.path):
        if _ASIDE.search(module.path) or not module.path.startswith(prefix):
            continue
        records = tuple(_Module(module, evaluator).connections())
        yield from records
        for word in _SAID_SOMEHOW:
            if word.encode() in module.source and not any(record.says(word) for record in records):
                origin = Origin(module.path, module.source[: module.source.index(word.encode())].count(b"\n") + 1)
                yield ConnectionSettings("sqlalchemy", partial=True, written=((word, "…"),), origin=origin)


class _Module:
    def __init__(self, module: Module, evaluator: Evaluator) -> None:
        self.module = module
        self.evaluator = evaluator
        self.of_file = environment_of_path(module.path)

    def connections(self) -> Iterator[ConnectionSettings]:
        yield from self._of_settings(self.module.statements, None, self.of_file)
        for cls in self.module.classes:
            yield from self._of_class(cls)
        yield from self._of_calls(self.module.statements, None, self.of_file)

    def _of_class(self, cls: ClassDef) -> Iterator[ConnectionSettings]:
        """A class of Flask's settings: its own members, then those of its bases."""
        environment = environment_of(cls.name) or self.of_file
        members: dict[str, tuple[Statement, ClassDef]] = {}
        for base in self.evaluator.index.lineage(cls):
            for name, statement in base.members.items():
                members.setdefault(name, (statement, base))
        if not ({_OPTIONS, _URI} & cls.members.keys() or _LEGACY.keys() & cls.members.keys()):
            return
        own = (
            cls.members.get(_OPTIONS)
            or cls.members.get(_URI)
            or next(cls.members[n] for n in _LEGACY if n in cls.members)
        )
        record = ConnectionSettings(
            "flask-sqlalchemy", environment=environment, scope=cls.name, origin=self.module.origin(own.span)
        )
        for legacy, name in _LEGACY.items():
            if legacy in members:
                statement, owner = members[legacy]
                value = self.evaluator.name(owner.module, legacy, owner)
                record = settings_of(record, {name: with_default(value)})
        if _OPTIONS in members:
            statement, owner = members[_OPTIONS]
            record = self._with_member(record, statement, owner)
        uri = self._uri(members)
        record = self._with_uri(record, uri)
        in_memory = isinstance(uri, str) and any(u.target == ":memory:" or "mode=memory" in uri for u in find_urls(uri))
        if in_memory:
            given, _ = members.get(_OPTIONS, (None, cls))
            always = given is not None and not getattr(given, "conditions", ())
            refused = tuple(name for name, _ in record.written if name in _NOT_IN_MEMORY) if always else ()
            record = replace(record, clashes=refused, environment=environment or "testing")
        yield record

    def _with_member(self, record: ConnectionSettings, statement: Statement, owner: ClassDef) -> ConnectionSettings:
        if isinstance(statement, Assign) and statement.value is not None:
            return self._with_options(record, statement.value, owner, owner.module)
        if isinstance(statement, FunctionDef):
            result = with_default(self.evaluator.result(statement))
            return settings_of(record, result) if isinstance(result, dict) else replace(record, partial=True)
        return record

    def _uri(self, members: Mapping[str, tuple[Statement, ClassDef]]) -> Constant:
        if _URI not in members:
            return UNKNOWN
        _, owner = members[_URI]
        return with_default(self.evaluator.name(owner.module, _URI, owner))

    def _of_settings(
        self, statements: tuple[Statement, ...], scope: Scope | None, environment: str | None
    ) -> Iterator[ConnectionSettings]:
        """`SQLALCHEMY_ENGINE_OPTIONS` of a module, of `app.config[…]`, of `from_mapping(…)` and `update(…)`."""
        bound: dict[str, tuple[Expr, Span]] = {}
        for statement in statements:
            match statement:
                case Assign(target=target, value=value) if value is not None and _key(target):
                    bound[target] = value, statement.span
                case Mutate(key=Literal(value=str(key)), value=value) if _key(key):
                    bound[key] = value, statement.span
                case Effect(value=Call(function=Name(id="[]="), args=(target_, value))):
                    key_ = getattr(getattr(target_, "index", None), "value", None)
                    if isinstance(key_, str) and _key(key_):
                        bound[key_] = value, statement.span
                case FunctionDef(body=body) if self._concerns(statement.span):
                    yield from self._of_settings(body, statement, environment_of(statement.name) or environment)
                case _:
                    for call in _calls(statement):
                        bound.update(_pairs(call))
        if not any(name in bound for name in (_OPTIONS, _URI, *_LEGACY)):
            return
        first = bound.get(_OPTIONS) or bound.get(_URI) or next(iter(bound.values()))
        record = ConnectionSettings("flask-sqlalchemy", environment=environment, origin=self.module.origin(first[1]))
        for legacy, name in _LEGACY.items():
            if legacy in bound:
                record = self._with_value(record, name, bound[legacy][0], scope)
        if _OPTIONS in bound:
            record = self._with_options(record, bound[_OPTIONS][0], scope, self.module)
        if _URI in bound:
            record = self._with_uri(record, with_default(self.evaluator.value(bound[_URI][0], self.module, scope)))
        yield record

    def _concerns(self, span: Span) -> bool:
        source = self.module.source[span.start : span.end]
        return any(word in source for word in _WORDS)

    def _of_calls(
        self, statements: tuple[Statement, ...], scope: Scope | None, environment: str | None
    ) -> Iterator[ConnectionSettings]:
        for statement in statements:
            if isinstance(statement, (ClassDef, FunctionDef)):
                if self._concerns(statement.span):
                    inner = environment_of(statement.name) or environment
                    yield from self._of_calls(statement.body, statement, inner)
                continue
            for call in _calls(statement):
                name = call.name or ""
                if _ENGINE.search(name) and not name.startswith(("self.", "cls.")):
                    yield self._of_call("sqlalchemy", call, scope, environment)
                elif _POOL.search(name) and (driver := self._driver(name)) is not None:
                    yield self._of_call(driver, call, scope, environment)
                elif (
                    name.rpartition(".")[2] == "SQLAlchemy" and (options := call.keyword("engine_options")) is not None
                ):
                    record = ConnectionSettings(
                        "flask-sqlalchemy", environment=environment, origin=self.module.origin(call.span)
                    )
                    yield self._with_options(record, options, scope, self.module)

    def _driver(self, name: str) -> str | None:
        found = self.evaluator.index.resolve(self.module, name)
        dotted = getattr(found, "name", name)
        return next((driver for driver in _DRIVERS if str(dotted).startswith(f"{driver}.")), None)

    def _of_call(self, client: str, call: Call, scope: Scope | None, environment: str | None) -> ConnectionSettings:
        record = ConnectionSettings(client, environment=environment, origin=self.module.origin(call.span))
        if client != "sqlalchemy":
            record = replace(record, engine="postgresql", pool_class=(call.name or "").rpartition(".")[2])
        for keyword in call.kwargs:
            if keyword.name in {None, "connect_args", "kwargs"}:
                record = self._with_options(record, keyword.value, scope, self.module)
            elif keyword.name == "poolclass":
                record = replace(record, pool_class=self._text(keyword.value).rpartition(".")[2])
                record = self._with_value(record, "poolclass", keyword.value, scope)
            elif keyword.name is not None and keyword.name not in {"url", "dsn", "conninfo"}:
                record = self._with_value(record, keyword.name, keyword.value, scope)
        if client == "psycopg2" and len(call.args) > 1:
            record = self._with_value(record, "maxconn", call.args[1], scope)
        url = call.argument(0, "url") or call.keyword("dsn") or call.keyword("conninfo")
        return self._with_uri(record, with_default(self.evaluator.value(url, self.module, scope)))

    def _with_uri(self, record: ConnectionSettings, uri: Constant) -> ConnectionSettings:
        if not isinstance(uri, str):
            return record
        for url in read_urls(uri):
            return with_url(record, url)
        found = find_urls(uri)
        return replace(record, engine=found[0].engine.name) if found else record

    def _with_value(self, record: ConnectionSettings, name: str, expr: Expr, scope: Scope | None) -> ConnectionSettings:
        value = with_default(self.evaluator.value(expr, self.module, scope))
        return settings_of(record, {name: value}, {name: self._text(expr)})

    def _with_options(
        self, record: ConnectionSettings, expr: Expr, scope: Scope | None, module: Module
    ) -> ConnectionSettings:
        """Options in a dictionary: written out, or a name that stands for one."""
        if isinstance(expr, Dict):
            values: dict[Constant, Constant] = {}
            texts: dict[str, str] = {}
            for key, item in expr.items:
                name = self.evaluator.value(key, module, scope) if key is not None else None
                if key is None:
                    record = self._with_options(record, item, scope, module)
                elif isinstance(name, str):
                    if name == "poolclass":
                        record = replace(record, pool_class=self._text(item, module).rpartition(".")[2])
                    if isinstance(item, Dict):
                        record = self._with_options(record, item, scope, module)
                    values[name] = with_default(self.evaluator.value(item, module, scope))
                    texts[name] = self._text(item, module)
            return settings_of(record, values, texts)
        if isinstance(expr, Call) and (expr.name or "") == "dict":
            for keyword in expr.kwargs:
                if keyword.name is not None:
                    record = settings_of(record, {keyword.name: self.evaluator.value(keyword.value, module, scope)})
            return record
        value = with_default(self.evaluator.value(expr, module, scope))
        if isinstance(value, dict) and value:
            return settings_of(record, value)
        return self._by_name(record, expr, scope, module)

    def _by_name(
        self, record: ConnectionSettings, expr: Expr, scope: Scope | None, module: Module
    ) -> ConnectionSettings:
        """Options that are put together step by step under a name: `kwargs["pool_size"] = 10`."""
        if not isinstance(expr, Name) or not isinstance(scope, FunctionDef):
            return replace(record, partial=True)
        known = False
        for statement in scope.body:
            if isinstance(statement, Assign) and statement.target == expr.id and isinstance(statement.value, Dict):
                known = True
                record = self._with_options(record, statement.value, scope, module)
            elif isinstance(statement, Mutate) and statement.target == expr.id:
                if isinstance(statement.key, Literal) and isinstance(statement.key.value, str):
                    record = self._with_value(record, statement.key.value, statement.value, scope)
                elif statement.op == "update":
                    record = self._with_options(record, statement.value, None, module)
        return record if known and not record.partial else replace(record, partial=True)

    def _text(self, expr: Expr, module: Module | None = None) -> str:
        source = (module or self.module).source
        return source[expr.span.start : expr.span.end].decode("utf-8", "replace")


def _key(name: str) -> bool:
    return name in {_OPTIONS, _URI} or name in _LEGACY


def _pairs(call: Call) -> dict[str, tuple[Expr, Span]]:
    """The settings in `config.from_mapping(A=1)`, `config.update({"A": 1})`."""
    if not (call.name or "").endswith(("from_mapping", "update")):
        return {}
    found = {k.name: (k.value, k.span) for k in call.kwargs if k.name is not None and _key(k.name)}
    for arg in call.args:
        for key, value in arg.items if isinstance(arg, Dict) else ():
            if isinstance(key, Literal) and isinstance(key.value, str) and _key(key.value):
                found[key.value] = value, value.span
    return found


def _calls(statement: Statement) -> Iterator[Call]:
    match statement:
        case Assign(value=value) | Effect(value=value) | Return(value=value) | Mutate(value=value):
            yield from calls_in(value, 0)
        case _:
            return


def calls_in(node: object, depth: int = 0) -> Iterator[Call]:
    """Every call inside an expression, outermost first; what a lambda returns included."""
    if depth > 12 or node is None or isinstance(node, (str, bytes, int, float, Span)):
        return
    if isinstance(node, Call):
        yield node
    if isinstance(node, tuple):
        for item in node:
            yield from calls_in(item, depth + 1)
    elif is_dataclass(node) and not isinstance(node, type):
        if isinstance(node, Lambda):
            yield from calls_in(node.body, depth + 1)
            return
        for part in fields(node):
            yield from calls_in(getattr(node, part.name), depth + 1)
