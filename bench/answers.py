"""What a finding asks for, and whether that answers a fact: same table, same leading column, a fitting kind.

What a finding asks for is read from the changes of its fix; where a rule leaves the fix to people, from the rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from facts import Fact

from dbarchitect.audit.model import ApplicationAudit, RankedFinding
from dbarchitect.catalog.expressions import columns_of
from dbarchitect.catalog.members import Check, ForeignKey, Index, UniqueKey
from dbarchitect.catalog.refs import Ref
from dbarchitect.change.operations import Add, AlterColumn, Change, Drop, SetPrimaryKey
from dbarchitect.finding import EvidenceKind, Level

ASKED_BY_RULE = {
    "unindexed-foreign-key": ("index_added",),
    "polymorphic-reference": ("index_added",),
    "undeclared-foreign-key": ("index_added", "fk_added"),
    "missing-natural-key": ("unique_added",),
    "nullable-unique-column": ("unique_added",),
    "uneven-on-delete": ("fk_on_delete_changed",),
    "foreign-key-without-on-delete": ("fk_on_delete_changed",),
    "self-reference-without-on-delete": ("fk_on_delete_changed",),
    "redundant-prefix-index": ("index_dropped",),
    "duplicate-index": ("index_dropped",),
    "redundant-unique-index": ("index_dropped",),
    "unconstrained-value-set": ("check_added",),
    "unconstrained-balance": ("check_added",),
    "unconstrained-range": ("check_added",),
}
"""What rules ask for on the columns of their finding's object, whether or not they know a fix."""
ASKED_WITHOUT_FIX = {
    "assumed-unique": ("unique_added",),
    "unindexed-filter-column": ("index_added",),
    "missing-composite-index": ("index_added",),
    "missing-partial-index": ("index_added",),
    "nullable-always-written": ("not_null_added",),
}
"""What rules ask for on those columns where there is no fix to tell: of an engine whose SQL is not written."""
ALSO_ANSWERED_BY = {"index_added": "unique_added"}
IN_ANY_ORDER = {"unique_added", "fk_added", "fk_on_delete_changed", "check_added"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that a finding asks for, in the words of the facts."""

    kind: str
    table: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flagged:
    """A finding as the bench needs it. `place` counts the errors and warnings of its application from one, in the
    order of work; None for a remark. `from_code` tells that the code is among its evidence."""

    rule: str
    level: str
    place: int | None
    object: str
    asked: tuple[Asked, ...]
    from_code: bool


def flagged(application: ApplicationAudit) -> list[Flagged]:
    """All findings of one application that are not suppressed, in the order of work."""
    found: list[Flagged] = []
    place = 0
    for item in sorted(application.findings, key=lambda item: item.priority):
        if item.suppressed is not None:
            continue
        acts = item.level is not Level.INFO
        place += acts
        found.append(
            Flagged(
                item.finding.rule,
                item.level.value,
                place if acts else None,
                str(item.finding.object),
                tuple(dict.fromkeys(asked(item))),
                any(evidence.kind is EvidenceKind.CODE for evidence in item.finding.evidence),
            )
        )
    return found


def asked(item: RankedFinding) -> Iterator[Asked]:
    """What a finding asks for."""
    object_ = item.finding.object
    kinds = ASKED_BY_RULE.get(item.finding.rule, ())
    if item.fix is None:
        kinds += ASKED_WITHOUT_FIX.get(item.finding.rule, ())
    for kind in kinds:
        if object_.table is not None and object_.columns:
            yield Asked(kind, _folded(object_), _fold(object_.columns))
    changes = item.fix.fix.changes if item.fix is not None else ()
    dropped = {(change.table.key, change.member.columns) for change in changes if _drops_reference(change)}
    for change in changes:
        yield from _asked_by_change(change, dropped)


def _drops_reference(change: Change) -> bool:
    return isinstance(change, Drop) and isinstance(change.member, ForeignKey)


def _asked_by_change(change: Change, dropped: set[tuple[tuple[str, ...], tuple[str, ...]]]) -> Iterator[Asked]:
    match change:
        case Add(table, Index() as index) if index.column_names:
            yield Asked("unique_added" if index.unique else "index_added", _folded(table), _fold(index.column_names))
        case Add(table, UniqueKey() as key) | SetPrimaryKey(table, _, UniqueKey() as key):
            yield Asked("unique_added", _folded(table), _fold(key.columns))
        case Add(table, ForeignKey() as key):
            kind = "fk_on_delete_changed" if (table.key, key.columns) in dropped else "fk_added"
            yield Asked(kind, _folded(table), _fold(key.columns))
        case Add(table, Check() as check):
            yield Asked("check_added", _folded(table), _fold(columns_of(check.expression)))
        case Drop(table, (Index() | UniqueKey()) as member):
            columns = member.column_names if isinstance(member, Index) else member.columns
            yield Asked("index_dropped", _folded(table), _fold(columns))
        case AlterColumn(table, old, new) if old.nullable and not new.nullable:
            yield Asked("not_null_added", _folded(table), _fold((new.name,)))


def _folded(ref: Ref) -> str:
    return (ref.table or "").casefold()


def _fold(columns: Iterable[str]) -> tuple[str, ...]:
    return tuple(column.casefold() for column in columns)


def answers(fact: Fact, found: Flagged) -> tuple[bool, bool]:
    """Whether a finding answers a fact: by table and leading column, and by the whole list of columns.

    The order of the columns counts for an index alone; what the facts call a check holds any of its columns.
    """
    columns = _fold(fact.columns)
    table = fact.table.rpartition(".")[2].casefold()
    leading = exact = False
    for one in found.asked:
        fits = one.kind in {fact.kind, ALSO_ANSWERED_BY.get(fact.kind)}
        if not fits or one.table != table or not one.columns:
            continue
        if fact.kind == "check_added":
            leading = leading or bool(set(one.columns) & set(columns))
        else:
            leading = leading or one.columns[0] == columns[0]
        if fact.kind in IN_ANY_ORDER:
            exact = exact or sorted(one.columns) == sorted(columns)
        else:
            exact = exact or one.columns == columns
    return leading or exact, exact
