"""Whose queries they are: what one run over a project's code saw, shared out to its applications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.queries import Code
from dbarchitect.sources.base import SourceReading


def share(code: Code, readings: Sequence[SourceReading], number: int) -> Code | None:
    """What belongs to one application: queries of its tables; of the rest what lies in its folder."""
    owners = {id(q): owner_of(q.table.key if q.table else None, q.origin.path or "", readings) for q in code.queries}
    queries = tuple(q for q in code.queries if owners[id(q)] == number)
    if not queries:
        return None
    if len(readings) == 1:
        return replace(code, files=_files(code))

    def here(path: str | None) -> bool:
        return owner_of(None, path or "", readings) == number or any(q.origin.path == path for q in queries)

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
    )


def _files(code: Code) -> int:
    return len({function.origin.path for function in code.functions.values()})


def owner_of(table: tuple[str, ...] | None, path: str, readings: Sequence[SourceReading]) -> int:
    """The reading that a query belongs to: of those that have its table (None: any), the nearest folder's."""
    having = [
        n for n, reading in enumerate(readings)
        if (reading.catalog.tables if table is None else any(t.ref.key == table for t in reading.catalog.tables))
    ]  # fmt: skip
    return max(having or range(len(readings)), key=lambda n: _nearness(readings[n].application.path, path))


def _nearness(folder: str, path: str) -> int:
    """How many characters of the folder's path lead to the file; -1 where it lies elsewhere."""
    if folder in {".", ""}:
        return 0
    return len(folder) if path.startswith(f"{folder}/") else -1


def catalog_near(path: str, readings: Sequence[SourceReading]) -> Catalog:
    """The catalog of the application that a file belongs to."""
    return readings[owner_of(None, path, readings)].catalog
