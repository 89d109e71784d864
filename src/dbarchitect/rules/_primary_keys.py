"""Ways to give a table a primary key."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.members import Column, Identity, Index, UniqueKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import SqlType
from dbarchitect.change.operations import AddColumn, AlterColumn, Change, Drop, SetPrimaryKey
from dbarchitect.rules._members import names_in_use, order_without_waste, plain_indexes_within
from dbarchitect.rules._names import derived_name


def usable_key(table: Table) -> UniqueKey | Index | None:
    """The smallest unique constraint or full unique index that could be the primary key."""
    keys: list[tuple[tuple[str, ...], UniqueKey | Index]] = [
        (k.columns, k) for k in table.unique_keys if not k.deferrable
    ]
    full = (i for i in table.indexes if i.unique and i.valid and i.predicate is None and not i.nulls_not_distinct)
    keys.extend((i.column_names, i) for i in full if len(i.column_names) == len(i.columns) and not i.include)
    bound = [each for each in keys if not any(c is None or c.nullable for c in map(table.column, each[0]))]
    return min(bound, key=lambda each: (len(each[0]), each[0]), default=((), None))[1]


def columns_of(key: UniqueKey | Index) -> tuple[str, ...]:
    """The columns of either."""
    return key.columns if isinstance(key, UniqueKey) else key.column_names


def _name(survey: Survey, table: Table) -> str:
    return derived_name("pk", table.name, (), names_in_use(survey.catalog))


def promoted_key(survey: Survey, table: Table, key: UniqueKey | Index) -> tuple[Change, ...]:
    """Make a unique key the primary one."""
    primary = UniqueKey(columns_of(key), name=_name(survey, table))
    return Drop(table.ref, key), SetPrimaryKey(table.ref, None, primary)


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
