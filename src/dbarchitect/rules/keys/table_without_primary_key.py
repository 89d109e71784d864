"""The rule `table-without-primary-key`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.objects import Column, Identity, Index, Table, UniqueKey
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import SqlType
from dbarchitect.change.operations import AddColumn, AlterColumn, Change, Drop, SetPrimaryKey
from dbarchitect.finding import (
    Applicability,
    Category,
    Evidence,
    EvidenceKind,
    Finding,
    Fix,
    Level,
    Precision,
    Strength,
)
from dbarchitect.rules._base import Rule
from dbarchitect.rules._members import names_in_use, order_without_waste, plain_indexes_within
from dbarchitect.rules._names import derived_name
from dbarchitect.rules._shape import joined_columns
from dbarchitect.rules._sql import count


class TableWithoutPrimaryKey(Rule):
    """A table without a primary key

    ## What it finds
    A table that declares no primary key. One that has another unique key of columns that are never null is reported
    for information, for its rows can be told apart; so is one that only joins others, where what may repeat is another
    rule's finding.

    ## Why it matters
    Rows can double and nothing can address one of them: neither a foreign key, nor an object-relational mapper, nor
    logical replication, which refuses to update or delete in such a table.

    ## When to leave it
    Tables that are only ever filled and emptied as a whole (imports on their way).

    ## How the fix works
    It makes a unique key of never-null columns the primary key; a table that only joins others gets the joined columns
    as its key; any other gets a numbered column. Where rows have doubled already the key cannot be made: look first.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-PRIMARY-KEYS
    - https://www.postgresql.org/docs/current/logical-replication-publication.html
    """

    code = "KEY001"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.SCHEMA_DESIGN

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each table."""
        for table in survey.tables:
            if table.primary_key is None and not table.inherits and table.columns:
                yield self._finding(survey, table)

    def _finding(self, survey: Survey, table: Table) -> Finding:
        key, pair = _usable_key(table), joined_columns(table)
        rows = survey.facts_of(table).rows
        size = f" among {count(rows, 'row')}" if rows else ""
        if key is not None:
            columns = ", ".join(_columns(key))
            text = f"{table.ref} has no primary key; its unique key on ({columns}) is one in all but name."
            hint = f"Make ({columns}) the primary key."
        elif pair and table.is_key(pair):
            text = f"{table.ref} has no primary key; its unique key on ({', '.join(pair)}) lets NULL through."
            hint = f"Make ({', '.join(pair)}) the primary key."
        elif pair:
            text = (
                f"{table.ref} has no primary key: nothing keeps the same ({', '.join(pair)}) from standing in it twice."
            )
            hint = f"Make ({', '.join(pair)}) the primary key."
        else:
            text = f"{table.ref} has no primary key: a row can stand in it twice{size}, and nothing can point at one."
            hint = "Add a primary key."
        unique = [path for path in table.access_paths() if path.unique]
        known = ", ".join(f"({', '.join(path.column_names)})" for path in unique) or "none"
        return Finding(
            self.name(),
            table.ref,
            text,
            hint,
            (Evidence(EvidenceKind.CATALOG, f"unique keys of {table.ref}: {known}", table.origin),),
            table.origin,
            level=Level.INFO if key is not None or pair else None,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """One line where every table has a primary key."""
        tables = [table for table in survey.tables if table.columns]
        if tables and all(table.primary_key for table in tables):
            evidence = tuple(
                Evidence(EvidenceKind.CATALOG, f"{t.ref}: ({', '.join(t.primary_key.columns)})", t.origin)
                for t in tables
                if t.primary_key
            )
            message = f"Every one of {count(len(tables), 'table')} has a primary key."
            yield Strength(self.name(), Ref.database(), message, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """A unique key promoted, the joined columns as key, or a numbered column."""
        table = survey.catalog.table(finding.object)
        if table is None or table.partitioning is not None:
            return None
        key = _usable_key(table)
        if key is not None:
            columns = _columns(key)
            if any(set(fk.referenced_columns) == set(columns) for _, fk in survey.catalog.references_to(table.ref)):
                return None
            primary = UniqueKey(columns, name=_name(survey, table))
            return Fix((Drop(table.ref, key), SetPrimaryKey(table.ref, None, primary)))
        pair = joined_columns(table)
        changes = _key_of(survey, table, pair) if pair else _numbered(survey, table)
        return (
            Fix(
                changes,
                Applicability.UNSAFE,
                "Look for rows that have doubled already."
                if pair
                else "Every row gets a number: the table is rewritten under an exclusive lock.",
            )
            if changes
            else None
        )


def _usable_key(table: Table) -> UniqueKey | Index | None:
    """The smallest unique constraint or full unique index that could be the primary key."""
    keys: list[tuple[tuple[str, ...], UniqueKey | Index]] = [
        (k.columns, k) for k in table.unique_keys if not k.deferrable
    ]
    full = (i for i in table.indexes if i.unique and i.valid and i.predicate is None and not i.nulls_not_distinct)
    keys.extend((i.column_names, i) for i in full if len(i.column_names) == len(i.columns) and not i.include)
    bound = [each for each in keys if not any(c is None or c.nullable for c in map(table.column, each[0]))]
    return min(bound, key=lambda each: (len(each[0]), each[0]), default=((), None))[1]


def _columns(key: UniqueKey | Index) -> tuple[str, ...]:
    return key.columns if isinstance(key, UniqueKey) else key.column_names


def _name(survey: Survey, table: Table) -> str:
    return derived_name("pk", table.name, (), names_in_use(survey.catalog))


def _key_of(survey: Survey, table: Table, pair: tuple[str, ...]) -> tuple[Change, ...]:
    columns = order_without_waste(table, pair)
    nullable = [column for column in map(table.column, columns) if column is not None and column.nullable]
    required = (AlterColumn(table.ref, column, replace(column, nullable=False)) for column in nullable)
    useless = (Drop(table.ref, index) for index in plain_indexes_within(table, columns))
    doubled = (Drop(table.ref, key) for key in table.unique_keys if set(key.columns) == set(columns))
    key = SetPrimaryKey(table.ref, None, UniqueKey(columns, name=_name(survey, table)))
    return (*required, *doubled, key, *useless)


def _numbered(survey: Survey, table: Table) -> tuple[Change, ...]:
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
