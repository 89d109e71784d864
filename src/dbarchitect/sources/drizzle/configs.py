"""drizzle-kit's configurations: which modules are the schema, for which database, where the migrations lie.

A configuration is a module (or JSON file) that speaks of drizzle-kit and gives an object with a dialect or a schema,
whatever it is called. Paths count from where drizzle-kit is run, which is the folder of the configuration or one above
it: the nearest from which the schema is found.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.engine import MYSQL, POSTGRESQL, SQLITE, EngineInfo
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.configuration.urls import DatabaseUrl, find_urls
from dbarchitect.sources.discover import Project
from dbarchitect.sources.drizzle.evaluate import Evaluator
from dbarchitect.sources.drizzle.operators import settled
from dbarchitect.sources.drizzle.values import UNDEFINED, Called, Closure, Computed, Obj, Unknown, Value
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.specifiers import SUFFIXES
from dbarchitect.sources.typescript.syntax import External

_KIT = re.compile(rb"drizzle-kit")
_NAMED = re.compile(r"(?:.*[.-])?drizzle(?:[.-].*)?\.config\.[cm]?[jt]s\Z|drizzle\.config\..*")
_DIALECTS = {
    "postgresql": POSTGRESQL, "postgres": POSTGRESQL, "pg": POSTGRESQL, "neon": POSTGRESQL, "pglite": POSTGRESQL,
    "vercel-postgres": POSTGRESQL, "aws-data-api": POSTGRESQL, "node-postgres": POSTGRESQL,
    "sqlite": SQLITE, "turso": SQLITE, "libsql": SQLITE, "better-sqlite": SQLITE, "better-sqlite3": SQLITE,
    "d1": SQLITE, "d1-http": SQLITE, "expo": SQLITE, "durable-sqlite": SQLITE, "sqlite-cloud": SQLITE,
    "mysql": MYSQL, "mysql2": MYSQL, "planetscale": MYSQL, "tidb": MYSQL,
}  # fmt: skip
_CASINGS = frozenset({"snake_case", "camelCase"})


@dataclass(frozen=True, slots=True)
class Config:
    """One configuration. `schema` are the paths and patterns as written, empty where they cannot be told.

    `engine` is None where no dialect is named, `unread` the dialect that nobody here reads. `urls` are those that stand
    in it, each with whether it is a fallback.
    """

    path: str
    origin: Origin
    engine: EngineInfo | None = None
    unread: str | None = None
    schema: tuple[str, ...] = ()
    out: str = "drizzle"
    casing: str | None = None
    urls: tuple[tuple[DatabaseUrl, bool], ...] = ()

    @property
    def folder(self) -> str:
        """The folder that it lies in."""
        return posixpath.dirname(self.path)


def find_configs(
    project: Project, index: TypeScriptIndex, evaluator: Evaluator
) -> tuple[tuple[Config, ...], tuple[Diagnostic, ...]]:
    """The configurations of a project by path, and what is wrong with some."""
    found: list[Config] = []
    problems: list[Diagnostic] = []
    for path in index.matching(_KIT):
        module = index.module(path)
        if module is None:
            continue
        place = Origin(path, 1)
        value = settled(evaluator.exported(module, "default"))
        given = value
        if isinstance(given, Called) and is_kit(given.function) and given.args:
            place, given = given.place, settled(given.args[0])
        if isinstance(given, Closure):
            given = settled(evaluator.call(given, ()))
        if isinstance(given, Obj) and _is_config(given):
            config, said = _config(path, given, next(iter(given.places.values()), place))
            found.append(config)
            problems += said
        elif _NAMED.match(posixpath.basename(path)):
            why = f": {given.why}" if isinstance(given, Unknown) else ""
            problems.append(Diagnostic(place, f"the configuration of drizzle-kit cannot be told{why}"))
    for file in project.named("drizzle.config.json"):
        try:
            data = json.loads(file.text())
        except (OSError, ValueError, RecursionError):
            problems.append(Diagnostic(Origin(file.path, 1), "the configuration of drizzle-kit is no JSON"))
            continue
        if isinstance(data, dict):
            config, said = _config(
                file.path, Obj({key: _value(item) for key, item in data.items()}), Origin(file.path, 1)
            )
            found.append(config)
            problems += said
    return tuple(sorted(found, key=lambda config: config.path)), tuple(problems)


def is_kit(function: Value) -> bool:
    """Whether it is drizzle-kit's `defineConfig`."""
    return isinstance(function, External) and function.package == "drizzle-kit"


def _value(item: object) -> Value:
    if isinstance(item, dict):
        return Obj({str(key): _value(value) for key, value in item.items()})
    if isinstance(item, list):
        return tuple(_value(value) for value in item)
    return item if item is None or isinstance(item, str | int | float | bool) else UNDEFINED


