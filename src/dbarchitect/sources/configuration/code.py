"""Engines that Python code names: settings in modules and classes, `create_engine(…)`, pydantic's settings.

A URL need not be a literal: of `os.environ.get("DATABASE_URL", "sqlite:///app.db")`, `env or default`, f-strings and
joined texts the parts that stand in the code are read; what is computed between them counts for nothing.
Django's DATABASES is left to Django's reader.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from weakref import WeakKeyDictionary

from dbarchitect.catalog.engine import POSTGRESQL
from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.survey import ConfiguredEngine
from dbarchitect.sources.configuration.environments import environment_of, environment_of_path, is_illustration
from dbarchitect.sources.configuration.names import names_database, names_engine
from dbarchitect.sources.configuration.urls import ELLIPSIS, DatabaseUrl, engine_of_scheme, find_urls
from dbarchitect.sources.python.evaluate import Evaluator
from dbarchitect.sources.python.expressions import (
    Attribute,
    BinOp,
    Call,
    Conditional,
    Dict,
    Expr,
    FString,
    Literal,
    Name,
    Span,
    Subscript,
)
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.resolved import Value
from dbarchitect.sources.python.statements import (
    Assign,
    ClassDef,
    Condition,
    Effect,
    FunctionDef,
    Module,
    Mutate,
    Return,
    Scope,
    Statement,
)

_ENGINES = re.compile(rb"postgres|sqlite|mysql|mariadb|psycopg|asyncpg|pgsql|MySQL|MariaDB|Postgres")
_TELLING = re.compile(
    rb"(?<!http)(?<!https)://|URL|Dsn|DSN|DATABASE|DB_|SQLALCHEMY_|create_(?:async_)?engine|create_pool|Database\(|_main_option"
)
"""A URL, or what puts one together: a module that only imports a dialect's types need not be parsed."""
_ENGINE_CALLS = re.compile(r"(?:\A|\.)(?:create_engine|create_async_engine|Database|AsyncDatabase|create_pool)\Z")
_BUILDERS = re.compile(
    r"(?:\A|\.)(?:URL\.create|URL|PostgresDsn\.build|MultiHostUrl\.build|MySQLDsn\.build|MariaDBDsn\.build)\Z"
)
_ENVIRONMENT_READERS = re.compile(
    r"(?:\A|\.)(?:getenv|get|getenviron|env|config|str|Field|setting|get_env|env_var|get_setting|Settings|parse_obj|environ)\Z"
)
_PATH_MAKERS = re.compile(r"(?:\A|\.)(?:join|abspath|dirname|joinpath|realpath|Path|str|replace|format|strip)\Z")
_DEEPEST = 10
_KNOWN: WeakKeyDictionary[PythonIndex, dict[str, tuple[ConfiguredEngine, ...]]] = WeakKeyDictionary()
"""What each module of an index names: several readers ask for folders that lie within each other."""


def engines_of_code(index: PythonIndex, prefix: str) -> Iterator[ConfiguredEngine]:
    """Every engine that a module below `prefix` names, in the order of the paths."""
    folder = prefix.strip("/")
    evaluator = Evaluator(index)
    known = _KNOWN.setdefault(index, {})
    naming = index.matching(_TELLING, index.matching(_ENGINES, index.modules.values()))
    for module in sorted(naming, key=lambda m: m.path):
        path = module.path
        inside = not folder or folder == "." or path.startswith(f"{folder}/")
        if inside and not _is_migration(module) and not is_illustration(path, prefix):
            if path not in known:
                known[path] = tuple(_Code(module, evaluator).engines())
            yield from known[path]


def _is_migration(module: Module) -> bool:
    return b"down_revision" in module.source


