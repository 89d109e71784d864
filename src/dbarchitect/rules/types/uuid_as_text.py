"""The rule `uuid-as-text`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family, SqlType
from dbarchitect.change.operations import AlterColumn
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
from dbarchitect.rules._fixes.retyping import referring_columns
from dbarchitect.rules._schema.limits import checks_naming
from dbarchitect.rules._sql import count, listed, quoted
from dbarchitect.rules.types._uuids import TextUuid, text_uuids

_MANY = 4
_SHOWN = 5


class UuidAsText(Rule):
    """UUIDs kept as text

    ## What it finds
    Text that holds UUIDs: by its default, by what the client fills in (Prisma's `String @default(uuid())` is text in
    the database), by its name, or as a key of exactly 36 characters. One finding for the whole database where it is
    the custom. Other kinds of keys (cuid, ulid, nanoid) are text by nature.

    ## Why it matters
    37 bytes instead of 16, in the table, in each index and in each table that refers to it; comparing text by a
    collation takes longer than comparing 16 bytes; and `A0EE…` and `a0ee…` are two keys.

    ## When to leave it
    The values come from elsewhere and are not always UUIDs.

    ## How the fix works
    A key that nothing refers to becomes `uuid`; the table is rewritten, and a value that is no UUID makes it fail.
    Where other tables refer to it the whole family changes at once: plan it (`@db.Uuid` in Prisma), there is no fix
    for one column.

    ## References
    - https://www.postgresql.org/docs/current/datatype-uuid.html
    - https://www.prisma.io/docs/orm/overview/databases/postgresql
    """

    code = "TYP006"
    level = Level.INFO
    precision = Precision.HIGH
    category = Category.SCHEMA_DESIGN
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column, or one for all where it is the custom."""
        found = [uuid for table in survey.tables for uuid in text_uuids(survey.catalog, table)]
        if len(found) >= _MANY:
            yield self._custom(survey, found)
            return
        for uuid in found:
            ref = uuid.table.ref.column(uuid.column.name)
            yield Finding(
                self.name(),
                ref,
                f"{ref} keeps UUIDs as {uuid.column.type} ({uuid.why}): twice the bytes of a uuid and more, "
                "here, in every index and in every reference.",
                hint=f"Make {ref} uuid, together with all that refer to it.",
                evidence=(_evidence(survey, uuid),),
                origin=survey.origin_of(ref),
                precision=uuid.precision if uuid.precision is not self.precision else None,
            )

    def _custom(self, survey: Survey, found: list[TextUuid]) -> Finding:
        refs = [uuid.table.ref.column(uuid.column.name) for uuid in found]
        referring = {
            other.ref.column(column.name).key
            for ref in refs
            for other, column in referring_columns(survey.catalog, ref)
        }
        tables = len({uuid.table.ref.key for uuid in found})
        more = f" and {count(len(referring), 'reference')} to them" if referring else ""
        sure = any(uuid.precision is Precision.HIGH for uuid in found)
        return Finding(
            self.name(),
            Ref.database(),
            f"{count(tables, 'table')} {'keeps' if tables == 1 else 'keep'} UUIDs as text ("
            f"{listed(map(str, refs[:_SHOWN]))}{', …' if len(refs) > _SHOWN else ''}){more}: twice the bytes of a uuid "
            "and more, in every table and index.",
            hint="Declare them uuid (@db.Uuid in Prisma), together with all that refer to them, one family at a time.",
            evidence=tuple(_evidence(survey, uuid) for uuid in found),
            origin=survey.origin_of(refs[0]),
            precision=None if sure else Precision.MEDIUM,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The keys that are of the type uuid."""
        kept = [
            Evidence(EvidenceKind.CATALOG, f"{table.ref.column(column.name)} uuid", column.origin)
            for table in survey.tables
            for column in table.ordered_columns
            if survey.catalog.family(column.type) is Family.UUID and table.is_key((column.name,))
        ]
        if kept:
            yield Strength(self.name(), Ref.database(), f"{count(len(kept), 'key')} of the type uuid.", tuple(kept))

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """The type uuid for a key that stands alone."""
        table = survey.catalog.table(finding.object) if finding.object.columns else None
        column = table.column(finding.object.columns[0]) if table else None
        if table is None or column is None or not _stands_alone(survey, table, column):
            return None
        default = column.default if column.default is None else expression("gen_random_uuid()")
        new = replace(column, type=SqlType("uuid"), default=default, collation=None)
        note = f"Look for values that are no UUID first; the table and its indexes on {column.name} are rewritten."
        change = AlterColumn(table.ref, column, new, f"{quoted(column.name)}::uuid")
        return Fix((change,), Applicability.UNSAFE, note)


def _evidence(survey: Survey, uuid: TextUuid) -> Evidence:
    ref = uuid.table.ref.column(uuid.column.name)
    return Evidence(EvidenceKind.CATALOG, f"{ref} {uuid.column.type}: {uuid.why}", survey.origin_of(ref))


def _stands_alone(survey: Survey, table: Table, column: Column) -> bool:
    """True for a key that nothing refers to or works on, whose default another engine's function does not make."""
    if survey.catalog.domain_of(column.type) is not None or not table.is_key((column.name,)):
        return False
    referred = referring_columns(survey.catalog, table.ref.column(column.name))
    checked = any(True for _ in checks_naming(survey.catalog, table, column))
    computed = any(other.generated is not None for other in table.columns) or table.policies or table.triggers
    classed = any(p.operator_class for path in table.access_paths() for p in path.columns if p.name == column.name)
    random = column.default is None or "gen_random_uuid" in str(column.default)
    return random and not (referred or checked or computed or classed)
