"""Which readings tell the same tables, so that each table is judged once; and which application comes first.

The same tables are read twice where a library's sandbox installs what the library declares, where a schema is copied
into a package that uses it, and where a dump or migrations in SQL lie beside the models or beside each other. Two
applications that only share some tables, or that resemble each other, stay two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.production import is_aside

_COMMON = 0.8
"""The share of its tables that a reading of another framework must have in common to tell the same schema."""
_ALIKE = 0.5
"""The share of a table's columns that two tables of one name must have in common."""
_ENOUGH = 3
"""The fewest tables by which schemas are recognised: a lone `users` is everywhere."""

_Key = tuple[str, int | None, str]


def without_repeated(readings: Sequence[SourceReading]) -> tuple[SourceReading, ...]:
    """The readings whose tables no other one holds as well; where two hold the same, the better founded one."""
    kept: list[SourceReading] = []
    for reading in sorted(readings, key=_foundation):
        at = next((i for i, other in enumerate(kept) if _is_told_by(reading, other)), None)
        if at is None:
            kept.append(reading)
        else:
            kept[at] = _with_note(kept[at], reading)
    places = {id(reading.catalog): place for place, reading in enumerate(readings)}
    return tuple(sorted(kept, key=lambda reading: places[id(reading.catalog)]))


def is_mirrored(made: SourceReading, models: SourceReading) -> bool:
    """Whether what migrations make holds nearly all tables that models declare, and keys or indexes besides."""
    own, known = _own(models), _own(made)
    columns = {_plain(table.name): _columns(table) for table in known}
    if len(own) < _ENOUGH or _resembling(own, columns) < _COMMON * len(own):
        return False
    return sum(map(_members, known)) > sum(map(_members, own))


def _members(table: Table) -> int:
    return len(table.indexes) + len(table.unique_keys) + len(table.foreign_keys)


def in_order(readings: Sequence[SourceReading]) -> tuple[SourceReading, ...]:
    """What the repository is for first, the larger before the smaller; then examples, demos and templates; last what
    holds no table."""
    return tuple(sorted(readings, key=lambda r: (not _own(r), is_aside(r.application.path), -len(_own(r)))))


def _foundation(reading: SourceReading) -> tuple[bool, int, bool, bool, bool, str]:
    """Models before SQL files, more tables before fewer, what configures a database before what does not, a server
    before SQLite, which is what demos run on."""
    configured = any(not engine.is_default for engine in reading.configured_engines)
    return (
        reading.application.framework == "sql",
        -len(_own(reading)),
        not configured,
        reading.catalog.engine.name == "sqlite",
        is_aside(reading.application.path),
        reading.application.path,
    )


def _own(reading: SourceReading) -> list[Table]:
    return [table for table in reading.catalog.tables if table.owned_by is None and table.partition_of is None]


def _is_told_by(reading: SourceReading, other: SourceReading) -> bool:
    own, known = _own(reading), _own(other)
    if not own or not known:
        return False
    if _places(own) and _places(own) <= _places(known):
        return True
    columns = {_plain(table.name): _columns(table) for table in known}
    exact = all(columns.get(_plain(table.name)) == _columns(table) for table in own)
    if reading.application.framework != other.application.framework:
        return exact or (len(own) >= _ENOUGH and _resembling(own, columns) >= _COMMON * len(own))
    if len(own) <= _ENOUGH:
        return False  # two small services may well have the same `users`
    if reading.application.framework == "sql" and reading.catalog.engine.name == other.catalog.engine.name:
        return exact or _resembling(own, columns) >= _COMMON * len(known)
    return exact and len(own) == len(known)


def _places(tables: Sequence[Table]) -> frozenset[_Key]:
    """Where the tables are declared; empty unless all say it."""
    places = [(t.origin.path, t.origin.line, _plain(t.name)) for t in tables]
    found = frozenset((path, line, name) for path, line, name in places if path is not None)
    return found if len(found) == len(tables) else frozenset()


def _resembling(tables: Sequence[Table], columns: Mapping[str, frozenset[str]]) -> int:
    found = 0
    for table in tables:
        own, theirs = _columns(table), columns.get(_plain(table.name), frozenset())
        found += bool(own) and len(own & theirs) >= _ALIKE * len(own)
    return found


def _columns(table: Table) -> frozenset[str]:
    return frozenset(_plain(column.name) for column in table.columns)


def _plain(name: str) -> str:
    return name.replace("_", "").casefold()


def _with_note(kept: SourceReading, left: SourceReading) -> SourceReading:
    """The reading, with word of where else its tables are told; that of the same files needs none."""
    place = next((table.origin.path for table in _own(left)), None)
    files = {table.origin.path for table in _own(kept)}
    engines = (*kept.configured_engines, *(e for e in left.configured_engines if e not in kept.configured_engines))
    if place is None or place in files:
        return replace(kept, configured_engines=engines)
    where = "the project itself" if kept.application.path in {".", ""} else kept.application.path
    text = f"the same tables as in {where}: not audited a second time"
    note = Diagnostic(Origin(place, 1), text)
    return replace(kept, configured_engines=engines, diagnostics=(*kept.diagnostics, note))