class _Code:
    def __init__(self, module: Module, evaluator: Evaluator) -> None:
        self.module = module
        self.evaluator = evaluator
        self.index = evaluator.index
        self.of_file = environment_of_path(module.path)
        self._digest: str | None = None

    def engines(self) -> Iterator[ConfiguredEngine]:
        yield from self._of(self.module.statements, None, self.of_file)

    def _of(
        self, statements: tuple[Statement, ...], scope: Scope | None, environment: str | None
    ) -> Iterator[ConfiguredEngine]:
        for statement in statements:
            where = _of_conditions(statement.conditions) if not isinstance(statement, (ClassDef, FunctionDef)) else None
            here = where or environment
            if isinstance(statement, (ClassDef, FunctionDef)) and not self._concerns(statement.span):
                continue
            match statement:
                case ClassDef(name=name):
                    inner = environment_of(name) or environment
                    yield from self._of(statement.body, statement, inner)
                case FunctionDef(name=name):
                    yield from self._of(statement.body, statement, environment_of(name) or environment)
                    if names_database(name):
                        for returned in statement.returns:
                            yield from self._named(returned, statement, environment, name)
                case Assign(value=value) if value is not None or statement.annotation is not None:
                    yield from self._assigned(statement, scope, here)
                case Mutate(key=Literal(value=str(key)), value=value) if names_database(key):
                    yield from self._named(value, scope, here, key)
                case Effect(value=Call() as call):
                    yield from self._called(call, scope, here)
                case Return(value=Call() as call):
                    yield from self._called(call, scope, here)
                case _:
                    continue

    def _concerns(self, span: Span) -> bool:
        """Whether an engine is named within a class or function: the others need not be read."""
        return _ENGINES.search(self.module.source, span.start, span.end) is not None

    def _assigned(self, statement: Assign, scope: Scope | None, environment: str | None) -> Iterator[ConfiguredEngine]:
        name = statement.target
        if names_database(name):
            found = False
            if statement.value is not None:
                for engine in self._named(statement.value, scope, environment, name):
                    found = True
                    yield engine
            if not found and statement.value is not None and names_engine(name):
                yield from self._chosen(statement.value, environment)
            if not found and statement.annotation is not None:
                yield from self._annotated(statement.annotation, environment)
        if isinstance(statement.value, Call):
            yield from self._called(statement.value, scope, environment)
        if isinstance(statement.value, Dict):
            yield from self._paired(_by_key(statement.value), scope, environment)

    def _chosen(self, value: Expr, environment: str | None) -> Iterator[ConfiguredEngine]:
        """`DB_DRIVER = env("DB_DRIVER", "mariadb")`: the engine's name alone, or what it is where nobody says."""
        fallback = isinstance(value, Call)
        named = value.argument(1, "default") if isinstance(value, Call) else value
        text = named.value if isinstance(named, Literal) else None
        engine = engine_of_scheme(text) if isinstance(text, str) else None
        if engine is not None:
            origin = self._origin(value.span)
            yield ConfiguredEngine(engine, origin, environment, fallback, ELLIPSIS, is_choice=True)

    def _annotated(self, annotation: Expr, environment: str | None) -> Iterator[ConfiguredEngine]:
        """`DATABASE_URL: PostgresDsn`: only PostgreSQL will do."""
        text = self._source(annotation.span)
        if "PostgresDsn" in text or "AsyncPostgresDsn" in text:
            yield ConfiguredEngine(POSTGRESQL, self._origin(annotation.span), environment)

    def _called(self, call: Call, scope: Scope | None, environment: str | None) -> Iterator[ConfiguredEngine]:
        name = call.name or ""
        if _ENGINE_CALLS.search(name):
            url = call.argument(0, "url")
            if url is not None:
                yield from self._named(url, scope, environment, name)
        elif name.endswith(("config.from_mapping", "config.update", "config.setdefault", "update")):
            pairs = [(k.name, k.value) for k in call.kwargs if k.name is not None]
            pairs += [pair for arg in call.args if isinstance(arg, Dict) for pair in _by_key(arg)]
            yield from self._paired(pairs, scope, environment)
        elif name.endswith("set_main_option") and len(call.args) > 1:
            yield from self._named(call.args[1], scope, environment, name)

    def _paired(
        self, pairs: Iterable[tuple[str, Expr]], scope: Scope | None, environment: str | None
    ) -> Iterator[ConfiguredEngine]:
        """The engines of the settings among these."""
        for key, value in pairs:
            if names_database(key):
                yield from self._named(value, scope, environment, key)

    def _named(
        self, value: Expr, scope: Scope | None, environment: str | None, name: str
    ) -> Iterator[ConfiguredEngine]:
        """The engines in the value of a setting."""
        seen: set[tuple[str, str]] = set()
        for url, is_default, span in self._urls(value, scope, is_default=False, depth=0):
            if (url.engine.name, url.target) in seen:
                continue
            seen.add((url.engine.name, url.target))
            where = environment or environment_of(name)
            if url.target == ":memory:" and where is None:
                where = "testing"  # a database in memory is nobody's production
            target = url.target or None
            yield ConfiguredEngine(url.engine, self._origin(span), where, is_default, target or ELLIPSIS)

    def _urls(
        self, expr: Expr, scope: Scope | None, *, is_default: bool, depth: int
    ) -> Iterator[tuple[DatabaseUrl, bool, Span]]:
        """The URLs that an expression may come to, each with whether it is a fallback."""
        if depth > _DEEPEST:
            return
        inner = depth + 1
        match expr:
            case Literal(value=str(text)):
                for url in find_urls(text):
                    yield url, is_default, expr.span
            case FString() | BinOp(op="+" | "%" | "/"):
                for url in find_urls(self._joined(expr, scope, 0)):
                    yield url, is_default, expr.span
            case BinOp(op="or", left=left, right=right):
                first = list(self._urls(left, scope, is_default=is_default, depth=inner))
                yield from first
                yield from self._urls(right, scope, is_default=True, depth=inner)
            case Conditional(body=body, orelse=orelse):
                yield from self._urls(body, scope, is_default=is_default, depth=inner)
                yield from self._urls(orelse, scope, is_default=True, depth=inner)
            case Name():
                found = self.index.resolve(self.module, expr.id, scope)
                if (
                    isinstance(found, Value)
                    and found.expr is not None
                    and not found.rest
                    and found.module is self.module
                ):
                    local = scope if isinstance(scope, FunctionDef) else None
                    for url, fallback, _ in self._urls(
                        found.expr, found.owner or local, is_default=is_default, depth=inner
                    ):
                        yield url, fallback, expr.span
            case Call():
                yield from self._call_urls(expr, scope, is_default=is_default, depth=inner)
            case Dict(items=items):
                for _, item in items:
                    yield from self._urls(item, scope, is_default=is_default, depth=inner)
            case _:
                return

    def _call_urls(
        self, call: Call, scope: Scope | None, *, is_default: bool, depth: int
    ) -> Iterator[tuple[DatabaseUrl, bool, Span]]:
        function = call.function
        name = call.name or (function.attr if isinstance(function, Attribute) else "")
        if _BUILDERS.search(name):
            built = self._built(call, scope)
            if built is not None:
                yield built, is_default, call.span
                return
        if isinstance(function, Attribute):
            yield from self._urls(function.value, scope, is_default=is_default, depth=depth)
            return
        if name.endswith((".format", ".replace")) and "." in name:
            holder = Name(name.rpartition(".")[0], function.span)
            yield from self._urls(holder, scope, is_default=is_default, depth=depth)
            return
        reads = _ENVIRONMENT_READERS.search(name) is not None
        for position, arg in enumerate((*call.args, *(k.value for k in call.kwargs))):
            fallback = is_default or (reads and (position > 0 or name.endswith("Field")))
            yield from self._urls(arg, scope, is_default=fallback, depth=depth)

    def _built(self, call: Call, scope: Scope | None) -> DatabaseUrl | None:
        """`URL.create("postgresql", …)`, `PostgresDsn.build(scheme="postgresql", …)`."""
        scheme = call.keyword("drivername") or call.keyword("scheme") or (call.args[0] if call.args else None)
        value = self.evaluator.value(scheme, self.module, scope)
        engine = engine_of_scheme(value) if isinstance(value, str) else None
        if engine is None and "PostgresDsn" in (call.name or ""):
            engine = POSTGRESQL
        if engine is None:
            return None
        database = self.evaluator.value(call.keyword("database") or call.keyword("path"), self.module, scope)
        return DatabaseUrl(engine, database.lstrip("/") if isinstance(database, str) else "")

    def _joined(self, expr: Expr, scope: Scope | None, depth: int) -> str:
        """The text that an expression puts together, an ellipsis for each part that is computed."""
        if depth > _DEEPEST:
            return ELLIPSIS
        match expr:
            case Literal(value=str(text)):
                return text
            case FString(parts=parts):
                return "".join(p if isinstance(p, str) else self._joined(p, scope, depth + 1) for p in parts)
            case BinOp(op="+", left=left, right=right):
                return self._joined(left, scope, depth + 1) + self._joined(right, scope, depth + 1)
            case BinOp(op="%", left=left):
                return re.sub(r"%(?:\(\w+\))?[sdr]", ELLIPSIS, self._joined(left, scope, depth + 1))
            case BinOp(op="/", right=right):
                return f"{ELLIPSIS}/{self._joined(right, scope, depth + 1)}"
            case Call(args=args) if _PATH_MAKERS.search(expr.name or "") and args and isinstance(args[-1], Literal):
                last = args[-1].value
                return f"{ELLIPSIS}/{last}" if isinstance(last, str) else ELLIPSIS
            case Name():
                value = self.evaluator.value(expr, self.module, scope)
                is_text = (
                    isinstance(value, str) and "password" not in expr.id.lower() and "secret" not in expr.id.lower()
                )
                return str(value) if is_text else ELLIPSIS
            case _:
                return ELLIPSIS

    def _source(self, span: Span) -> str:
        return self.module.source[span.start : span.end].decode("utf-8", "replace")

    def _origin(self, span: Span) -> Origin:
        if self._digest is None:
            self._digest = hashlib.sha256(self.module.file.read_bytes()).hexdigest()
        return replace(self.module.origin(span), digest=self._digest)


def _by_key(value: Dict) -> list[tuple[str, Expr]]:
    return [(k.value, v) for k, v in value.items if isinstance(k, Literal) and isinstance(k.value, str)]


def _of_conditions(conditions: tuple[Condition, ...]) -> str | None:
    """The environment that a test like `ENV == "production"` speaks of."""
    for condition in reversed(conditions):
        if condition.test is None:
            continue
        found = _of_test(condition.test)
        if found is not None:
            return found if condition.expected else None
    return None


def _of_test(expr: Expr) -> str | None:
    match expr:
        case Literal(value=str(text)):
            return environment_of(text)
        case Name(id=name):
            return environment_of(name.rpartition(".")[2])
        case Subscript(index=index):
            return _of_test(index)
        case _:
            for part in (*getattr(expr, "operands", ()), *getattr(expr, "args", ())):
                found = _of_test(part)
                if found is not None:
                    return found
            return None
