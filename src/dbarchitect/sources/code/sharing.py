"""Whose queries they are: what one run over a project's code saw, shared out to its applications."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import MappingProxyType

from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.queries import Code, QueryFact
from dbarchitect.catalog.refs import Diagnostic, Ref
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.cache import Readings
from dbarchitect.sources.code.told import told_once


def handed_out(code: Code, readings: Readings, found: Iterable[Diagnostic]) -> Readings:
    """The readings, each with its share of the code, and with what of it could not be followed, told once."""
    problems: dict[int, list[Diagnostic]] = {}
    owners, shares = Owners(readings, code.queries), shared(code, readings)
    said = {diagnostic for reading in readings for diagnostic in reading.diagnostics}
    for diagnostic in told_once(d for d in found if d not in said):
        problems.setdefault(owners.of(None, diagnostic.origin.path or ""), []).append(diagnostic)
    return tuple(
        replace(
            reading,
            code=joined(reading.code, shares[number]),
            diagnostics=(*reading.diagnostics, *problems.get(number, ())),
        )
        for number, reading in enumerate(readings)
    )


def shared(code: Code, readings: Sequence[SourceReading]) -> tuple[Code | None, ...]:
    """What belongs to each application: queries of its tables; of the rest what lies in its folder."""
    if len(readings) == 1:
        return (replace(code, files=_files(code)) if code.queries else None,)
    owners = Owners(readings, code.queries)
    found: list[list[QueryFact]] = [[] for _ in readings]
    for query in code.queries:
        found[owners.of_query(query)].append(query)
    return tuple(
        _share(code, tuple(queries), owners, number) if queries else None for number, queries in enumerate(found)
    )


def _share(code: Code, queries: tuple[QueryFact, ...], owners: Owners, number: int) -> Code:
    asking = {query.origin.path for query in queries}

    def here(path: str | None) -> bool:
        return path in asking or owners.of(None, path or "") == number

    functions = {key: f for key, f in code.functions.items() if here(f.origin.path)}
    mine = replace(
        code,
        queries=queries,
        functions=MappingProxyType(functions),
        calls=tuple(c for c in code.calls if c.caller.function in functions),
        events=tuple(e for e in code.events if e.place.function in functions),
        handlers=tuple(h for h in code.handlers if h.function in functions),
        rules=tuple(r for r in code.rules if here(r.origin.path)),
    )
    return replace(mine, files=_files(mine))


def joined(first: Code | None, second: Code | None) -> Code | None:
    """What programs in two languages ask of one application's database."""
    if first is None or second is None:
        return first or second
    return Code(
        (*first.queries, *second.queries),
        MappingProxyType({**first.functions, **second.functions}),
        (*first.calls, *second.calls),
        (*first.events, *second.events),
        (*first.handlers, *second.handlers),
        (*first.rules, *second.rules),
        first.files + second.files,
        (*first.loose, *second.loose),
        (*first.signs, *second.signs),
        first.isolated | second.isolated,
    )


def _files(code: Code) -> int:
    return len({function.origin.path for function in code.functions.values()})


class Owners:
    """Tells whose tables and files are, each looked up once.

    A table goes by the nearest folder; of several applications equally near that have it, by the columns that a query
    names, then by what else the program asks: another may be left over from before.
    """

    def __init__(self, readings: Sequence[SourceReading], queries: Iterable[QueryFact] = ()) -> None:
        self._folders = [reading.application.path for reading in readings]
        self._catalogs = [reading.catalog for reading in readings]
        self._having: dict[tuple[str, ...] | None, list[int]] = {}
        for number, reading in enumerate(readings):
            for key in (None, *(table.ref.key for table in reading.catalog.tables)) if reading.catalog.tables else ():
                self._having.setdefault(key, []).append(number)
        self._known: dict[tuple[tuple[str, ...] | None, str], list[int]] = {}
        asked = (self._having.get(q.table.key, ()) for q in queries if q.table is not None)
        self._asked = Counter(having[0] for having in asked if len(having) == 1)

    def of(self, table: tuple[str, ...] | None, path: str) -> int:
        """The reading that a table (None: any) belongs to in a file."""
        return max(self._nearest(table, path), key=lambda n: self._asked[n])

    def of_query(self, query: QueryFact) -> int:
        """The reading that a query belongs to."""
        near = self._nearest(query.table.key if query.table is not None else None, query.origin.path or "")
        if len(near) == 1:
            return near[0]
        columns = (
            [p.column for p in query.predicates] + [a.column for a in query.assignments] + list(query.columns or ())
        )
        return max(near, key=lambda n: (sum(self._has(n, column) for column in columns), self._asked[n]))

    def _nearest(self, table: tuple[str, ...] | None, path: str) -> list[int]:
        """The readings that have a table (None: any), of the nearest folder."""
        key = (table if table in self._having else None, path)
        if key not in self._known:
            having = self._having.get(key[0]) or range(len(self._folders))
            far = {number: _nearness(self._folders[number], path) for number in having}
            self._known[key] = [number for number in having if far[number] == max(far.values())]
        return self._known[key]

    def _has(self, number: int, column: Ref) -> bool:
        table = self._catalogs[number].table(column)
        return table is not None and all(table.column(name) is not None for name in column.columns)


def _nearness(folder: str, path: str) -> tuple[int, int]:
    """How many characters of the folder's path lead to the file; -1 where it lies elsewhere: then how many of the path
    lead to both (`prisma` is nearer to `src/orders.ts` than `packages/other/prisma` is), -1 where it lies deeper."""
    if folder in {".", ""}:
        return 0, 0
    if path.startswith(f"{folder}/"):
        return len(folder), 0
    around = folder.rpartition("/")[0]
    return -1, len(around) if not around or path.startswith(f"{around}/") else -1


class Catalogs:
    """What a program may ask for in each of its files."""

    def __init__(self, readings: Sequence[SourceReading]) -> None:
        self._having = [reading for reading in readings if reading.catalog.tables] or list(readings)
        self._joined: dict[tuple[int, ...], Catalog] = {}

    def near(self, path: str) -> Catalog:
        """The catalog of the application that a file belongs to: of those that have tables, the nearest folder's. A
        program with several databases may ask any of those equally near, and one that lies in no application's folder
        what the farther ones alone have."""
        far = [_nearness(reading.application.path, path) for reading in self._having]
        best = max(far)
        within = (number for number, one in enumerate(far) if one == best or one[0] == best[0] < 0)
        nearest = tuple(sorted(within, key=lambda number: far[number], reverse=True))
        if nearest not in self._joined:
            self._joined[nearest] = _joined([self._having[number].catalog for number in nearest])
        return self._joined[nearest]


def _joined(catalogs: Sequence[Catalog]) -> Catalog:
    """The first with the tables that only others of its engine have."""
    first = catalogs[0]
    tables = {table.ref.key: table for table in first.tables}
    for other in catalogs[1:]:
        if other.engine.name == first.engine.name:
            tables = {**{table.ref.key: table for table in other.tables}, **tables}
    return first if len(tables) == len(first.tables) else replace(first, tables=tuple(tables.values()))
