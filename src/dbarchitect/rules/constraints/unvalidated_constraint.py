"""The rule `unvalidated-constraint`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbarchitect.catalog.members import Check, ForeignKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import Add, Drop
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._schema.domains import is_audit
from dbarchitect.rules._schema.shape import is_copy, is_log
from dbarchitect.rules._sql import count, quoted


class UnvalidatedConstraint(Rule):
    """A constraint that older rows were never checked against

    ## What it finds
    A CHECK or a foreign key that was added NOT VALID and never validated.

    ## Why it matters
    New rows keep it and the older ones may not: readers believe what the schema says, the planner does not use it,
    old references lead nowhere, and an update of an old row fails a CHECK for a value that nobody touched. The second
    half of the migration was forgotten. In logs and audit trails it weighs less: what was written then stays.

    ## When to leave it
    The older rows are known to break it and must stay as they are; say so in a comment on the constraint.

    ## How the fix works
    It makes the same constraint anew, validated. `ALTER TABLE … VALIDATE CONSTRAINT` does it without locking writers
    out, and is what to run on a large table. Both fail while older rows break it: look for them first.

    ## References
    - https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
    """

    code = "CHK006"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.DATA_INTEGRITY
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each constraint."""
        for table in survey.tables:
            rows = survey.facts_of(table).rows
            among = f"the {count(rows, 'row')}" if rows and rows > 0 else "the rows"
            past = is_log(table) or is_copy(table) or is_audit(table)  # what was written down then may stay as it is
            for member in _unvalidated(table):
                origin = member.origin if member.origin.path else survey.origin_of(table.ref)
                yield Finding(
                    self.name(),
                    _ref(table, member),
                    f"{_what(member)} of {table.ref} was never validated: {among} from before it may {_harm(member)}.",
                    hint=f"Run ALTER TABLE {_spelled(table)} VALIDATE CONSTRAINT {quoted(member.name or '…')}.",
                    evidence=(Evidence(EvidenceKind.CATALOG, f"{_what(member)}: NOT VALID", member.origin),),
                    origin=origin,
                    salient=(member.expression.canonical,) if isinstance(member, Check) else (),
                    level=Level.INFO if past else None,
                )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """The same constraint, validated."""
        table = survey.catalog.table(finding.object)
        for member in _unvalidated(table) if table else ():
            if table is not None and _ref(table, member).key == finding.object.key and member.name:
                changes = (Drop(table.ref, member), Add(table.ref, replace(member, validated=True)))
                note = (
                    f"ALTER TABLE … VALIDATE CONSTRAINT {quoted(member.name)} does the same without locking writers "
                    "out. Either fails while older rows break it: look for them first."
                )
                return Fix(changes, Applicability.UNSAFE, note)
        return None


def _unvalidated(table: Table) -> Iterator[Check | ForeignKey]:
    yield from (check for check in table.checks if not check.validated)
    yield from (key for key in table.foreign_keys if not key.validated)


def _what(member: Check | ForeignKey) -> str:
    if isinstance(member, Check):
        return f"CHECK {member.name}" if member.name else f"CHECK ({member.expression})"
    return f"The foreign key ({', '.join(member.columns)}) to {member.referenced}"


def _harm(member: Check | ForeignKey) -> str:
    return "break it, and an update of such a row fails" if isinstance(member, Check) else "refer to nothing"


def _ref(table: Table, member: Check | ForeignKey) -> Ref:
    columns = member.columns if isinstance(member, ForeignKey) else ()
    return table.ref.over(columns, Kind.CONSTRAINT, member.name)


def _spelled(table: Table) -> str:
    return ".".join(quoted(part) for part in (table.schema, table.name) if part)
