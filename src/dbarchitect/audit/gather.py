"""Several findings of one rule about one table as one, where the rule tells them together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dbarchitect.audit.model import RankedFinding
from dbarchitect.finding import Applicability, Finding, Fix
from dbarchitect.rules._base import Rule

Rank = Callable[[Finding, Rule, Fix | None], RankedFinding]


def gathered(findings: Sequence[RankedFinding], rules: Sequence[Rule], rank: Rank) -> tuple[RankedFinding, ...]:
    """The findings of one application, those about one table that a rule tells together as one with the changes of
    all. What is suppressed is left as it is: each is silenced by itself."""
    by_rule = {rule.name(): rule for rule in rules if type(rule).together is not Rule.together}
    groups: dict[tuple[object, ...], list[RankedFinding]] = {}
    for item in findings:
        if item.suppressed is None and item.finding.rule in by_rule and item.finding.object.table is not None:
            key = (item.finding.rule, item.level, item.finding.object.table_key)
            groups.setdefault(key, []).append(item)
    gone: set[int] = set()
    made: list[RankedFinding] = []
    for group in groups.values():
        rule = by_rule[group[0].finding.rule]
        each = sorted(group, key=lambda item: (-item.weight, item.finding.object.key))
        one = rule.together([item.finding for item in each]) if len(each) > 1 else None
        if one is None:
            continue
        columns = {(name,) for name in one.object.columns}
        told = [item for item in each if item.finding.object.columns in columns]
        gone.update(map(id, told))
        made.append(rank(one, rule, _joined([item.fix.fix for item in told if item.fix is not None])))
    return (*(item for item in findings if id(item) not in gone), *made)


def _joined(fixes: Sequence[Fix]) -> Fix | None:
    """The changes of several fixes as one, which needs what the most careful of them needs."""
    changes = tuple(dict.fromkeys(change for fix in fixes for change in fix.changes))
    notes = " ".join(dict.fromkeys(fix.note for fix in fixes if fix.note))
    order = list(Applicability)
    return Fix(changes, max((fix.applicability for fix in fixes), key=order.index), notes) if changes else None
