"""The CREATE statements of SQLite for objects of the catalog."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dbarchitect.catalog.expressions import Expression
from dbarchitect.catalog.members import (
    Action,
    Check,
    Column,
    ForeignKey,
    Identity,
    Index,
    IndexColumn,
    Trigger,
    UniqueKey,
)
from dbarchitect.catalog.objects import Table, View
from dbarchitect.engines.sqlite.spelling import quote, spell_type
from dbarchitect.errors import ChangeRefused

_CONSTANT = re.compile(
    r"(?:[+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?|'(?:[^']++|'')*'|x'[0-9a-f]*'|null|true|false)\Z", re.IGNORECASE
)
_NOW = re.compile(r"(?:now\(\)|current_timestamp|current_date|current_time)\Z", re.IGNORECASE)


def create_table(table: Table, name: str | None = None) -> str:
    """CREATE TABLE with all constraints, without indexes and triggers; `name` stands in for the table's own."""
    require_representable(table)
    parts = [column_definition(column, _inline_key(table, column)) for column in table.ordered_columns]
    parts += list(_table_constraints(table))
    options = [word for word, on in (("WITHOUT ROWID", table.without_rowid), ("STRICT", table.strict)) if on]
    suffix = f" {', '.join(options)}" if options else ""
    return f"CREATE TABLE {quote(name or table.name)} (\n  " + ",\n  ".join(parts) + f"\n){suffix}"


def require_representable(table: Table) -> None:
    """Raise `ChangeRefused` for what SQLite has no words for, rather than leave it out."""
    lacking = {
        "schemas": table.schema,
        "exclusion constraints": table.exclusions,
        "policies": table.policies,
        "row-level security": table.row_security or table.force_row_security,
        "partitions": table.partitioning or table.partition_of,
        "inheritance": table.inherits,
        "unlogged tables": table.unlogged,
        "storage parameters": table.options,
        "tables without columns": not table.columns,
        "tables of a module's own": table.owned_by is not None and table.owned_by.startswith("sqlite "),
    }
    for what, present in lacking.items():
        if present:
            raise ChangeRefused(f"SQLite has no {what}, which table {table.name} needs")
    for key in table.unique_keys:
        require_plain_key(key)
    if table.name.lower().startswith("sqlite_"):
        raise ChangeRefused(f"the name {table.name} is reserved for SQLite's own tables")


def require_plain_key(key: UniqueKey) -> None:
    """Raise `ChangeRefused` for a key with features of PostgreSQL."""
    if key.include or key.deferrable or key.nulls_not_distinct:
        raise ChangeRefused("SQLite's unique keys have no INCLUDE, DEFERRABLE or NULLS NOT DISTINCT")


def _inline_key(table: Table, column: Column) -> str:
    """The PRIMARY KEY clause of a column that is an alias of the rowid: it has to stand with the column."""
    if column.identity not in {Identity.ROWID, Identity.AUTOINCREMENT}:
        return ""
    key = table.primary_key
    if key is None or key.columns != (column.name,) or table.without_rowid:
        raise ChangeRefused(f"only the primary key of {table.name} can be numbered by SQLite, not {column.name}")
    name = f"CONSTRAINT {quote(key.name)} " if key.name else ""
    return f"{name}PRIMARY KEY" + (" AUTOINCREMENT" if column.identity is Identity.AUTOINCREMENT else "")


def column_definition(column: Column, inline_key: str = "") -> str:
    """The definition of a column as CREATE TABLE and ADD COLUMN take it."""
    if column.identity is not None and not inline_key:
        raise ChangeRefused(f"SQLite numbers only an integer primary key by itself, not {column.name}")
    parts = [quote(column.name)]
    type_text = "integer" if inline_key else _spelled(column)
    if type_text:
        parts.append(type_text)
    if inline_key:
        parts.append(inline_key)
    elif not column.nullable:
        parts.append("NOT NULL")
    if column.default is not None and column.generated is None:
        parts.append(f"DEFAULT {default_text(column.default)}")
    if column.collation is not None:
        parts.append(f"COLLATE {quote(column.collation)}")
    if column.generated is not None:
        kind = "STORED" if column.generated_stored else "VIRTUAL"
        parts.append(f"GENERATED ALWAYS AS ({column.generated}) {kind}")
    return " ".join(parts)


def _spelled(column: Column) -> str:
    """The type; an integer that is no alias of the rowid is `int`, since INTEGER PRIMARY KEY would make it one."""
    text = spell_type(column.type)
    return "int" if text.lower() == "integer" else text


