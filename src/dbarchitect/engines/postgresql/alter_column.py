"""The statements that change a column in place, in an order in which each is allowed when its turn comes."""

from __future__ import annotations

from dbarchitect.catalog.members import Column, Identity
from dbarchitect.catalog.objects import Catalog
from dbarchitect.change.operations import AlterColumn
from dbarchitect.engines.postgresql.clauses import (
    column_definition,
    default_clause,
    in_parentheses,
    invented_name,
)
from dbarchitect.engines.postgresql.names import collation_sql, literal, qualified, quote, table_name
from dbarchitect.engines.postgresql.types import type_sql
from dbarchitect.errors import ChangeRefused

_IDENTITY_WORDS = {
    Identity.ALWAYS: "always",
    Identity.BY_DEFAULT: "by default",
    Identity.ROWID: "by default",
    Identity.AUTOINCREMENT: "by default",
}
_SETS_EXPRESSION_SINCE = 17


def alter_column(change: AlterColumn, catalog: Catalog) -> tuple[str, ...]:
    """The statements of one `AlterColumn`. Raises `ChangeRefused` where a column would have to be made anew."""
    old, new = change.old, change.new
    table, column = table_name(change.table), quote(new.name)
    alter = f"alter table {table} alter column {column}"
    statements: list[str] = []
    if old.name != new.name:
        statements.append(f"alter table {table} rename column {quote(old.name)} to {column}")
    if old.generated != new.generated or (new.generated and old.generated_stored != new.generated_stored):
        regenerated = _change_generation(change, catalog, alter)
        if regenerated is not None:
            return (*statements, *regenerated)
        statements.append(f"{alter} drop expression")
    retyped = (old.type, old.collation) != (new.type, new.collation)
    if old.identity is not new.identity and old.identity is not None and not _both_identities(old, new):
        statements += _drop_numbering(change, alter)
    if old.default is not None and (new.default is None or retyped):
        statements.append(f"{alter} drop default")
    if retyped:
        statements += _retype(change, alter)
    if old.nullable != new.nullable:
        statements.append(f"{alter} {'drop' if new.nullable else 'set'} not null")
    if new.default is not None and (retyped or old.default != new.default):
        statements.append(f"{alter} set {default_clause(new.default)}")
    if old.identity is not new.identity and new.identity is not None:
        statements += _add_numbering(change, alter)
    if old.comment != new.comment:
        words = literal(new.comment) if new.comment else "null"
        statements.append(f"comment on column {table}.{column} is {words}")
    return tuple(statements)


def _change_generation(change: AlterColumn, catalog: Catalog, alter: str) -> list[str] | None:
    """The statements that change how a column is computed; None where it only stops being computed."""
    old, new = change.old, change.new
    if new.generated is None:
        if not old.generated_stored:
            raise ChangeRefused(f"column {old.name} is computed when it is read and has no values to keep", hint=_ANEW)
        return None
    if old.generated is None:
        raise ChangeRefused(f"PostgreSQL cannot make the existing column {old.name} a generated one", hint=_ANEW)
    alike = (old.type, old.collation, old.nullable, old.generated_stored) == (
        *(new.type, new.collation, new.nullable, new.generated_stored),
    )
    if alike and (catalog.engine.major or 0) >= _SETS_EXPRESSION_SINCE:
        return [f"{alter} set expression as {in_parentheses(new.generated)}"]
    # Its values are computed, so none is lost.
    table = table_name(change.table)
    return [
        f"alter table {table} drop column {quote(new.name)}",
        f"alter table {table} add column {column_definition(new)}",
    ]


_ANEW = "Add a new column, fill it, and drop the old one."


def _retype(change: AlterColumn, alter: str) -> list[str]:
    new = change.new
    words = f"{alter} type {type_sql(new.type)}"
    if new.collation is not None:
        words += f" collate {collation_sql(new.collation)}"
    if change.using is not None and new.generated is None:  # what is generated is computed anew
        words += f" using {change.using}"
    statements = [words]
    if change.old.identity is Identity.SERIAL and new.identity is Identity.SERIAL and change.old.type != new.type:
        # A serial's sequence keeps its own type (an identity's follows the column).
        statements.append(_with_sequence(change, f"alter sequence %s as {type_sql(new.type)}"))
    return statements


def _both_identities(old: Column, new: Column) -> bool:
    return old.identity in _IDENTITY_WORDS and new.identity in _IDENTITY_WORDS


def _drop_numbering(change: AlterColumn, alter: str) -> list[str]:
    if change.old.identity is Identity.SERIAL:
        return [_with_sequence(change, "drop sequence %s", before=f"{alter} drop default")]
    return [f"{alter} drop identity"]


def _add_numbering(change: AlterColumn, alter: str) -> list[str]:
    old, new = change.old, change.new
    if _both_identities(old, new) and new.identity is not None:
        return [f"{alter} set generated {_IDENTITY_WORDS[new.identity]}"]
    if new.identity is Identity.SERIAL:
        ref = change.table
        sequence = qualified(ref.schema, invented_name(ref.table or "", (new.name,), "seq"))
        return [
            f"create sequence {sequence} as {type_sql(new.type)} owned by {table_name(ref)}.{quote(new.name)}",
            f"{alter} set default nextval({literal(sequence)})",
        ]
    words = _IDENTITY_WORDS[new.identity] if new.identity is not None else ""
    return [f"{alter} add generated {words} as identity"]


def _with_sequence(change: AlterColumn, command: str, before: str = "") -> str:
    """A block that runs a command on the column's own sequence, whatever its name is."""
    find = f"pg_catalog.pg_get_serial_sequence({literal(table_name(change.table))}, {literal(change.new.name)})"
    first = f"  {before};\n" if before else ""
    body = (
        "\ndeclare\n"
        f"  owned pg_catalog.text := {find};\n"
        "begin\n"
        f"{first}"
        f"  execute pg_catalog.format({literal(command)}, owned);\n"
        "end\n"
    )
    tag = "$do$"
    while tag in body:
        tag = f"$do_{len(tag)}$"
    return f"do {tag}{body}{tag}"
