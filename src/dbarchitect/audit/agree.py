"""Fixes that agree with each other: what one drops, no later one drops again, and no two make indexes of one name.

Each rule proposes its fix for the catalog as it is. Whoever works through the list applies them one after another, and
must not find a statement that fails because an earlier finding's has done its work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from dbarchitect.audit.model import RankedFinding, SpelledFix
from dbarchitect.audit.rank import effort_of
from dbarchitect.catalog.members import Index
from dbarchitect.change.operations import Add, Change, Drop
from dbarchitect.finding import Fix

_LONGEST = 63
"""Bytes of a name in PostgreSQL, the shortest of the limits there are."""


def agreed(findings: Iterable[RankedFinding], respell: Callable[[Fix], SpelledFix | None]) -> tuple[RankedFinding, ...]:
    """The findings of one application in the order of work, with fixes that can be applied in that order."""
    dropped: set[tuple[object, ...]] = set()
    made: dict[tuple[str | None, str], tuple[object, ...]] = {}
    result: list[RankedFinding] = []
    for item in findings:
        if item.fix is None or item.suppressed is not None:
            result.append(item)
            continue
        before = item.fix.fix
        changes = tuple(_adapted(before.changes, dropped, made))
        same = not changes or [_told(change) for change in changes] == [_told(change) for change in before.changes]
        spelled = item.fix if same else respell(replace(before, changes=changes))
        result.append(item if spelled is item.fix else replace(item, fix=spelled, effort=effort_of(spelled)))
    return tuple(result)


def _adapted(
    changes: Iterable[Change],
    dropped: set[tuple[object, ...]],
    made: dict[tuple[str | None, str], tuple[object, ...]],
) -> Iterable[Change]:
    """A fix's changes after those before it; `dropped` and `made` grow by what it does."""
    for change in changes:
        if isinstance(change, Drop):
            key = (change.table.key, type(change.member), change.member.name)
            if change.member.name is not None and key in dropped:
                continue
            dropped.add(key)
        elif isinstance(change, Add) and isinstance(change.member, Index) and change.member.name is not None:
            own = (change.table.key, change.member.columns, change.member.predicate, change.member.unique)
            name, number = change.member.name, 1
            while made.setdefault((change.table.schema, name), own) != own:
                number += 1
                name = f"{_cut(change.member.name, _LONGEST - len(str(number)) - 1)}_{number}"
            if name != change.member.name:
                yield replace(change, member=replace(change.member, name=name))
                continue
        yield change


def _told(change: Change) -> tuple[object, object]:
    """A change with the name of what it adds, which does not count where catalogs are compared."""
    return change, change.member.name if isinstance(change, Add) else None


def _cut(name: str, most: int) -> str:
    return name.encode()[:most].decode(errors="ignore")
