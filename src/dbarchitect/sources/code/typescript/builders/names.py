"""Tables and columns by their names in the database, as texts of a program write them: `users as u`, `u.email`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.builders.drafts import selected_of
from dbarchitect.sources.code.typescript.builders.values import Column, Derived, Scope, Source, column

_ALIASED = re.compile(r"^\s*(?P<name>[^\s]+)(?:\s+as\s+(?P<alias>[^\s]+))?\s*$", re.IGNORECASE)
_CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")
_DOCUMENTS = ("json", "hstore")


class Names:
    """The tables of the readings, by their names. Of tables of one name in several databases, all columns are known: a
    query names those that its own has."""

    def __init__(self, readings: Sequence[SourceReading]) -> None:
        self._tables: dict[str, tuple[Table, ...]] = {}
        for reading in readings:
            for table in reading.catalog.tables:
                name = table.ref.table or ""
                for known in (name, f"{table.ref.schema or 'public'}.{name}"):
                    self._tables[known] = (*self._tables.get(known, ()), table)

    def __bool__(self) -> bool:
        return bool(self._tables)

    def tables(self, columns: Iterable[Ref]) -> Scope:
        """The tables that columns stand in."""
        found = (self.source(f"{ref.schema or 'public'}.{ref.table}") for ref in columns)
        return tuple(source for source in found if source is not None)

    def source(self, text: str, queries: Scope = ()) -> Source | None:
        """The table that a text names (`users as u`), or the query of that name; None where there is none."""
        found = _ALIASED.match(text)
        if found is None:
            return None
        name, alias = found["name"], found["alias"]
        for query in queries:
            if query.label == name:
                return Source(alias or name, query.ref, query.columns, derived=True, inner=query.inner)
        tables = self._tables.get(name) or self._tables.get(snake(name))
        if not tables:
            return None
        columns = {found: value for table in reversed(tables) for found, value in _columns(table, alias)}
        json = frozenset[Ref]().union(*(_documents(table) for table in tables))
        return Source(alias or name.rpartition(".")[2], tables[0].ref, tuple(columns.items()), json=json)


def scope_of(draft: Draft) -> Scope:
    """The tables whose columns a query may name, its own first."""
    found = draft.noted("scope")
    return found if isinstance(found, tuple) else ()


def _columns(table: Table, alias: str | None) -> tuple[tuple[str, Column], ...]:
    json = _documents(table)
    found = []
    for one in table.columns:
        ref = table.ref.column(one.name)
        found.append((one.name, column(ref, one.name, alias, json=ref in json)))
    return tuple(found)


def _documents(table: Table) -> frozenset[Ref]:
    found = []
    for one in table.columns:
        low = str(one.type).lower()
        if low.startswith(_DOCUMENTS) or low.endswith("[]"):
            found.append(table.ref.column(one.name))
    return frozenset(found)


def of_query(derived: Derived, label: str | None = None) -> Source:
    """A query used as a table."""
    draft: Draft = derived.draft
    name = label or derived.name or ""
    fields = selected_of(draft)
    columns: list[tuple[str, Column]] = []
    for given, value in fields or ():
        if isinstance(value, Column) and value.plain and value.column is not None:
            columns.append((given, column(value.column, given, f"derived {name}", json=value.json)))
        else:
            columns.append((given, Column(name=given)))
    return Source(name, draft.table, tuple(columns) if fields is not None else None, derived=True)


def snake(name: str) -> str:
    """`createdAt` as `created_at`."""
    return _CAPITAL.sub(r"_\1", name).lower()


def split(text: str) -> tuple[str, str | None]:
    """A text of a column without its alias, and the alias."""
    found = _ALIASED.match(text)
    return (found["name"], found["alias"]) if found is not None else (text, None)


def column_named(text: str, scope: Scope) -> Column | None:
    """The column that a text names; None where it can be none of the tables."""
    name, alias = split(text)
    name = re.split(r"->>?", name)[0]
    owner, _, last = name.rpartition(".")
    owner = owner.rpartition(".")[2]
    for source in scope:
        if owner and source.label != owner:
            continue
        known = dict(source.columns or ())
        found = known.get(last) or known.get(snake(last))
        if found is not None:
            return _renamed(found, alias or last)
        if source.columns is None and source.ref is not None and owner:
            return column(source.ref.column(last), alias or last)
    return None


def _renamed(found: Column, name: str) -> Column:
    return replace(found, name=name)
