"""Whether what was seen is what it was but for where it stands: then nothing is said otherwise, only elsewhere.

Rules compare places of one file and tell them, they never count lines. So where the places of a file keep their order,
and facts stand in the files of their functions, all rules find the same, at the places that these have now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from dbarchitect.catalog.queries import BEFORE_FUNCTION, FunctionFact, Place
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.alike import fields_of

Span = tuple[int | None, int | None, int | None, int | None]
"""Line and column of the first character, and of what follows the last."""


class Elsewhere(Exception):  # noqa: N818 - the fact, not the noun
    """A place of which nobody knows where it is now."""


@dataclass(eq=False, slots=True)
class Moves:
    """Where the places of files were, and where they are now: by file `spans`, `lines` and `offsets`, and of those that
    begin functions or open transactions both. `abroad` are files of functions and of what stands elsewhere but belongs
    to them; `broken`: something is at two places now."""

    spans: dict[str, dict[Span, Span]] = field(default_factory=dict)
    lines: dict[str, dict[int, int]] = field(default_factory=dict)
    offsets: dict[str, dict[int, int]] = field(default_factory=dict)
    functions: dict[str, set[tuple[int, int]]] = field(default_factory=dict)
    transactions: dict[str, set[tuple[int, int]]] = field(default_factory=dict)
    abroad: set[tuple[str, str]] = field(default_factory=set)
    broken: bool = False
    _files: frozenset[str] | None = None

    @classmethod
    def of(cls, found: Iterable[Moves]) -> Moves:
        """All of some."""
        whole = cls()
        for moves in found:
            for path, spans in moves.spans.items():
                for span, span_now in spans.items():
                    whole._note(whole.spans, path, span, span_now)
            for path, lines in moves.lines.items():
                for line, line_now in lines.items():
                    whole._note(whole.lines, path, line, line_now)
            for path, offsets in moves.offsets.items():
                for offset, offset_now in offsets.items():
                    whole.offset(path, offset, offset_now)
            for known, others in ((whole.functions, moves.functions), (whole.transactions, moves.transactions)):
                for path, starts in others.items():
                    known.setdefault(path, set()).update(starts)
            whole.abroad |= moves.abroad
            whole.broken = whole.broken or moves.broken
        return whole

    @property
    def files(self) -> frozenset[str]:
        """The files in which something stands elsewhere."""
        if self._files is None:
            spans = {path for path, pairs in self.spans.items() if any(was != now for was, now in pairs.items())}
            bytes_ = {path for path, pairs in self.offsets.items() if any(was != now for was, now in pairs.items())}
            self._files = frozenset(spans | bytes_)
        return self._files

    def place(self, before: Origin, now: Origin) -> bool:
        """Note that a place is now another one; False where it is of another file, or another kind of place."""
        if before.path != now.path:
            return False
        if before.path is None:
            return before == now
        self._note(self.spans, before.path, _span(before), _span(now))
        for was, is_ in ((before.line, now.line), (before.end_line, now.end_line)):
            if was is not None and is_ is not None:
                self._note(self.lines, before.path, was, is_)
            elif was is not is_:
                return False
        for was, is_ in ((before.start, now.start), (before.end, now.end)):
            if was is not None and is_ is not None:
                self.offset(before.path, was, is_)
            elif was is not is_:
                return False
        return True

    def offset(self, path: str, before: int, now: int) -> None:
        """Note where a byte of a file is now."""
        self._note(self.offsets, path, before, now)

    def function(self, key: str, before: Origin, now: Origin) -> None:
        """Note where a function begins."""
        self.within(key, before)
        if before.path is not None and before.start is not None and now.start is not None:
            self.functions.setdefault(before.path, set()).add((before.start, now.start))

    def opened(self, before: Origin, now: Origin) -> None:
        """Note where a transaction is opened."""
        if before.path is not None and before.start is not None and now.start is not None:
            self.transactions.setdefault(before.path, set()).add((before.start, now.start))

    def within(self, function: str, origin: Origin) -> None:
        """Note in which file something of a function stands."""
        path = _file_of(function)
        if origin.path is not None and origin.path != path:
            self.abroad.add((path, origin.path))

    def keep_order(self) -> bool:
        """Whether all that was compared by its place compares as before."""
        if self.broken:
            return False
        files = self.files
        if any(one in files or other in files for one, other in self.abroad):
            return False
        every = (*self.lines.values(), *self.offsets.values())
        return all(_rises(pairs) for pairs in every) and all(self._belong_as_before(path) for path in files)

    def _belong_as_before(self, path: str) -> bool:
        """Whether transactions stand as near before functions as they did: those of decorators belong to them."""
        return all(
            (opened < start - BEFORE_FUNCTION) is (opened_now < start_now - BEFORE_FUNCTION)
            for opened, opened_now in self.transactions.get(path, ())
            for start, start_now in self.functions.get(path, ())
        )

    def span(self, path: str, before: Span) -> Span:
        """Where a span of a file is now. Raises `Elsewhere` where nothing tells."""
        if path not in self.files or before == (None, None, None, None):
            return before
        found = self.spans.get(path, {}).get(before)
        if found is None:
            raise Elsewhere
        return found

    def _note(self, known: dict[str, dict[Any, Any]], path: str, before: object, now: object) -> None:
        self._files = None
        if known.setdefault(path, {}).setdefault(before, now) != now:
            self.broken = True


def _span(origin: Origin) -> Span:
    return origin.line, origin.column, origin.end_line, origin.end_column


def _file_of(function: str) -> str:
    return function.partition(":")[0]


def _rises(pairs: Mapping[int, int]) -> bool:
    """Whether what was in order is in the same order now, and what was apart is."""
    now = [pairs[before] for before in sorted(pairs)]
    return all(one < other for one, other in pairwise(now))


def is_only_moved(before: object, now: object, moves: Moves) -> bool:
    """Whether two values hold the same in every field but places, which are noted."""
    waiting = [(before, now)]
    seen: set[tuple[int, int]] = set()  # of what the two values hold, which lives as long as they do
    while waiting:
        one, other = waiting.pop()
        kind = type(one)
        if kind is not type(other):
            return False
        if kind is str or one is None or kind is bool:
            if one != other:
                return False
            continue
        if isinstance(one, Origin) and isinstance(other, Origin):
            if not moves.place(one, other):
                return False
            continue
        pair = (id(one), id(other))
        if pair in seen:
            continue
        seen.add(pair)
        if isinstance(one, Place) and isinstance(other, Place) and not _noted(one, other, moves):
            return False
        if isinstance(one, FunctionFact) and isinstance(other, FunctionFact):
            moves.function(one.key, one.origin, other.origin)
        parts = _parts(one, other)
        if parts is None:
            return False
        waiting.extend(parts)
    return True


def _noted(one: Place, other: Place, moves: Moves) -> bool:
    """Note the numbers of the branches around a place, which are bytes of its file; and what else stands around it."""
    path = _file_of(one.function)
    for mine, theirs in ((one.branch, other.branch), (one.left, other.left)):
        if len(mine) != len(theirs):
            return False
        for label, label_now in zip(mine, theirs, strict=True):
            (number, _, arm), (number_now, _, arm_now) = label.partition("."), label_now.partition(".")
            if arm != arm_now or not number.isdecimal() or not number_now.isdecimal():
                return False
            moves.offset(path, int(number), int(number_now))
    for origin in (*(loop.origin for loop in one.loops), *one.handlers):
        moves.within(one.function, origin)
    if one.transaction is not None and other.transaction is not None:
        moves.opened(one.transaction, other.transaction)
    return True


def _parts(one: object, other: object) -> list[tuple[object, object]] | None:
    """What two values of one kind hold, in pairs; None where they differ by themselves."""
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return list(zip(one, other, strict=True)) if len(one) == len(other) else None
    if isinstance(one, AbstractSet) and isinstance(other, AbstractSet):
        return [] if one == other else None
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return list(zip(one.values(), other.values(), strict=True)) if list(one) == list(other) else None
    names = fields_of(type(one))
    if names:
        left_out = {"branch", "left"} if isinstance(one, Place) else ()
        return [(getattr(one, name), getattr(other, name)) for name in names if name not in left_out]
    return [] if one == other else None


def are_only_moved(before: AbstractSet[Origin], now: AbstractSet[Origin], moves: Moves) -> bool:
    """Whether places are the same places, in files where they keep their order."""
    if len(before) != len(now):
        return False
    pairs = zip(sorted(before, key=_order), sorted(now, key=_order), strict=True)
    return all(moves.place(one, other) for one, other in pairs)


def _order(origin: Origin) -> tuple[str, int, int, int, int]:
    line, column = origin.line or 0, origin.column or 0
    return origin.path or "", origin.start or 0, origin.end or 0, line, column
