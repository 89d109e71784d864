"""Conditions written as SQL: `filter(text("age > :age"))`."""

from __future__ import annotations

from collections.abc import Sequence

from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.sqlalchemy.values import UNKNOWN_CONDITION, Clause, Condition
from dbarchitect.sources.code.python.values import Const
from dbarchitect.sources.code.python.vocabulary import Site
from dbarchitect.sources.code.sharing import Catalogs
from dbarchitect.sources.code.sql import Unreadable, read_sql


def condition_of(clause: Clause, draft: Draft, readings: Sequence[SourceReading], site: Site) -> Condition:
    """A text of a condition as predicates, unknown where it is none of its own."""
    text = clause.text.value if isinstance(clause.text, Const) else None
    if not isinstance(text, str) or draft.table is None or draft.table.table is None:
        return UNKNOWN_CONDITION
    tables = ", ".join(_quoted(t.schema, t.table or "") for t in draft.tables)
    try:
        found = read_sql(f"select 1 from {tables} where {text}", Catalogs(readings).near(site.frame.module.path))
    except Unreadable:
        return UNKNOWN_CONDITION
    if len(found) != 1:
        return UNKNOWN_CONDITION
    return Condition(found[0].predicates, (), found[0].joins, (), "where" in found[0].dynamic)


def _quoted(schema: str | None, table: str) -> str:
    name = '"' + table.replace('"', '""') + '"'
    return f'"{schema}".{name}' if schema else name
