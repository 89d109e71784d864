"""The rule `foreign-key-type-mismatch`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.members import Column, ForeignKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family, SqlType
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._fixes.retyping import retyped

_WIDTH = {"smallint": 2, "integer": 4, "bigint": 8}
_SAME = {"character varying": "text", "jsonb": "json"}
_AFFINITIES = (
    ("int", "numeric"),
    ("char", "text"),
    ("clob", "text"),
    ("text", "text"),
    ("blob", "blob"),
    ("bytea", "blob"),
)


@dataclass(frozen=True, slots=True)
class _Mismatch:
    table: Table
    column: Column
    key: ForeignKey
    other: Table
    referenced: Column
    harm: str
    level: Level


class ForeignKeyTypeMismatch(Rule):
    """A foreign key of another type than what it references

    ## What it finds
    A column of a foreign key whose type (behind domains) is not that of the column it references: a narrower or wider
    integer, an integer for a number with decimals, case-sensitive text for case-insensitive, fixed length for
    variable, a length too short to hold every key. Each is compared with the very column that the constraint names.
    SQLite is asked for its affinities only.

    ## Why it matters
    A narrower column refuses references once the referenced keys outgrow it. Other differences make the server convert
    one side of every join, which can keep it from using an index, and make values equal on one side that differ on
    the other.

    ## When to leave it
    A wider referencing column does no harm; it is reported for information.

    ## How the fix works
    It gives the referencing column, and all that refer to it in turn, the type of the referenced one. The server
    rewrites these tables under an exclusive lock; widen by a new column and a copy in batches where they are large.

    ## References
    - https://www.postgresql.org/docs/current/sql-createtable.html
    - https://www.sqlite.org/datatype3.html#determination_of_column_affinity
    """

    code = "KEY002"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.SCHEMA_DESIGN

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each referencing column."""
        for table in survey.tables:
            for found in _mismatches(survey, table):
                yield self._finding(found)

    def _finding(self, found: _Mismatch) -> Finding:
        ref, target = found.table.ref.column(found.column.name), found.other.ref.column(found.referenced.name)
        origin = next(
            (o for o in (found.column.origin, found.key.origin, found.table.origin) if o.path), found.key.origin
        )
        return Finding(
            self.name(),
            ref,
            f"{ref} is {found.column.type} and references {target}, which is {found.referenced.type}: {found.harm}.",
            hint=f"Give {ref} the type {found.referenced.type}.",
            evidence=(
                Evidence(EvidenceKind.CATALOG, f"{ref} {found.column.type}", found.column.origin),
                Evidence(EvidenceKind.CATALOG, f"{target} {found.referenced.type}", found.referenced.origin),
            ),
            origin=origin,
            level=found.level if found.level is not self.level else None,
        )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """The referenced type for the column and for all that refer to it."""
        table = survey.catalog.table(finding.object)
        for found in _mismatches(survey, table) if table else ():
            if found.table.ref.column(found.column.name).key == finding.object.key:
                changes = retyped(survey.catalog, found.table, found.column, found.referenced.type)
                note = "The tables are rewritten under an exclusive lock; look for values that do not fit the new type."
                return Fix(changes, Applicability.UNSAFE, note)
        return None


def _mismatches(survey: Survey, table: Table) -> Iterator[_Mismatch]:
    for key in table.foreign_keys:
        other = survey.catalog.table(key.referenced)
        for own, theirs in zip(key.columns, key.referenced_columns, strict=False):
            column = table.column(own)
            referenced = other.column(theirs) if other else None
            if other is None or column is None or referenced is None:
                continue
            verdict = _compare(survey, column.type, referenced.type)
            if verdict is not None:
                yield _Mismatch(table, column, key, other, referenced, *verdict)


def _compare(survey: Survey, own: SqlType, theirs: SqlType) -> tuple[str, Level] | None:
    """The harm and how bad it is, None where the two go together."""
    own, theirs = survey.catalog.base_type(own), survey.catalog.base_type(theirs)
    if "unknown" in {own.name, theirs.name}:
        return None  # a type that the reader could not make out says nothing
    if survey.engine.capabilities.integer_primary_key_is_64_bit:
        if not own.name:
            return None  # a column without a type keeps the keys as they are handed in
        if _affinity(own) == _affinity(theirs):
            return None
        return "the two are stored and compared by different rules, so that equal keys need not meet", Level.WARNING
    if own.name == theirs.name or _SAME.get(own.name, own.name) == _SAME.get(theirs.name, theirs.name):
        if own.length is not None and (theirs.length is None or own.length < theirs.length):
            return "it cannot hold every key that may be referenced", Level.INFO
        return None
    narrow, wide = _WIDTH.get(own.name), _WIDTH.get(theirs.name)
    if narrow and wide and narrow < wide:
        return f"references fail once the keys pass {2 ** (8 * narrow - 1) - 1:,}", Level.WARNING
    if narrow and wide:
        return "it is wider than the keys it holds", Level.INFO
    if "citext" in {own.name, theirs.name}:
        return "one of them tells upper from lower case and the other does not", Level.WARNING
    if own.family is Family.TEXT and theirs.family is Family.TEXT:
        return "one of them pads with blanks and the other does not", Level.INFO
    if survey.catalog.family(own) is Family.OTHER and survey.catalog.family(theirs) is Family.OTHER:
        return None
    return "every join converts one side, and may pass an index by for it", Level.WARNING


def _affinity(type_: SqlType) -> str:
    """SQLite's affinity of a declared type, numbers of any kind taken together."""
    name = type_.name.lower()
    return next((affinity for part, affinity in _AFFINITIES if part in name), "numeric" if name else "blob")
