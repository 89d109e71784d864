"""From a statement's text to sqlglot's tree, in the engine's dialect or, where that fails, in another."""

from __future__ import annotations

from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from dbarchitect.catalog.expression_parser import PlainMySQL, PlainPostgres, PlainSQLite
from dbarchitect.sources.code.sql.shapes import Unreadable

_DIALECTS = {"postgresql": PlainPostgres, "sqlite": PlainSQLite, "mysql": PlainMySQL}
_READ = (exp.Query, exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Values)


def parse(text: str, engine: str) -> exp.Expr:
    """The tree of a query or a change of rows. Raises `Unreadable`, the reason being what the first dialect says."""
    reason = ""
    first = _DIALECTS.get(engine, PlainPostgres)
    for dialect in (first, *(other for other in _DIALECTS.values() if other is not first)):
        try:
            parsed = sqlglot.parse_one(text, dialect=dialect)
        except (SqlglotError, RecursionError, ValueError, TypeError, AttributeError, IndexError, KeyError) as error:
            reason = reason or _reason(error)
            continue
        if isinstance(parsed, _READ) and not _is_torso(parsed):
            return parsed
        reason = reason or f"it is no whole statement about rows ({type(parsed).__name__})"
    raise Unreadable(reason)


def _is_torso(parsed: exp.Expr) -> bool:
    """SELECT without anything selected, UPDATE without SET: sqlglot takes them, no server does."""
    if isinstance(parsed, exp.Select):
        return not parsed.expressions and part(parsed, "from") is None
    return isinstance(parsed, exp.Update) and not parsed.expressions


def _reason(error: Exception) -> str:
    details: list[dict[str, Any]] = getattr(error, "errors", [])
    if details and details[0].get("description"):
        found = details[0]
        return f"{found['description']} (line {found.get('line')}, column {found.get('col')})"
    return (
        "it is nested too deeply"
        if isinstance(error, RecursionError)
        else (str(error).splitlines() or ["the parser gave up"])[0][:200]
    )


def part(node: exp.Expr, name: str) -> exp.Expr | None:
    """An argument of a node whose name differs between sqlglot's versions (`from`, later `from_`)."""
    found = node.args.get(f"{name}_")
    found = found if found is not None else node.args.get(name)
    return found if isinstance(found, exp.Expr) else None
