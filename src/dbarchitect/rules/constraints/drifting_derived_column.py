"""The rule `drifting-derived-column`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._schema.derived import Derived, derived_columns
from dbarchitect.rules._sql import count, listed

_FEW = 3


class DriftingDerivedColumn(Rule):
    """A stored value that follows from others and can drift

    ## What it finds
    A column whose value can be computed: the number of words of a text, a full name beside its parts, an age beside a
    date of birth; the number of rows that refer to this one, the total of an order beside its items, a balance beside
    its bookings. Generated columns and columns that a trigger keeps are left alone.

    ## Why it matters
    The application writes both and forgets one: by an import, a deletion in bulk, two requests at once. From then on
    the two disagree, and nobody sees it until a customer counts.

    ## When to leave it
    The value is a fact of its own: the total that was agreed on, whatever the items say later. A counter that may be
    wrong by a few, with a job that sets it right.

    ## How the fix works
    None is applied. Where the value follows from the row alone a generated column keeps it true for ever; where it
    follows from other rows a trigger does, or a query that runs every night and lists the rows that disagree.

    ## References
    - https://www.postgresql.org/docs/current/ddl-generated-columns.html
    - https://www.sqlite.org/gencol.html
    """

    code = "CHK008"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column; one for all counters of a table that has many."""
        for table in survey.tables:
            found = list(derived_columns(survey.catalog, table))
            counters = [each for each in found if each.source is not None]
            if len(counters) > _FEW:
                yield self._of_many(survey, table, counters)
                found = [each for each in found if each.source is None]
            for each in found:
                yield self._finding(survey, table, each)

    def _finding(self, survey: Survey, table: Table, found: Derived) -> Finding:
        ref = table.ref.column(found.column.name)
        return Finding(
            self.name(),
            ref,
            f"{ref} follows from {found.follows}: code that writes one and forgets the other leaves it wrong, and "
            "nothing notices.",
            f"{found.cure}.",
            _evidence(survey, table, found),
            survey.origin_of(ref),
            precision=found.precision if found.precision is not self.precision else None,
        )

    def _of_many(self, survey: Survey, table: Table, counters: list[Derived]) -> Finding:
        ref = table.ref.over(tuple(found.column.name for found in counters))
        shown = listed(str(found.source.ref) for found in counters[:_FEW] if found.source is not None)
        return Finding(
            self.name(),
            ref,
            f"{len(counters)} columns of {table.ref} follow from the rows of other tables ({shown}, …): code "
            "that writes one and forgets the other leaves them wrong, and nothing notices.",
            "Keep them by triggers, or run a query that compares them with what they count.",
            tuple(evidence for found in counters for evidence in _evidence(survey, table, found)),
            survey.origin_of(table.ref.column(counters[0].column.name)),
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The columns that the database computes itself."""
        kept = [
            Evidence(EvidenceKind.CATALOG, f"{table.ref.column(column.name)} as ({column.generated})", column.origin)
            for table in survey.tables
            for column in table.ordered_columns
            if column.generated is not None
        ]
        if kept:
            message = f"{count(len(kept), 'column')} that the database computes itself, and that cannot drift."
            yield Strength(self.name(), Ref.database(), message, tuple(kept))


def _evidence(survey: Survey, table: Table, found: Derived) -> tuple[Evidence, ...]:
    ref = table.ref.column(found.column.name)
    stored = Evidence(EvidenceKind.CATALOG, f"{ref} is stored, and no trigger keeps it", survey.origin_of(ref))
    if found.source is None:
        return (stored,)
    return stored, Evidence(EvidenceKind.CATALOG, f"{found.source.ref} holds what it follows from", found.source.origin)