def default_text(default: Expression) -> str:
    """A default as SQLite takes it: constants bare, everything else in parentheses."""
    text = default.text.strip()
    if _CONSTANT.match(text):
        return text
    if _NOW.match(text):
        return "CURRENT_TIMESTAMP" if text.lower() == "now()" else text.upper()
    return f"({text})"


def is_constant(default: Expression) -> bool:
    """Whether ADD COLUMN can give the default to the rows that are there."""
    return _CONSTANT.match(default.text.strip()) is not None


def _table_constraints(table: Table) -> Iterator[str]:
    rowid = any(c.identity in {Identity.ROWID, Identity.AUTOINCREMENT} for c in table.columns)
    if table.primary_key is not None and not rowid:
        require_plain_key(table.primary_key)
        yield _named(table.primary_key.name) + f"PRIMARY KEY ({_list(table.primary_key.columns)})"
    for key in table.unique_keys:
        yield _named(key.name) + f"UNIQUE ({_list(key.columns)})"
    for foreign_key in table.foreign_keys:
        yield _named(foreign_key.name) + _foreign_key(foreign_key)
    for check in table.checks:
        yield _named(check.name) + _check(check)


def _named(name: str | None) -> str:
    return f"CONSTRAINT {quote(name)} " if name else ""


def _list(columns: tuple[str, ...]) -> str:
    return ", ".join(quote(c) for c in columns)


def _check(check: Check) -> str:
    return f"CHECK ({check.expression})"


def _foreign_key(key: ForeignKey) -> str:
    if key.referenced.schema is not None:
        raise ChangeRefused(f"SQLite has no schemas, which the reference to {key.referenced} needs")
    text = f"FOREIGN KEY ({_list(key.columns)}) REFERENCES {quote(key.referenced.table or '')}"
    if key.referenced_columns:
        text += f" ({_list(key.referenced_columns)})"
    if key.on_delete is not Action.NO_ACTION:
        text += f" ON DELETE {key.on_delete.upper()}"
    if key.on_update is not Action.NO_ACTION:
        text += f" ON UPDATE {key.on_update.upper()}"
    if key.deferrable:
        text += " DEFERRABLE INITIALLY " + ("DEFERRED" if key.initially_deferred else "IMMEDIATE")
    return text


def create_index(index: Index, table: str, name: str) -> str:
    """CREATE INDEX."""
    if index.method != "btree" or index.include or index.nulls_not_distinct:
        raise ChangeRefused(f"SQLite has only plain B-tree indexes; {name} is more than that")
    keys = ", ".join(_index_key(key) for key in index.columns)
    unique = "UNIQUE " if index.unique else ""
    where = f" WHERE {index.predicate}" if index.predicate is not None else ""
    return f"CREATE {unique}INDEX {quote(name)} ON {quote(table)} ({keys}){where}"


def _index_key(key: IndexColumn) -> str:
    if key.operator_class is not None or key.nulls_first is not None:
        raise ChangeRefused("SQLite's indexes have no operator classes and no NULLS FIRST or LAST")
    text = quote(key.name) if key.name is not None else f"({key.expression})"
    if key.collation is not None:
        text += f" COLLATE {quote(key.collation)}"
    return text + (" DESC" if key.descending else "")


def create_trigger(trigger: Trigger, table: str) -> str:
    """CREATE TRIGGER."""
    if trigger.body is None or len(trigger.events) != 1 or not trigger.for_each_row:
        raise ChangeRefused(f"trigger {trigger.name} calls a function or fires on several events: SQLite has no such")
    event = trigger.events[0].upper()
    if trigger.columns:
        event += f" OF {_list(trigger.columns)}"
    when = f" WHEN {trigger.when}" if trigger.when is not None else ""
    body = trigger.body if trigger.body.rstrip().endswith(";") else trigger.body + ";"
    head = f"CREATE TRIGGER {quote(trigger.name)} {trigger.timing.upper()} {event} ON {quote(table)}"
    return f"{head} FOR EACH ROW{when} BEGIN {body} END"


def create_view(view: View) -> str:
    """CREATE VIEW."""
    if view.materialized or view.security_invoker or view.security_barrier or view.schema is not None:
        raise ChangeRefused(f"view {view.name} is materialized, secured or in a schema: SQLite has no such")
    columns = f" ({_list(view.columns)})" if view.columns else ""
    return f"CREATE VIEW {quote(view.name)}{columns} AS {view.definition}"