def _is_config(given: Obj) -> bool:
    return any(name in given.entries for name in ("dialect", "driver")) or {"schema", "out"} <= given.entries.keys()


def _config(path: str, given: Obj, place: Origin) -> tuple[Config, list[Diagnostic]]:
    problems: list[Diagnostic] = []
    named = next((v for v in (settled(given.get(n)) for n in ("dialect", "driver")) if isinstance(v, str)), None)
    origin = given.places.get("dialect") or given.places.get("driver") or place
    engine = _DIALECTS.get(named.lower()) if named is not None else None
    if named is not None and engine is None:
        problems.append(Diagnostic(origin, f"the dialect {named} is not supported: the schema was not read"))
    schema = settled(given.get("schema"))
    paths = tuple(_texts(schema if isinstance(schema, tuple) else (schema,)))
    if "schema" in given.entries and not paths:
        problems.append(Diagnostic(given.places.get("schema", place), "which files are the schema cannot be told"))
    out, casing = settled(given.get("out")), settled(given.get("casing"))
    if casing is not UNDEFINED and casing not in _CASINGS:
        text = "the casing of names cannot be told: they are taken as they stand"
        problems.append(Diagnostic(given.places.get("casing", place), text))
    config = Config(
        path,
        origin,
        engine,
        named if engine is None else None,
        paths,
        out if isinstance(out, str) and out else "drizzle",
        casing if isinstance(casing, str) and casing in _CASINGS else None,
        tuple(_urls(given.get("dbCredentials"), is_default=False)),
    )
    return config, problems


def _texts(values: Iterable[Value]) -> Iterator[str]:
    yield from (value for value in map(settled, values) if isinstance(value, str) and value)


def _urls(value: Value, *, is_default: bool, depth: int = 0) -> Iterator[tuple[DatabaseUrl, bool]]:
    """The URLs among the credentials; what a variable falls back to is a default."""
    if depth > 10:
        return
    if isinstance(value, str):
        yield from ((url, is_default) for url in find_urls(value))
    elif isinstance(value, Obj):
        for item in value.entries.values():
            yield from _urls(item, is_default=is_default, depth=depth + 1)
    elif isinstance(value, Computed):
        yield from _urls(value.left, is_default=is_default, depth=depth + 1)
        yield from _urls(value.right, is_default=True, depth=depth + 1)


def schema_modules(config: Config, paths: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """The folder from which the schema of a configuration is found, and its modules; none where there are none."""
    every = tuple(paths)
    known = frozenset(every)
    folder = config.folder
    while True:
        found: dict[str, None] = {}
        for pattern in config.schema:
            found.update(dict.fromkeys(_matching(_joined(folder, pattern), every, known)))
        if found or not folder:
            return folder, tuple(found)
        folder = posixpath.dirname(folder)


def _joined(folder: str, pattern: str) -> str:
    joined = posixpath.normpath(posixpath.join(folder, pattern.lstrip("/")))
    return "" if joined == "." else joined


def _matching(pattern: str, every: tuple[str, ...], known: frozenset[str]) -> Iterator[str]:
    if pattern.startswith("../") or pattern == "..":
        return
    if not any(sign in pattern for sign in "*?{["):
        if pattern in known:
            yield pattern
            return
        yield from (path for path in every if posixpath.dirname(path) == pattern)
        if posixpath.splitext(pattern)[1] not in SUFFIXES:
            yield from (f"{pattern}{suffix}" for suffix in SUFFIXES if f"{pattern}{suffix}" in known)
        return
    expression = _glob(pattern)
    yield from (path for path in every if expression.fullmatch(path))


def _glob(pattern: str) -> re.Pattern[str]:
    """A pattern of paths as a regular expression: `*` and `?` within a name, `**` over folders, `{a,b}`, `[abc]`."""
    spelled: list[str] = []
    at = depth = 0
    while at < len(pattern):
        sign = pattern[at]
        if pattern.startswith("**/", at):
            spelled.append("(?:[^/]+/)*")
            at += 3
            continue
        if pattern.startswith("**", at):
            spelled.append(".*")
            at += 2
            continue
        closing = pattern.find("]", at + 2) if sign == "[" else -1
        if closing > 0:
            inside = pattern[at + 1 : closing].replace("\\", "\\\\").replace("[", "\\[")
            spelled.append(f"[{'^' + inside[1:] if inside[0] in '!^' else inside}]")
            at = closing + 1
            continue
        if sign == "{" and "}" in pattern[at:]:
            depth += 1
            spelled.append("(?:")
        elif sign == "}" and depth:
            depth -= 1
            spelled.append(")")
        elif sign == "," and depth:
            spelled.append("|")
        else:
            spelled.append({"*": "[^/]*", "?": "[^/]"}.get(sign, re.escape(sign)))
        at += 1
    try:
        return re.compile("".join(spelled) + ")" * depth)
    except re.error:
        return re.compile(re.escape(pattern))
