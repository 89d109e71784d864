"""The engines that a project's settings name under DATABASES["default"].

Read are literal dictionaries, `DATABASES["default"] = …`, database URLs (`env.db(…)`, `dj_database_url.config(…)`,
`dj_database_url.parse(…)`) and engines from the environment with a default; each assignment for itself, so that a
project which serves several engines shows them all. Passwords are not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbarchitect.catalog.engine import MARIADB, MYSQL, POSTGRESQL, SQLITE, EngineInfo
from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.survey import ConfiguredEngine
from dbarchitect.sources.configuration.choice import choose_engine
from dbarchitect.sources.configuration.urls import find_urls
from dbarchitect.sources.django.projects import DjangoProject, Settings
from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import UNKNOWN, Constant, Environment
from dbarchitect.sources.python.expressions import (
    Attribute,
    Call,
    Compare,
    Dict,
    Expr,
    Literal,
    Name,
    Subscript,
    UnaryOp,
)
from dbarchitect.sources.python.statements import Assign, Condition, Effect, Mutate

_BACKENDS = (
    ("postg", POSTGRESQL),
    ("psycopg", POSTGRESQL),
    ("timescale", POSTGRESQL),
    ("spatialite", SQLITE),
    ("sqlite", SQLITE),
    ("mysql", MYSQL),
    ("mariadb", MARIADB),
)


def configured_engines(project: DjangoProject, world: World) -> tuple[ConfiguredEngine, ...]:
    """Every engine that the settings name for the default database."""
    found: dict[tuple[str, int | None, str], ConfiguredEngine] = {}
    for settings in project.settings:
        engines = [*_of_settings(settings, world)]
        overridden = None in engines
        for engine in engines:
            if engine is not None:
                key = (str(engine.origin.path), engine.origin.line, engine.engine.name)
                found.setdefault(key, replace(engine, is_default=True) if overridden else engine)
    return tuple(found.values())


def engine_of(settings: Iterable[ConfiguredEngine], others: Iterable[ConfiguredEngine]) -> EngineInfo:
    """The engine that the schema is for.

    The settings decide where they name an engine outright; where they only have a fallback, one for development, or
    nothing, what env files, compose files and requirements name counts with them. PostgreSQL when several engines are
    equal or none is named (`choose_engine` has the precedence).
    """
    named, rest = tuple(settings), tuple(others)
    outright = any(not e.is_default and e.environment not in {"testing", "development"} for e in named)
    chosen = choose_engine(named if outright else (*named, *rest))
    known = choose_engine(e for e in (*named, *rest) if e.engine.name == chosen.name)
    if known.name != chosen.name:
        return chosen
    telling = chosen if chosen.version or chosen.product else known
    hosted_by = chosen.hosted_by or known.hosted_by
    return replace(chosen, version=telling.version, product=telling.product, hosted_by=hosted_by)


def _of_settings(settings: Settings, world: World) -> Iterator[ConfiguredEngine | None]:
    """The engines, and None for one that only the environment tells: the others are then fallbacks of it."""
    module = settings.module
    body = settings.owner.body if settings.owner is not None else module.statements
    for statement in body:
        if isinstance(statement, Effect) and _updates_default(statement.value):
            yield None
        if not isinstance(statement, (Assign, Mutate)) or statement.target != "DATABASES" or statement.value is None:
            continue
        expr: Expr | None = statement.value
        if isinstance(statement, Mutate):
            key = world.value(statement.key, module, settings.owner) if statement.key is not None else UNKNOWN
            if statement.op != "[]=" or key != "default":
                continue
        elif isinstance(expr, Dict):
            keys = [world.value(k, module, settings.owner) if k is not None else UNKNOWN for k, _ in expr.items]
            position = keys.index("default") if "default" in keys else 0 if len(keys) == 1 else None
            expr = expr.items[position][1] if position is not None else None
        else:
            whole = world.value(expr, module, settings.owner)
            value = whole.get("default") if isinstance(whole, dict) else None
            yield from _engine(value, module.origin(statement.span), settings, statement.conditions, None)
            continue
        if expr is not None:
            value = world.value(expr, module, settings.owner)
            origin = module.origin(_place(expr).span)
            yield from _engine(value, origin, settings, statement.conditions, _url_text(expr, settings, world))


def _updates_default(expr: Expr) -> bool:
    """`DATABASES["default"].update(dj_database_url.config())`."""
    function = expr.function if isinstance(expr, Call) else None
    if not isinstance(function, Attribute) or function.attr != "update" or not isinstance(function.value, Subscript):
        return False
    return function.value.value == Name("DATABASES")


def _place(expr: Expr) -> Expr:
    """The value of ENGINE where it is written out."""
    for key, value in expr.items if isinstance(expr, Dict) else ():
        if isinstance(key, Literal) and key.value == "ENGINE":
            return value
    return expr


def _url_text(expr: Expr, settings: Settings, world: World) -> Constant:
    """The URL inside `dj_database_url.parse(url)` and the like."""
    if isinstance(expr, Call) and (expr.name or "").rpartition(".")[2] in {"parse", "db_url", "db_url_config"}:
        return world.value(expr.args[0], settings.module, settings.owner) if expr.args else None
    return None


def _engine(
    value: Constant, origin: Origin, settings: Settings, conditions: tuple[Condition, ...], url: Constant
) -> Iterator[ConfiguredEngine | None]:
    environment = _environment_of(conditions) or settings.environment
    if isinstance(value, Environment) and value.kind == "database":
        yield from _of_url(value.default, origin, environment, is_default=True)
    elif isinstance(value, dict):
        yield from _of_dictionary(value, origin, environment)
        backend = value.get("ENGINE")
        if isinstance(backend, Environment) and not isinstance(backend.default, str):
            yield None
    elif isinstance(url, Environment):
        yield from _of_url(url.default, origin, environment, is_default=True)
    elif value is UNKNOWN and url is None:
        yield None  # what a file says that only the running program reads
    else:
        yield from _of_url(url, origin, environment, is_default=False)


def _of_url(
    url: Constant, origin: Origin, environment: str | None, *, is_default: bool
) -> Iterator[ConfiguredEngine | None]:
    found = find_urls(url) if isinstance(url, str) else ()
    if found:
        target = found[0].target or None
        yield ConfiguredEngine(found[0].engine, origin, environment, is_default=is_default, target=target)
    elif is_default:
        yield None


def _of_dictionary(
    value: dict[Constant, Constant], origin: Origin, environment: str | None
) -> Iterator[ConfiguredEngine]:
    backend, name = value.get("ENGINE"), value.get("NAME")
    is_default = isinstance(backend, Environment)
    backend = backend.default if isinstance(backend, Environment) else backend
    name = name.default if isinstance(name, Environment) else name
    if not isinstance(backend, str):
        return
    engine = next((info for word, info in _BACKENDS if word in backend.lower()), None)
    if engine is not None:
        target = name if isinstance(name, str) else None
        yield ConfiguredEngine(engine, origin, environment, is_default=is_default, target=target)


def _environment_of(conditions: tuple[Condition, ...]) -> str | None:
    """What `if DEBUG:` and `if "test" in sys.argv:` say of the branches below them."""
    for condition in conditions:
        test, expected = condition.test, condition.expected
        while isinstance(test, UnaryOp) and test.op == "not":
            test, expected = test.operand, not expected
        if isinstance(test, Name) and test.id.rpartition(".")[2] in {"DEBUG", "DEVELOPMENT", "DEV"}:
            return "development" if expected else "production"
        if isinstance(test, Name) and "TEST" in test.id.upper() and expected:
            return "testing"
        if (
            isinstance(test, Compare)
            and expected
            and any(isinstance(o, Literal) and o.value == "test" for o in test.operands)
        ):
            return "testing"
    return None
