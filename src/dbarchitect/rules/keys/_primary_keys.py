"""Ways to give a table a primary key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dbarchitect.catalog.members import Column, Identity, Index, UniqueKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import SqlType
from dbarchitect.change.operations import AddColumn, AlterColumn, Change, Drop, SetPrimaryKey
from dbarchitect.rules._code.written import written
from dbarchitect.rules._fixes.members import names_in_use, order_without_waste, plain_indexes_within
from dbarchitect.rules._keys.required_references import clears
from dbarchitect.rules._names import derived_name
from dbarchitect.rules._schema.shape import is_soft_delete


def usable_key(table: Table) -> UniqueKey | Index | None:
    """The smallest unique constraint or full unique index that could be the primary key."""
    return min((key for key in _whole_keys(table) if not _loose(table, key)), key=_size, default=None)


def loose_key(survey: Survey, table: Table) -> UniqueKey | Index | None:
    """The unique key that lacks nothing but NOT NULL to be the primary one: the only such one, of whose columns
    nothing says that a row may do without."""
    keys = nullable_keys(table)
    if len(keys) != 1 or any(_may_lack(survey, table, column) for column in _loose(table, keys[0])):
        return None
    return keys[0]


def nullable_keys(table: Table) -> list[UniqueKey | Index]:
    """The unique keys through which NULL slips, the smallest first, one for each set of columns."""
    keys = {frozenset(columns_of(key)): key for key in _whole_keys(table) if _loose(table, key)}
    return sorted(keys.values(), key=_size)


def _whole_keys(table: Table) -> Iterator[UniqueKey | Index]:
    """The unique constraints and unique indexes that hold for every row, of columns alone."""
    yield from (key for key in table.unique_keys if not key.deferrable and all(map(table.column, key.columns)))
    for index in table.indexes:
        full = index.unique and index.valid and index.predicate is None and not index.nulls_not_distinct
        if full and len(index.column_names) == len(index.columns) and not index.include:
            yield index


def _size(key: UniqueKey | Index) -> tuple[int, tuple[str, ...]]:
    return len(columns_of(key)), columns_of(key)


def _loose(table: Table, key: UniqueKey | Index) -> list[Column]:
    """The columns of a key that may be NULL."""
    return [column for column in map(table.column, columns_of(key)) if column is not None and column.nullable]


def _may_lack(survey: Survey, table: Table, column: Column) -> bool:
    """Whether some rows are meant to have NULL: the code works with it or leaves it out, a reference is cleared, the
    column marks the deleted ones."""
    known = written(survey.code, table.ref.column(column.name))
    cleared = any(column.name in key.columns and clears(key) for key in table.foreign_keys)
    return known.means_something or bool(known.left_out) or cleared or is_soft_delete(column)


def columns_of(key: UniqueKey | Index) -> tuple[str, ...]:
    """The columns of either."""
    return key.columns if isinstance(key, UniqueKey) else key.column_names


def _name(survey: Survey, table: Table) -> str:
    return derived_name("pk", table.name, (), names_in_use(survey.catalog))


def promoted_key(survey: Survey, table: Table, key: UniqueKey | Index) -> tuple[Change, ...]:
    """Make a unique key the primary one, its columns required."""
    required = (AlterColumn(table.ref, column, replace(column, nullable=False)) for column in _loose(table, key))
    primary = UniqueKey(columns_of(key), name=_name(survey, table))
    return (*required, Drop(table.ref, key), SetPrimaryKey(table.ref, None, primary))


def joined_key(survey: Survey, table: Table, pair: tuple[str, ...]) -> tuple[Change, ...]:
    """Make the joined columns the primary key, and drop what this makes useless."""
    columns = order_without_waste(table, pair)
    nullable = [column for column in map(table.column, columns) if column is not None and column.nullable]
    required = (AlterColumn(table.ref, column, replace(column, nullable=False)) for column in nullable)
    useless = (Drop(table.ref, index) for index in plain_indexes_within(table, columns))
    doubled = (Drop(table.ref, key) for key in table.unique_keys if set(key.columns) == set(columns))
    key = SetPrimaryKey(table.ref, None, UniqueKey(columns, name=_name(survey, table)))
    return (*required, *doubled, key, *useless)


def numbered_key(survey: Survey, table: Table) -> tuple[Change, ...]:
    """Add a numbered column as primary key; nothing where every name for it is taken."""
    taken = {column.name.casefold() for column in table.columns}
    name = next((name for name in ("id", f"{table.name}_id", "row_id") if name.casefold() not in taken), None)
    if name is None:
        return ()
    key = SetPrimaryKey(table.ref, None, UniqueKey((name,), name=_name(survey, table)))
    position = max((column.position for column in table.columns), default=0) + 1
    if not survey.engine.capabilities.integer_primary_key_is_64_bit:
        number = Column(name, SqlType("bigint"), nullable=False, identity=Identity.ALWAYS, position=position)
        return AddColumn(table.ref, number), key
    # An engine that numbers only its primary key cannot add a numbered column: first the column, then the key.
    empty = Column(name, SqlType("integer"), position=position)
    numbered = replace(empty, nullable=False, identity=Identity.ROWID)
    return AddColumn(table.ref, empty), key, AlterColumn(table.ref, empty, numbered)
