"""The order of work: which finding comes first, in which phase, with what effort and risk.

weight = severity · trust · consequence · size · centrality · evidence · ease · novelty. Severity is 200, 30 or 4 by
level, so that errors come first; trust 1, 0.7 or 0.4 by precision; consequence 1.2 where wrong rows can get in (they
stay when the schema is mended), 1 where work is slow or a secret lies open, 0.8 else. Size grows from 1 to 2 with the
logarithm of the table's rows (1 where they are unknown). Centrality adds 5 % for each foreign key that touches the
finding's own table, up to 50 %: what is read, locked or corrupted lies there, so a reference counts by the table that
holds it and not by the one that it points at (nearly everything points at the users). Evidence is `Finding.weight`, 1
where a rule does not say: an index that ten requests ask for comes before one that a single command would use. Ease is
1.3 where the fix is safe (applied today, it can break nothing), 1 where existing rows have to be looked at first, 0.8
where people have to decide or no fix is known: of two like harms the one goes first that is gone sooner. Novelty is
1 / (1 + k/10) for the k-th further finding of the same rule (k/3 for remarks; half of that where the evidence is above
1), so that the tenth missing index does not hide the first missing constraint.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

from dbarchitect.audit.model import Phase, RankedFinding, SpelledFix
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Applicability, Category, Fix, Level, Precision
from dbarchitect.often import but

SEVERITY = {Level.ERROR: 200.0, Level.WARNING: 30.0, Level.INFO: 4.0}
TRUST = {Precision.HIGH: 1.0, Precision.MEDIUM: 0.7, Precision.LOW: 0.4}
CONSEQUENCE = {
    Category.DATA_INTEGRITY: 1.2,
    Category.TRANSACTIONS: 1.2,
    Category.PERFORMANCE: 1.0,
    Category.QUERY_PATTERNS: 1.0,
    Category.SECURITY: 1.0,
}
_OTHER_CONSEQUENCE = 0.8
_ROWS_AT_FULL_SIZE = 1_000_000_000
_NOVELTY_HALVES_AFTER = {Level.ERROR: 10, Level.WARNING: 10, Level.INFO: 3}
EASE = {Applicability.SAFE: 1.3, Applicability.UNSAFE: 1.0, Applicability.MANUAL: 0.8}
"""By what the fix asks for before it can be applied; where none is known it is work as by hand."""
_PROVED = 2
"""How much longer findings with more than the usual evidence keep their weight."""


def centrality(survey: Survey) -> Counter[tuple[str, ...]]:
    """How many foreign keys touch each table, by `Ref.key`."""
    degree: Counter[tuple[str, ...]] = Counter()
    for table in survey.tables:
        for key in table.foreign_keys:
            degree[table.ref.key] += 1
            degree[key.referenced.table_ref.key] += 1
    return degree


def weight(level: Level, precision: Precision, category: Category, rows: int | None, degree: int) -> float:
    """The weight of a finding before novelty; `degree` is its table's in `centrality`."""
    consequence = CONSEQUENCE.get(category, _OTHER_CONSEQUENCE)
    size = 1 + math.log10(rows + 1) / math.log10(_ROWS_AT_FULL_SIZE) if rows else 1.0
    return SEVERITY[level] * TRUST[precision] * consequence * min(size, 2.0) * (1 + min(0.05 * degree, 0.5))


def ease(fix: Fix | None) -> float:
    """How much more a finding weighs whose fix can be applied as it is, and how much less one that has none."""
    return EASE[fix.applicability if fix is not None else Applicability.MANUAL]


def phase_of(level: Level, precision: Precision) -> Phase:
    """Errors now; warnings that rest on catalog facts in two weeks, others in a month; opinions later."""
    if level is Level.ERROR:
        return Phase.NOW
    if level is Level.WARNING:
        return Phase.TWO_WEEKS if precision is not Precision.LOW else Phase.MONTH
    return Phase.MONTH if precision is Precision.HIGH else Phase.LATER


def effort_of(fix: SpelledFix | None) -> str:
    """What the work is, from the fix: a statement, a migration to look at, or a decision."""
    if fix is None or fix.fix.applicability is Applicability.MANUAL:
        return "a decision and work outside the schema"
    if fix.fix.applicability is Applicability.SAFE:
        return f"{len(fix.up)} statement{'s' if len(fix.up) != 1 else ''}"
    return f"a migration of {len(fix.up)} statement{'s' if len(fix.up) != 1 else ''}, existing rows checked first"


def prioritised(findings: Iterable[RankedFinding]) -> tuple[RankedFinding, ...]:
    """The findings in the order of work, their priorities filled in; those that are suppressed come last."""
    seen: Counter[str] = Counter()
    weighted: list[RankedFinding] = []
    for item in sorted(findings, key=_order):
        if item.suppressed is not None:
            weighted.append(item)
            continue
        halves_after = _NOVELTY_HALVES_AFTER[item.level] * (_PROVED if item.finding.weight > 1 else 1)
        novelty = 1 / (1 + seen[item.finding.rule] / halves_after)
        seen[item.finding.rule] += 1
        weighted.append(but(item, weight=item.weight * novelty))
    return tuple(but(item, priority=place) for place, item in enumerate(sorted(weighted, key=_order), start=1))


def _order(item: RankedFinding) -> tuple[object, ...]:
    return (
        item.suppressed is not None,
        -item.weight,
        item.rule.code,
        item.application,
        item.finding.object.key,
        item.finding.salient,
    )
