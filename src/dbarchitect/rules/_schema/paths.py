"""The indexes of a table with those that its keys imply: what each is called, and how two of them compare."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.catalog.expressions import Expression, columns_of, expression
from dbarchitect.catalog.members import Index, IndexColumn, UniqueKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Kind, Origin, Ref
from dbarchitect.rules._sql import quoted

_SHOWN = 60
"""Characters that are shown of an expression or a predicate."""

Part = tuple[str | Expression | None, str | None, str | None, bool, bool]


@dataclass(frozen=True, slots=True)
class Path:
    """An index, and the key that it belongs to (None where it stands by itself). `primary` marks the primary key's."""

    table: Table
    index: Index
    key: UniqueKey | None = None
    primary: bool = False

    @property
    def ref(self) -> Ref:
        """The index's address: its columns, and its name where it has one."""
        columns = tuple(c.name or f"({c.expression})" for c in self.index.columns)
        return self.table.ref.over(columns, Kind.INDEX, self.index.name)

    @property
    def named(self) -> Ref | None:
        """The address under which statistics are kept, None where the index has no name."""
        return self.table.ref.of(Kind.INDEX, self.index.name) if self.index.name else None

    @property
    def origin(self) -> Origin:
        """Where it was read; the table's place where it has none of its own."""
        return self.index.origin if self.index.origin.path else self.table.origin

    def __str__(self) -> str:
        """As a sentence calls it: `the primary key (id)`, `index ix_a (a, b)`."""
        columns = f"({', '.join(map(spelled, self.index.columns))})"
        if self.primary:
            return f"the primary key {columns}"
        kind = "the unique constraint" if self.key else "the unique index" if self.index.unique else "the index"
        return f"{kind} {self.index.name} {columns}" if self.index.name else f"{kind} {columns}"

    def described(self) -> str:
        """All that counts when two are compared, as evidence."""
        text = f"{self} of {self.table.ref} using {self.index.method}"
        if self.index.include:
            text += f" including {', '.join(self.index.include)}"
        return text + (f" where {self.index.predicate}" if self.index.predicate else "")


def paths(table: Table) -> Iterator[Path]:
    """The valid indexes of a table, those of its keys first."""
    keys = (table.primary_key, *table.unique_keys) if table.primary_key else table.unique_keys
    implied = list(table.access_paths())[: len(keys)]
    for key, index in zip(keys, implied, strict=True):
        yield Path(table, index, key, primary=key is table.primary_key)
    for index in table.indexes:
        if index.valid:
            yield Path(table, index)


def spelled(column: IndexColumn) -> str:
    """One key of an index as SQL would spell it."""
    text = quoted(column.name) if column.name else f"({column.expression})"
    if column.collation:
        text += f" collate {quoted(column.collation)}"
    if column.operator_class:
        text += f" {column.operator_class}"
    return text + (" desc" if column.descending else "")


def forwards(index: Index) -> tuple[Part, ...]:
    """The keys of an index, comparable with another's."""
    return tuple(_part(column, backwards=False) for column in index.columns)


def either_way(index: Index) -> tuple[Part, ...]:
    """The same, equal for two btrees that hold their keys in exactly opposite directions."""
    if index.method != "btree":
        return forwards(index)
    backwards = tuple(_part(column, backwards=True) for column in index.columns)
    return backwards if index.columns[0].descending else forwards(index)


def _part(column: IndexColumn, *, backwards: bool) -> Part:
    nulls_first = column.descending if column.nulls_first is None else column.nulls_first
    return (
        column.name or column.expression,
        column.operator_class,
        column.collation,
        column.descending is not backwards,
        nulls_first is not backwards,
    )


def is_indexed(table: Table, columns: tuple[str, ...]) -> bool:
    """True where an index finds the rows with given values of these columns without reading the others."""
    return any(_finds(path, columns) for path in table.access_paths())


def _finds(path: Index, columns: tuple[str, ...]) -> bool:
    if not path.valid or path.method not in {"btree", "hash"}:
        return False
    wanted = set(columns)
    if path.predicate is not None and not _leaves_out_only_nulls(path.predicate, wanted):
        return False
    if set(path.column_names[: len(columns)]) == wanted:
        return True
    whole = len(path.column_names) == len(path.columns)
    return path.unique and path.predicate is None and whole and set(path.column_names) <= wanted


def _leaves_out_only_nulls(predicate: Expression, wanted: set[str]) -> bool:
    """True for `customer_id IS NOT NULL`: no search for a customer's rows misses one."""
    names = columns_of(predicate)
    return set(names) <= wanted and predicate == expression(" and ".join(f"{quoted(n)} is not null" for n in names))


def shown_keys(index: Index) -> str:
    """An index as a reader is shown it: its keys, expressions among them, and of which rows it is."""
    keys = ", ".join(part.name or _short(part.expression) for part in index.columns)
    return f"({keys})" + (f" where {_short(index.predicate)}" if index.predicate is not None else "")


def _short(written: Expression | None) -> str:
    text = " ".join(str(written).split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
