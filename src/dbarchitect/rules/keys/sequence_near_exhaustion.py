"""The rule `sequence-near-exhaustion`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.facts import Facts, SequenceFacts
from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.catalog.types import SqlType
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
from dbarchitect.rules._fixes.retyping import retyped
from dbarchitect.rules._running.statistics import in_percent
from dbarchitect.rules._sql import count
from dbarchitect.rules.keys._numbered_keys import LIMITS, narrow_key

_LARGEST = 2**63 - 1
_NEXT_VALUE = re.compile(r"nextval\s*\(\s*'((?:[^']|'')+)'", re.IGNORECASE)
_WARNING, _ERROR = 0.7, 0.9


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A column that a sequence fills (None: a sequence that no column's default names), and how far it has run."""

    ref: Ref
    facts: SequenceFacts
    type_limit: int = _LARGEST
    column: Column | None = None
    table: Table | None = None

    @property
    def last(self) -> int:
        return self.facts.last_value or 0

    @property
    def limit(self) -> int:
        return max(1, min(self.facts.maximum, self.type_limit))

    @property
    def share(self) -> float:
        return self.last / self.limit

    @property
    def by_type(self) -> bool:
        """True where the column's type is what ends it, and not a maximum of the sequence's own."""
        return self.type_limit < _LARGEST and self.type_limit <= self.facts.maximum


class SequenceNearExhaustion(Rule):
    """A sequence that runs out of numbers

    ## What it finds
    A sequence, serial or identity that has used 70 % of the numbers that it can hand out, or that the column it fills
    can hold (an error from 90 % on): the smaller of the two counts. Narrow primary keys are `narrow-primary-key`'s,
    which speaks much earlier. A sequence that starts again by itself, or counts downwards, is left alone.

    ## Why it matters
    With the last number every insert fails at once. Rolled-back inserts and `insert … on conflict` use numbers up as
    well, so that it can come long before the rows are so many.

    ## When to leave it
    A sequence that nothing draws from any more.

    ## How the fix works
    Where the column's type is the limit, it and all that refer to it become `bigint`, which rewrites the tables; a
    large one is widened by a new column and a copy in batches. A maximum of the sequence's own is raised by hand.

    ## References
    - https://www.postgresql.org/docs/current/sql-createsequence.html
    - https://www.postgresql.org/docs/current/datatype-numeric.html
    """

    code = "KEY010"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.SCALABILITY
    needs = frozenset({Need.CATALOG, Need.STATISTICS})
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column, or sequence."""
        for item in _numbered(survey):
            if item.share < _WARNING or _is_said_otherwise(survey, item):
                continue
            what = f"the limit of {item.column.type}" if item.column and item.by_type else "the sequence's maximum"
            name = item.ref if item.column is not None else f"Sequence {item.ref.name}"
            rest = item.limit - item.last
            yield Finding(
                self.name(),
                item.ref,
                f"{name} has come to {item.last:,} of {item.limit:,} ({in_percent(item.share)}, {what}): after "
                f"{count(max(0, rest), 'more number')} every insert fails.",
                hint=f"Widen {item.ref} to bigint." if item.by_type else "Raise the sequence's maximum.",
                evidence=(Evidence(EvidenceKind.STATISTIC, f"last value {item.last:,}, limit {item.limit:,}"),),
                origin=survey.origin_of(item.ref),
                level=Level.ERROR if item.share >= _ERROR else None,
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """All have far to go."""
        items = [item for item in _numbered(survey) if item.facts.last_value is not None]
        unseen = any("sequence" in part.what for part in survey.unseen)
        if items and not unseen and all(item.share < _WARNING / 2 for item in items):
            most = max(items, key=lambda item: item.share)
            text = f"{most.ref}: {most.last:,} of {most.limit:,}"
            message = f"No sequence is near its end: of {count(len(items), 'sequence')} in use the furthest has used "
            message += f"{in_percent(most.share)} of its numbers."
            yield Strength(self.name(), Ref.database(), message, (Evidence(EvidenceKind.STATISTIC, text),))

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """The column, and all that refer to it, as bigint."""
        for item in _numbered(survey):
            if item.ref.key == finding.object.key and item.by_type and item.table and item.column:
                note = "Each table is rewritten under an exclusive lock; a large one is copied in batches instead."
                changes = retyped(survey.catalog, item.table, item.column, SqlType("bigint"))
                return Fix(changes, Applicability.UNSAFE, note)
        return None


def _numbered(survey: Survey) -> Iterator[_Numbered]:
    """Everything that is numbered upwards and ends."""
    if survey.facts is None:
        return
    named: set[tuple[str, ...]] = set()
    for table in survey.tables:
        for column in table.ordered_columns:
            ref = table.ref.column(column.name)
            facts = survey.facts.sequences.get(ref.key)
            if facts is None:
                sequence = _drawn_from(column)
                facts = survey.facts.sequences.get(sequence.key) if sequence is not None else None
                if sequence is not None:
                    named.add(sequence.key)
            limit = LIMITS.get(survey.catalog.base_type(column.type).name, _LARGEST)
            if facts is not None and _ends(facts, limit):
                yield _Numbered(ref, facts, limit, column, table)
    yield from _by_themselves(survey, survey.facts, named)


def _by_themselves(survey: Survey, known: Facts, named: set[tuple[str, ...]]) -> Iterator[_Numbered]:
    for each in survey.catalog.sequences:
        ref = Ref(Kind.SEQUENCE, each.schema, name=each.name)
        facts = known.sequences.get(ref.key)
        if each.owned_by is None and facts is not None and ref.key not in named and _ends(facts, _LARGEST):
            yield _Numbered(ref, facts)


def _ends(facts: SequenceFacts, limit: int) -> bool:
    return facts.increment > 0 and not (facts.cycles and facts.maximum <= limit)


def _drawn_from(column: Column) -> Ref | None:
    """The sequence that a default names."""
    found = _NEXT_VALUE.search(column.default.text) if column.default is not None else None
    if found is None:
        return None
    parts = [part.strip('"') for part in found[1].replace("''", "'").split(".")]
    schema = parts[0] if len(parts) == 2 and parts[0] != "public" else None
    return Ref(Kind.SEQUENCE, schema, name=parts[-1])


def _is_said_otherwise(survey: Survey, item: _Numbered) -> bool:
    """True for a primary key whose type is what ends it: `narrow-primary-key` has spoken long ago."""
    return item.by_type and item.table is not None and narrow_key(survey, item.table) is item.column
