"""Fixes that agree with each other: what one does, no later one does again or undoes the use of.

Each rule proposes its fix for the catalog as it is. Whoever works through the list applies them one after another, and
must not find a statement that fails because an earlier finding's has done its work, nor be left with an index beside a
longer or a unique one that serves the same queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from dbarchitect.audit.model import RankedFinding, SpelledFix
from dbarchitect.audit.rank import effort_of
from dbarchitect.catalog.members import Index, IndexColumn, UniqueKey
from dbarchitect.change.operations import Add, Change, Drop
from dbarchitect.finding import Applicability, Fix

_LONGEST = 63
"""Bytes of a name in PostgreSQL, the shortest of the limits there are."""
_Key = tuple[str, ...]
Respell = Callable[[Fix, Sequence[Change]], SpelledFix | None]


def agreed(findings: Iterable[RankedFinding], respell: Respell) -> tuple[RankedFinding, ...]:
    """The findings of one application in the order of work, with fixes that can be applied in that order. A finding
    that an earlier fix mends as well keeps none. `respell` is given a fix and the earlier changes that it builds on."""
    done = _Done()
    result: list[RankedFinding] = []
    for item in findings:
        decided = item.fix is not None and item.fix.fix.applicability is not Applicability.MANUAL
        if item.fix is None or item.suppressed is not None or not decided:
            result.append(item)
            continue
        before = item.fix.fix
        changes = tuple(done.adapted(before.changes))
        same = [_told(change) for change in changes] == [_told(change) for change in before.changes]
        left = respell(replace(before, changes=changes), done.built_on(changes)) if changes else None
        spelled = item.fix if same else left
        result.append(item if spelled is item.fix else replace(item, fix=spelled, effort=effort_of(spelled)))
    return tuple(result)


@dataclass(slots=True)
class _Done:
    """What the fixes so far do: the members dropped, the names of indexes given, and by table the keys of the indexes
    and unique constraints made that hold all rows, with the plain indexes among them. `replaced` are the indexes made
    that a later fix drops again, as they were added."""

    dropped: set[tuple[object, ...]] = field(default_factory=set)
    named: dict[tuple[str | None, str], tuple[object, ...]] = field(default_factory=dict)
    made: dict[_Key, list[tuple[IndexColumn, ...]]] = field(default_factory=dict)
    plain: dict[_Key, list[Index]] = field(default_factory=dict)
    replaced: dict[tuple[_Key, str | None], Add] = field(default_factory=dict)

    def adapted(self, changes: Iterable[Change]) -> Iterable[Change]:
        """A fix's changes after those before it."""
        for change in changes:
            if isinstance(change, Drop):
                key = (change.table.key, type(change.member), change.member.name)
                if change.member.name is not None and key in self.dropped:
                    continue
                self.dropped.add(key)
                yield change
            elif isinstance(change, Add) and isinstance(change.member, Index | UniqueKey):
                yield from self._added(change, change.member)
            else:
                yield change

    def built_on(self, changes: Iterable[Change]) -> list[Change]:
        """The changes of earlier fixes that these undo."""
        drops = (change for change in changes if isinstance(change, Drop))
        keys = ((change.table.key, change.member.name) for change in drops)
        return [self.replaced[key] for key in keys if key in self.replaced]

    def _added(self, change: Add, member: Index | UniqueKey) -> Iterable[Change]:
        table, keys = change.table.key, _keys(member)
        plain = isinstance(member, Index) and not member.unique
        if plain and keys and any(other[: len(keys)] == keys for other in self.made.get(table, ())):
            return
        if isinstance(member, Index):
            member = replace(member, name=self._free(change, member))
        yield replace(change, member=member)
        if not keys:
            return
        shorter = [index for index in self.plain.get(table, ()) if _keys(index) == keys[: len(index.columns)]]
        for index in shorter:
            self.plain[table].remove(index)
            self.replaced[table, index.name] = Add(change.table, index)
            yield Drop(change.table, index)
        self.made.setdefault(table, []).append(keys)
        if plain and isinstance(member, Index):
            self.plain.setdefault(table, []).append(member)

    def _free(self, change: Add, member: Index) -> str | None:
        """The name of a new index, with a number where an earlier fix has taken it for another one."""
        if member.name is None:
            return None
        own = (change.table.key, member.columns, member.predicate, member.unique)
        name, number = member.name, 1
        while self.named.setdefault((change.table.schema, name), own) != own:
            number += 1
            name = f"{_cut(member.name, _LONGEST - len(str(number)) - 1)}_{number}"
        return name


def _keys(member: Index | UniqueKey) -> tuple[IndexColumn, ...]:
    """The keys of what finds every row of a table by them; none for an index of some rows, or of another kind."""
    if isinstance(member, UniqueKey):
        return () if member.deferrable else tuple(map(IndexColumn, member.columns))
    whole = member.predicate is None and member.method == "btree" and not member.include
    return member.columns if whole else ()


def _told(change: Change) -> tuple[object, object]:
    """A change with the name of what it adds, which does not count where catalogs are compared."""
    return change, change.member.name if isinstance(change, Add) else None


def _cut(name: str, most: int) -> str:
    return name.encode()[:most].decode(errors="ignore")
