"""A small shop for the tests of reading SQL: its catalog, its CREATE statements, and short words for what was read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dbarchitect.catalog.engine import ENGINES
from dbarchitect.catalog.members import Column, UniqueKey
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.queries import Assignment, Comparison, Join, Operand, Predicate, SortKey
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.types import parse_type
from dbarchitect.sources.code.sql import Hole, SqlQuery, read_sql

COLUMNS = {
    "users": "id int, email text, name text, first_name text, last_name text, manager_id int, org_id int,"
    " active boolean",
    "orders": "id int, user_id int, status text, total int, created_at timestamp, paid_on date, data jsonb,"
    " tags text[], body text, search tsvector, archived boolean",
    "items": "id int, order_id int, product_id int, quantity int, price int, note text",
    "products": "id int, sku text, title text, stock int, attributes jsonb",
    "log.events": "id int, at timestamp, kind text, payload jsonb",
    "Mixed": "Id int, createdAt timestamp",
}


def shop(engine: str = "postgresql") -> Catalog:
    """The shop as the catalog of an engine."""
    return Catalog(ENGINES[engine], tuple(_table(name, columns) for name, columns in COLUMNS.items()))


def _table(name: str, columns: str) -> Table:
    schema, _, bare = name.rpartition(".")
    listed = [column.split() for column in columns.split(",")]
    made = tuple(Column(each[0], parse_type(each[1]), position=number) for number, each in enumerate(listed))
    unique = (UniqueKey(("email",), f"{bare}_email_key"),) if bare == "users" else ()
    return Table(bare, made, schema or None, UniqueKey((listed[0][0],), f"{bare}_pkey"), unique)


def ddl(engine: str) -> list[str]:
    """The statements that make the shop on a server."""
    made = ["create schema log"] if engine == "postgresql" else ["attach ':memory:' as log"]
    for name, columns in COLUMNS.items():
        quoted = ".".join(f'"{part}"' for part in name.split("."))
        listed = [column.split() for column in columns.split(",")]
        if engine == "sqlite":
            listed = [[column, kind.removesuffix("[]")] for column, kind in listed]
        keys = ", primary key (" + f'"{listed[0][0]}")' + (", unique (email)" if name == "users" else "")
        spelled = ", ".join(f'"{column}" {kind}' for column, kind in listed)
        made.append(f"create table {quoted} ({spelled}{keys})")
    return made


def read(text: str, engine: str = "postgresql") -> SqlQuery:
    """The only statement of a text."""
    (found,) = read_all(text, engine)
    return found


def read_all(text: str, engine: str = "postgresql") -> tuple[SqlQuery, ...]:
    """All statements of a text without holes."""
    return read_sql(text, shop(engine))


def read_with_holes(text: str, engine: str = "postgresql") -> SqlQuery:
    """The only statement of a text in which `{name}` is a hole."""
    pieces = re.split(r"\{(\w+)\}", text)
    (found,) = read_sql([Hole(p) if number % 2 else p for number, p in enumerate(pieces)], shop(engine))
    return found


def told(predicate: Predicate) -> str:
    """A predicate in a line: `lower(users.email) = parameter`, `orders.status in 'new' 'paid' [negated]`."""
    column = ".".join([str(predicate.column), *(f"[{key}]" for key in predicate.path)])
    subject = f"{predicate.function}({column})" if predicate.function else column
    if predicate.comparison in {Comparison.IS_NULL, Comparison.IS_NOT_NULL} and predicate.constants == ("null",):
        value = ""
    elif predicate.operand is Operand.CONSTANT:
        value = " ".join(f"'{constant}'" for constant in predicate.constants)
    else:
        value = predicate.operand.value + (f" {predicate.other}" if predicate.other is not None else "")
    flags = [name for name in ("case_insensitive", "optional", "alternative", "negated") if getattr(predicate, name)]
    words = [subject, predicate.comparison.value, value, *(f"[{flag}]" for flag in flags)]
    return " ".join(word for word in words if word)


def all_told(query: SqlQuery) -> set[str]:
    """All predicates of a query, each in a line."""
    return {told(predicate) for predicate in query.predicates}


def joined(joins: Iterable[Join]) -> set[str]:
    """Joins in a line each: `orders.user_id = users.id (outer)`."""
    return {" and ".join(f"{a} = {b}" for a, b in join.pairs) + (" (outer)" if join.outer else "") for join in joins}


def sorted_by(keys: Iterable[SortKey]) -> list[str]:
    """The keys of an order: `lower(users.name) desc`."""
    found = []
    for key in keys:
        column = str(key.column) if key.column is not None else "?"
        found.append((f"{key.function}({column})" if key.function else column) + (" desc" if key.descending else ""))
    return found


def names(columns: Iterable[Ref] | None) -> set[str] | None:
    """Columns or tables by name; None for whole rows."""
    return None if columns is None else {str(column) for column in columns}


def written(assignments: Iterable[Assignment]) -> list[str]:
    """What is assigned: `orders.status := 'paid'`, `orders.total := expression of orders.total`."""
    found = []
    for each in assignments:
        value = each.operand.value
        if each.operand is Operand.CONSTANT:
            value = " ".join(f"'{constant}'" for constant in each.constants)
        elif each.reads:
            value += " of " + ", ".join(map(str, each.reads))
        found.append(f"{each.column} := {value}")
    return found
