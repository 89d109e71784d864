"""The rule `name-too-long`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.members import Check, ForeignKey, UniqueKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Kind, Origin, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule

_LONGEST = 63
_ENDINGS = ("_check", "_key", "_fkey", "_pkey", "_idx", "_excl")
_Named = tuple[str, Ref, str, Origin]


class NameTooLong(Rule):
    """A name that the server cuts off

    ## What it finds
    Names of tables, columns, indexes and constraints that are longer than 63 bytes in a model. Two that become the
    same by the cut are an error.

    ## Why it matters
    PostgreSQL cuts the name with a notice that nobody reads. A statement with the whole name still works, whoever looks
    it up in the catalog (a migration that asks whether the index is there) finds nothing, and the second of two names
    with the same beginning is refused.

    ## When to leave it
    The framework shortens the name itself before it reaches the server. Names as the server invents them
    (`table_column_check`) are left alone.

    ## How the fix works
    None is applied: give it a shorter name in the model, where it is made.

    ## References
    - https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
    - https://www.postgresql.org/docs/current/runtime-config-preset.html#GUC-MAX-IDENTIFIER-LENGTH
    """

    code = "NAM003"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.MAINTAINABILITY
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each name that is cut."""
        seen: dict[tuple[str, str], str] = {}
        for space, ref, name, origin in _names(survey):
            cut = _cut(name)
            other = seen.setdefault((space, cut), name)
            if cut == name and other == name:
                continue
            collides = other != name
            harm = (
                f"as is that of {other!r}, and the second is refused"
                if collides
                else "and who looks for the whole name in the catalog finds nothing"
            )
            yield Finding(
                self.name(),
                ref,
                f"The name {name!r} has {len(name.encode())} bytes: the server keeps {cut!r}, {harm}.",
                hint=f"Give it a name of at most {_LONGEST} bytes.",
                evidence=(Evidence(EvidenceKind.CATALOG, f"{name}: {len(name.encode())} bytes", origin),),
                origin=origin,
                salient=(name,),
                level=Level.ERROR if collides else None,
            )


def _cut(name: str) -> str:
    return name.encode()[:_LONGEST].decode(errors="ignore")


def _names(survey: Survey) -> Iterator[_Named]:
    """Each name with the space in which it must be the only one: relations share a schema's, the rest their table's."""
    for table in survey.tables:
        schema, own = f"relations of {table.schema}", str(table.ref)
        yield schema, table.ref, table.name, table.origin
        for column in table.ordered_columns:
            yield f"columns of {own}", table.ref.column(column.name), column.name, column.origin
        for index in table.indexes:
            if index.name and not _is_invented(table, index.name):
                yield schema, table.ref.of(Kind.INDEX, index.name), index.name, _origin(index.origin, table)
        keys = (table.primary_key, *table.unique_keys) if table.primary_key else table.unique_keys
        members: tuple[UniqueKey | ForeignKey | Check, ...] = (*keys, *table.foreign_keys, *table.checks)
        for member in members:
            if member.name and not _is_invented(table, member.name):
                ref = table.ref.of(Kind.CONSTRAINT, member.name)
                yield f"constraints of {own}", ref, member.name, _origin(member.origin, table)


def _is_invented(table: Table, name: str) -> bool:
    """True for a name as the server makes it itself, which it shortens in the middle so that the end stays."""
    return name.startswith(f"{table.name}_") and name.endswith(_ENDINGS)


def _origin(origin: Origin, table: Table) -> Origin:
    return origin if origin.path else table.origin
