"""Making the indexes and constraints that fixes add: with names that are free, and nothing made redundant."""

from __future__ import annotations

from dbarchitect.catalog.expressions import Expression, expression
from dbarchitect.catalog.members import Check, Index, IndexColumn, UniqueKey
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.change.operations import Add, Change, Drop
from dbarchitect.rules._names import FoldedNames, derived_name


def names_in_use(catalog: Catalog) -> FoldedNames:
    """The names of all tables, indexes and constraints: a new one must be none of them."""
    return catalog.derive(_names_in_use)


def _names_in_use(catalog: Catalog) -> FoldedNames:
    names: set[str | None] = set()
    for table in catalog.tables:
        names.add(table.name)
        keys = (table.primary_key, *table.unique_keys) if table.primary_key else table.unique_keys
        for group in (keys, table.foreign_keys, table.checks, table.exclusions, table.indexes):
            names.update(member.name for member in group)
    for view in catalog.views:
        names.add(view.name)
        names.update(index.name for index in view.indexes)
    return FoldedNames(name.casefold() for name in names if name is not None)


def new_index(
    catalog: Catalog,
    table: Table,
    columns: tuple[str, ...],
    *,
    unique: bool = False,
    predicate: Expression | None = None,
) -> Index:
    """A btree index on these columns, named `ix_…` (`uq_…` where unique)."""
    name = derived_name("uq" if unique else "ix", table.name, columns, names_in_use(catalog))
    return Index(tuple(IndexColumn(column) for column in columns), unique=unique, predicate=predicate, name=name)


def new_unique(catalog: Catalog, table: Table, columns: tuple[str, ...]) -> UniqueKey:
    """A UNIQUE constraint on these columns, named `uq_…`."""
    return UniqueKey(columns, name=derived_name("uq", table.name, columns, names_in_use(catalog)))


def new_check(catalog: Catalog, table: Table, columns: tuple[str, ...], text: str) -> Check:
    """A CHECK on these columns, named `ck_…`."""
    return Check(expression(text), name=derived_name("ck", table.name, columns, names_in_use(catalog)))


def plain_indexes_within(table: Table, columns: tuple[str, ...]) -> tuple[Index, ...]:
    """The indexes that a new index or unique key on these columns would make useless: the not unique ones, without
    predicate or inclusion, whose columns are its leading ones or all of it."""
    keys = tuple(IndexColumn(column) for column in columns)
    return tuple(
        index
        for index in table.indexes
        if not index.unique
        and index.valid
        and index.method == "btree"
        and index.predicate is None
        and not index.include
        and index.columns == keys[: len(index.columns)]
    )


def order_without_waste(table: Table, columns: tuple[str, ...]) -> tuple[str, ...]:
    """The columns, begun with the one whose lead makes no existing index useless; as given where all would."""
    for lead in range(len(columns)):
        candidate = (columns[lead], *columns[:lead], *columns[lead + 1 :])
        if not plain_indexes_within(table, candidate):
            return candidate
    return columns


def replacing(table: Table, member: Index | UniqueKey) -> tuple[Change, ...]:
    """Add this index or unique key, then drop the indexes that it makes useless."""
    columns = member.columns if isinstance(member, UniqueKey) else member.column_names
    full = isinstance(member, UniqueKey) or member.predicate is None
    useless = plain_indexes_within(table, columns) if full else ()
    return (Add(table.ref, member), *(Drop(table.ref, index) for index in useless))
