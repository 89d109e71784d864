"""What was seen in the code, gathered while it is followed and frozen into facts at the end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from hashlib import blake2b
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
from dbarchitect.sources.code.once import Once
from dbarchitect.sources.moved import Moves, are_only_moved, is_only_moved

K = TypeVar("K")
V = TypeVar("V")
_Key = tuple[object, ...]

_ONLY = frozenset({Use.TESTED, Use.COUNTED, Use.FIRST_ONLY})
"""What is only worth telling when the rows serve for nothing else."""
_UNUSED = frozenset[Use]()
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
    otherwise: bool = False
    escaped: bool = False
    direct: bool = True
    borrowed: bool = False
    _uses: set[Use] | None = None  # most queries have none, of which there are ten thousands
    _attributes: set[Ref] | None = None

    @property
    def uses(self) -> set[Use]:
        """What the code does with its rows."""
        if self._uses is None:
            self._uses = set()
        return self._uses

    @property
    def attributes(self) -> set[Ref]:
        """The columns of its rows that the code goes on to use."""
        if self._attributes is None:
            self._attributes = set()
        return self._attributes

    def __reduce__(self) -> tuple[type[Record], tuple[object, ...]]:
        """How it is packed: quickly read again, and the same where it holds the same."""
        return Record, (
            self.draft, self.place, self.origin, self.fetch, self.text, self.otherwise, self.escaped, self.direct,
            self.borrowed, self._uses or None, self._attributes or None,
        )  # fmt: skip

    def join(self, other: Record) -> None:
        """Take in the same query, seen another time: what was seen of the function by itself goes before a caller's."""
        before = self.draft
        if other.draft.idiom is Idiom.LAZY_RELATION and not self.draft.builders:
            self.draft = other.draft  # followed by itself before: now a caller gives rows that are known
        elif other.direct and not self.direct:
            self.draft, self.place, self.text, self.direct = other.draft, other.place, other.text, True
        self.draft = _with_marks(self.draft, before, other.draft)
        if self.fetch is Fetch.BUILT:
            self.fetch = other.fetch
        if other._uses:
            self.uses.update(other._uses)
        if other._attributes:
            self.attributes.update(other._attributes)
        self.otherwise = self.otherwise or other.otherwise
        self.escaped = self.escaped or other.escaped

    def escape(self) -> None:
        """Its rows leave our sight."""
        self.escaped = self.otherwise = True
        self.uses.add(Use.RETURNED)

    def fact(self, once: Once) -> QueryFact:
        """The query as a fact, which has `once` what is the same in others."""
        d, members, value = self.draft, once.members, once.value  # of most queries most is empty: that asks nobody
        uses = value(frozenset(self._uses).difference(_ONLY if self.otherwise else ())) if self._uses else _UNUSED
        attributes = members(tuple(sorted(self._attributes, key=str))) if self._attributes else ()
        return QueryFact(
            d.verb, d.table, self.place, self.origin, d.library, value(self.text), members(d.tables),
            d.predicates and members(d.predicates), d.joins and members(d.joins), d.grouping and members(d.grouping),
            d.ordering and members(d.ordering), d.limit, d.offset, d.columns and members(d.columns),
            d.aggregates and members(d.aggregates), d.assignments and members(d.assignments), d.key and members(d.key),
            d.distinct, d.locks, self.fetch, d.idiom, uses, None if self.escaped else attributes,
            d.dynamic and value(d.dynamic), d.interpolated and value(d.interpolated), d.raw_input, d.builders,
            _text(d.noted("relation")) if d.notes else None,
            d.pasted and value(d.pasted), self.borrowed and not self.direct, d.as_text,
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
        self._short = False

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
        columns = tuple(sorted({(str(p.column), p.comparison) for p in draft.predicates}))
        apart = fetch if fetch in _APART else None
        key: _Key = (
            place.function, origin.start, origin.end, draft.verb, draft.idiom, str(draft.table), columns, apart,
            draft.locks,
        )  # fmt: skip
        key = _shortened(key) if self._short else key
        known = self.records.get(key)
        if known is None:
            self.records[key] = known = Record(draft, place, origin, fetch, text, direct=direct)
        else:
            known.join(Record(draft, place, origin, fetch, text, direct=direct))
        return known

    def __bool__(self) -> bool:
        """Whether anything was seen at all."""
        return any(seen for seen in vars(self).values() if not isinstance(seen, bool))

    def portable(self) -> Recorder:
        """Itself, without what only the process that followed the code can use."""
        self._shorten()
        for record in self.records.values():
            notes = tuple((name, note) for name, note in record.draft.notes if isinstance(note, str))
            record.draft = record.draft.but(model=None, notes=notes)
        return self

    def _shorten(self) -> None:
        """Tell the records apart by keys that take less room."""
        if not self._short:
            self._short = True
            self.records = {_shortened(key): record for key, record in self.records.items()}

    def absorb(self, other: Recorder) -> None:
        """Take in what another process has seen; the same query seen by both is one."""
        self._shorten()
        other._shorten()
        for key, record in other.records.items():
            known = self.records.setdefault(key, record)
            if known is not record:
                known.join(record)
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
        """All that was seen, in the order of files and lines. Its records are let go one by one: a large application
        has so many that there is no room for both."""
        once, queries = Once(), list[QueryFact]()
        while self.records:
            _, record = self.records.popitem()
            record.borrowed = record.place.function in self.alone
            queries.append(record.fact(once))
        queries.reverse()
        queries.sort(key=lambda q: _order(q.origin))
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


def _shortened(key: _Key) -> _Key:
    """A key of the same place, of which a digest tells all else: the same in every process."""
    function, start, end, *others = key
    digest = blake2b(repr((function, *others)).encode("utf-8", "surrogatepass"), digest_size=16)
    return digest.digest(), start, end


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
