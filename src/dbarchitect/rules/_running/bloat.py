"""How large a table or btree would be if it were written anew: an estimate from the planner's statistics.

Rows times the average width of a row, with the headers, paddings and fill factors of the pages that are described in
https://www.postgresql.org/docs/current/storage-page-layout.html and .../btree.html; the idea is that of the bloat
estimates that administrators have used for years. Where padding is not certain the most that it can be is taken, so
that the answer is rather too large, and what is called wasted rather too small.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._running.statistics import option_of
from dbarchitect.rules._schema.paths import Path

_PAGE, _PAGE_HEADER, _LINE_POINTER = 8192, 24, 4
_ROW_HEADER, _ENTRY_HEADER, _ENTRY_HEADER_WITH_NULLS, _BTREE_SPECIAL = 23, 8, 16, 16
_FULL_TABLE, _FULL_BTREE = 100, 90
# Types whose values begin at a multiple of so many bytes; others have a length of their own and mostly none of it.
_ALIGNED = {
    **dict.fromkeys(("boolean", "uuid", '"char"'), 1),
    "smallint": 2,
    **dict.fromkeys(("integer", "real", "date", "oid"), 4),
    **dict.fromkeys(("bigint", "double precision", "timestamp without time zone", "timestamp with time zone"), 8),
    **dict.fromkeys(("time without time zone", "time with time zone", "interval", "money"), 8),
}
_SHORT, _VARIABLE = 127, 4
_UNCERTAIN = frozenset({"name"})  # an index keeps it shorter than a table does


def bytes_of_table(survey: Survey, table: Table) -> int | None:
    """The bytes that the rows of a table need without indexes and TOAST; None where statistics are missing."""
    rows = survey.facts_of(table).rows
    columns = [column for column in table.ordered_columns if column.generated is None or column.generated_stored]
    width = _width(survey, table, columns)
    if rows is None or width is None:
        return None
    header = _ROW_HEADER + (ceil(len(columns) / 8) if _has_nulls(survey, table, columns) else 0)
    written = option_of(table, "fillfactor") or ""
    fill = int(written) if written.isdigit() else _FULL_TABLE
    return _pages(rows, _aligned(header) + _aligned(width), (_PAGE - _PAGE_HEADER) * fill / 100) * _PAGE


def bytes_of_btree(survey: Survey, path: Path) -> int | None:
    """The bytes that the entries of a btree need; None for other methods, expressions and missing statistics."""
    names = [*path.index.column_names, *path.index.include]
    columns = [column for name in names if (column := path.table.column(name)) is not None]
    whole = len(path.index.column_names) == len(path.index.columns) and len(columns) == len(names)
    facts = survey.facts.index(path.named) if survey.facts is not None and path.named is not None else None
    if facts is None or facts.rows is None or path.index.method != "btree" or not whole:
        return None
    if any(survey.catalog.base_type(column.type).name in _UNCERTAIN for column in columns):
        return None
    width = _width(survey, path.table, columns)
    if width is None:
        return None
    header = _ENTRY_HEADER_WITH_NULLS if _has_nulls(survey, path.table, columns) else _ENTRY_HEADER
    usable = (_PAGE - _PAGE_HEADER - _BTREE_SPECIAL) * (facts.fill_factor or _FULL_BTREE) / 100
    leaves = _pages(facts.rows, _aligned(header + width), usable)
    above = ceil(leaves * (_aligned(header + width) + _LINE_POINTER) / usable)
    return (leaves + above + 1) * _PAGE


def _pages(rows: int, size: float, usable: float) -> int:
    return ceil(rows / max(1, usable // (size + _LINE_POINTER)))


def _has_nulls(survey: Survey, table: Table, columns: Iterable[Column]) -> bool:
    assert survey.facts is not None  # noqa: S101 - the callers have looked
    return any(survey.facts.column(table.ref.column(column.name)).null_fraction for column in columns)


def _width(survey: Survey, table: Table, columns: Iterable[Column]) -> float | None:
    """The average bytes of these columns side by side, None where one of them was never analyzed."""
    offset, certain = 0.0, True
    if survey.facts is None:
        return None
    for column in columns:
        facts = survey.facts.column(table.ref.column(column.name))
        if facts.average_width is None or facts.null_fraction is None:
            return None
        type_ = survey.catalog.base_type(column.type)
        fixed = _ALIGNED.get(type_.name) if not type_.dimensions else None
        alignment = fixed or (1 if facts.average_width < _SHORT else _VARIABLE)
        padding = -offset % alignment if certain else alignment - 1
        offset += (padding + facts.average_width) * (1 - facts.null_fraction)
        certain = certain and fixed is not None and facts.null_fraction == 0
    return offset


def _aligned(size: float) -> int:
    return ceil(size / 8) * 8
