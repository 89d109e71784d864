"""What was seen in the code, gathered while it is followed and frozen into facts at the end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, TypeVar

from dbarchitect.catalog.queries import (
    CallFact,
    Code,
    EventFact,
    Fetch,
    FieldRule,
    FunctionFact,
    HandlerFact,
    Idiom,
    Place,
    QueryFact,
    Use,
)
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.moved import Moves, are_only_moved, is_only_moved

K = TypeVar("K")
V = TypeVar("V")
_Key = tuple[object, ...]

_ONLY = frozenset({Use.TESTED, Use.COUNTED, Use.FIRST_ONLY})
"""What is only worth telling when the rows serve for nothing else."""
_APART = frozenset({Fetch.COUNT, Fetch.EXISTS, Fetch.SCALAR})
"""What is another query than the one that fetches the rows, though it is written at the same place."""
_BY_PLACE = ("records", "rules", "_calls", "_events", "_handlers")
"""What a recorder holds under keys that tell a place."""
_WITH_PLACES = frozenset({*_BY_PLACE, "made", "added", "isolated"})


@dataclass(eq=False, slots=True)
class Record:
    """A query that was run, or built and handed on; `uses` and `attributes` grow while its rows are followed.

    `otherwise`: the rows serve for more than being counted or tested. `escaped`: they leave our sight, so that nothing
    can be said of the columns that are used. `direct`: seen while its function was followed by itself, not
    with the arguments of a caller. `borrowed`: its function was followed by itself as well.
    """

    draft: Draft
    place: Place
    origin: Origin
    fetch: Fetch
    text: str
    uses: set[Use] = field(default_factory=set)
    attributes: set[Ref] = field(default_factory=set)
    otherwise: bool = False
    escaped: bool = False
    direct: bool = True
    borrowed: bool = False

    def escape(self) -> None:
        """Its rows leave our sight."""
        self.escaped = self.otherwise = True
        self.uses.add(Use.RETURNED)

    def fact(self) -> QueryFact:
        """The query as a fact."""
        d = self.draft
        uses = self.uses - _ONLY if self.otherwise else self.uses
        return QueryFact(
            d.verb, d.table, self.place, self.origin, d.library, self.text, d.tables, d.predicates, d.joins, d.grouping,
            d.ordering, d.limit, d.offset, d.columns, d.aggregates, d.assignments, d.key, d.distinct, d.locks,
            self.fetch, d.idiom, frozenset(uses), None if self.escaped else tuple(sorted(self.attributes, key=str)),
            d.dynamic, d.interpolated, d.raw_input, d.builders, _text(d.noted("relation")),
            d.pasted, self.borrowed and not self.direct, d.as_text,
        )  # fmt: skip


class Recorder:
    """Collects what is seen. The same query of the same place is one record, however often the place is followed."""

    def __init__(self) -> None:
        self.records: dict[tuple[object, ...], Record] = {}
        self.functions: dict[str, FunctionFact] = {}
        self.rules: dict[tuple[object, ...], FieldRule] = {}
        self._calls: dict[tuple[object, ...], CallFact] = {}
        self._events: dict[tuple[object, ...], EventFact] = {}
        self._handlers: dict[tuple[object, ...], HandlerFact] = {}
        self._positions: dict[str, int] = {}
        self.direct = True
        """Whether a function is followed by itself now, and not for one that calls it."""
        self.alone: set[str] = set()
        """The functions that were followed by themselves."""
        self.made: dict[Origin, Ref] = {}
        """The places where a new row of a table is made, and (`added`) those of rows that are given to the database."""
        self.added: set[Origin] = set()
        self.isolated: set[Origin] = set()
        """Where transactions are opened at a level that keeps one from overtaking another."""
        self._told: dict[str, dict[str, object]] = {}

    def tell(self, kind: str, key: str, value: object) -> None:
        """Note what a vocabulary wants to know of a function or class when all is followed."""
        self._told.setdefault(kind, {}).setdefault(key, value)

    def told(self, kind: str) -> Mapping[str, object]:
        """What vocabularies noted, by key."""
        return self._told.get(kind, {})

    def position(self, function: str) -> int:
        """The next position in a function."""
        self._positions[function] = self._positions.get(function, 0) + 1
        return self._positions[function]

    def query(
        self, draft: Draft, place: Place, origin: Origin, fetch: Fetch, text: str, *, direct: bool | None = None
    ) -> Record:
        """Note a query that is run (or, BUILT, handed on) here; `direct` where the function that it is told of is not
        the one that is followed now."""
        direct = self.direct if direct is None else direct
        columns = frozenset((str(p.column), p.comparison) for p in draft.predicates)
        apart = fetch if fetch in _APART else None
        key = (
            place.function, origin.start, origin.end, draft.verb, draft.idiom, str(draft.table), columns, apart,
            draft.locks,
        )  # fmt: skip
        known = self.records.get(key)
        if known is None:
            self.records[key] = known = Record(draft, place, origin, fetch, text, direct=direct)
        else:
            _join(known, Record(draft, place, origin, fetch, text, direct=direct))
        return known

    def portable(self) -> Recorder:
        """Itself, without what only the process that followed the code can use."""
        for record in self.records.values():
            notes = tuple((name, note) for name, note in record.draft.notes if isinstance(note, str))
            record.draft = record.draft.but(model=None, notes=notes)
        return self

    def absorb(self, other: Recorder) -> None:
        """Take in what another process has seen; the same query seen by both is one."""
        for key, record in other.records.items():
            known = self.records.setdefault(key, record)
            if known is not record:
                _join(known, record)
        self.alone |= other.alone
        self.made.update(other.made)
        self.added |= other.added
        self.isolated |= other.isolated
        # In place: a project has tens of thousands of parts, and what is known already is not copied for each.
        _add(self.functions, other.functions)
        _add(self.rules, other.rules)
        _add(self._calls, other._calls)
        _add(self._events, other._events)
        _add(self._handlers, other._handlers)
        for kind, told in other._told.items():
            _add(self._told.setdefault(kind, {}), told)

    def says_the_same(self, other: Recorder) -> bool:
        """Whether another one saw the same, in the same order."""
        mine, theirs = vars(self), vars(other)
        return all(_shown(mine[name]) == _shown(theirs[name]) for name in mine)

    def is_only_moved(self, now: Recorder, moves: Moves) -> bool:
        """Whether another one saw the same, in the same order, maybe at other places of the same files."""
        mine, theirs = vars(self), vars(now)
        return (
            all(_are_moved(mine[name], theirs[name], moves) for name in _BY_PLACE)
            and is_only_moved(list(self.made.items()), list(now.made.items()), moves)
            and are_only_moved(self.added, now.added, moves)
            and are_only_moved(self.isolated, now.isolated, moves)
            and all(is_only_moved(mine[name], theirs[name], moves) for name in mine if name not in _WITH_PLACES)
        )

    def call(self, place: Place, callee: str, origin: Origin, *, alone: bool = False) -> None:
        """Note a call of a function of the project; `alone`: its function is followed by itself now, and what is
        called within a transaction on one of its ways (`open ? work(db) : db.transaction(work)`) is called in one."""
        key = (place.function, callee, origin.start)
        known = self._calls.setdefault(key, CallFact(place, callee, origin))
        if alone and known.caller.transaction is None and place.transaction is not None:
            self._calls[key] = CallFact(place, callee, origin)

    def calls(self) -> Iterable[CallFact]:
        """The calls noted so far."""
        return self._calls.values()

    def within(self, functions: Collection[str], transaction: Origin) -> None:
        """Put what happens in functions into a transaction that something around them opens."""
        for record in self.records.values():
            if record.place.function in functions and record.place.transaction is None:
                record.place = replace(record.place, transaction=transaction)
        for key, call in self._calls.items():
            if call.caller.function in functions and call.caller.transaction is None:
                self._calls[key] = replace(call, caller=replace(call.caller, transaction=transaction))
        for key, event in self._events.items():
            if event.place.function in functions and event.place.transaction is None:
                self._events[key] = replace(event, place=replace(event.place, transaction=transaction))

    def event(self, event: EventFact) -> None:
        """Note an event."""
        self._events.setdefault((event.kind, event.place.function, event.origin.start, event.column), event)

    def handler(self, handler: HandlerFact) -> None:
        """Note an `except` clause."""
        self._handlers.setdefault((handler.function, handler.origin.start), handler)

    def rule(self, rule: FieldRule) -> None:
        """Note what a layer above the database demands."""
        self.rules.setdefault((rule.layer, rule.name, rule.origin.path, rule.origin.start), rule)

    def code(self) -> Code:
        """All that was seen, in the order of files and lines."""
        for record in self.records.values():
            record.borrowed = record.place.function in self.alone
        queries = sorted((record.fact() for record in self.records.values()), key=lambda q: _order(q.origin))
        events = sorted(self._events.values(), key=lambda e: _order(e.origin))
        return Code(
            tuple(queries),
            MappingProxyType(dict(sorted(self.functions.items()))),
            tuple(sorted(self._calls.values(), key=lambda c: _order(c.origin))),
            tuple(events),
            tuple(sorted(self._handlers.values(), key=lambda h: _order(h.origin))),
            tuple(sorted(self.rules.values(), key=lambda r: _order(r.origin))),
            loose=tuple((self.made[at], at) for at in sorted(self.made.keys() - self.added, key=_order)),
            isolated=frozenset(self.isolated),
        )


def _shown(seen: object) -> object:
    """What a recorder holds as something that can be compared; a record is equal to none but itself."""
    if not isinstance(seen, dict):
        return seen
    return [
        (key, [getattr(found, each.name) for each in fields(found)] if isinstance(found, Record) else found)
        for key, found in seen.items()
    ]


def _are_moved(before: Mapping[_Key, Any], now: Mapping[_Key, Any], moves: Moves) -> bool:
    """Whether what was seen under keys is only moved; what of a key is a place is the place of what it stands for."""
    if len(before) != len(now):
        return False
    for (key, one), (key_now, other) in zip(before.items(), now.items(), strict=True):
        if _without_place(key, one.origin) != _without_place(key_now, other.origin):
            return False
        if not is_only_moved(one, other, moves):
            return False
        if not isinstance(one, FieldRule):
            moves.within(_function_of(one), one.origin)
    return True


def _without_place(key: _Key, origin: Origin) -> list[object]:
    """A key without the bytes of a place."""
    bytes_of: dict[object, object] = {origin.start: "start", origin.end: "end"}
    return [bytes_of.get(part, part) if type(part) is int else part for part in key]


def _function_of(seen: Record | CallFact | EventFact | HandlerFact) -> str:
    if isinstance(seen, HandlerFact):
        return seen.function
    return seen.caller.function if isinstance(seen, CallFact) else seen.place.function


def _add(known: dict[K, V], others: Mapping[K, V]) -> None:
    """Add what is not known yet."""
    for key, value in others.items():
        known.setdefault(key, value)


def _text(note: object) -> str | None:
    return note if isinstance(note, str) else None


def _join(known: Record, other: Record) -> None:
    """One record of two of the same query: what was seen of the function by itself goes before a caller's."""
    before = known.draft
    if other.draft.idiom is Idiom.LAZY_RELATION and not known.draft.builders:
        known.draft = other.draft  # followed by itself before: now a caller gives rows that are known
    elif other.direct and not known.direct:
        known.draft, known.place, known.text, known.direct = other.draft, other.place, other.text, True
    known.draft = _with_marks(known.draft, before, other.draft)
    if known.fetch is Fetch.BUILT:
        known.fetch = other.fetch
    known.uses |= other.uses
    known.attributes |= other.attributes
    known.otherwise = known.otherwise or other.otherwise
    known.escaped = known.escaped or other.escaped


def _with_marks(known: Draft, *others: Draft) -> Draft:
    """A write, with what callers are seen to hand in as slugs, or sealed."""
    every = [assignment for other in others for assignment in other.assignments]
    slugs = {assignment.column for assignment in every if assignment.slug}
    sealed = {assignment.column for assignment in every if assignment.sealed}
    if not any((a.column in slugs and not a.slug) or (a.column in sealed and not a.sealed) for a in known.assignments):
        return known
    marked = (
        replace(a, slug=a.slug or a.column in slugs, sealed=a.sealed or a.column in sealed) for a in known.assignments
    )
    return replace(known, assignments=tuple(marked))


def _order(origin: Origin) -> tuple[str, int, int]:
    return origin.path or "", origin.start or 0, origin.end or 0
