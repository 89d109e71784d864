"""A query while the program builds it: an immutable value that every step of the building makes another of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from dbarchitect.catalog.queries import (
    Aggregate,
    Assignment,
    Bound,
    Idiom,
    Join,
    Predicate,
    SortKey,
    Verb,
)
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.sources.code.predicates import on_both_ways
from dbarchitect.sources.mapping import MappedModel


@dataclass(frozen=True)  # without slots: every step makes another one, and a dictionary is copied at once
class Draft:
    """What is known of a query so far; the fields mean what those of `QueryFact` do.

    `model` is the mapped class that its rows become, `loaded` the relations that it loads along (`user`,
    `user.profile`). `joined` are the tables joined so far besides the main one. `notes` is the vocabulary's own (names
    of annotations, what is selected).
    """

    library: str
    origin: Origin
    verb: Verb = Verb.SELECT
    model: MappedModel | None = None
    table: Ref | None = None
    joined: tuple[Ref, ...] = ()
    predicates: tuple[Predicate, ...] = ()
    joins: tuple[Join, ...] = ()
    grouping: tuple[Ref, ...] = ()
    ordering: tuple[SortKey, ...] = ()
    limit: Bound | None = None
    offset: Bound | None = None
    columns: tuple[Ref, ...] | None = None
    aggregates: tuple[Aggregate, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    key: tuple[Ref, ...] = ()
    distinct: bool = False
    locks: bool = False
    idiom: Idiom | None = None
    dynamic: tuple[str, ...] = ()
    interpolated: tuple[str, ...] = ()
    pasted: tuple[str, ...] = ()
    as_text: bool = False
    raw_input: bool = False
    builders: tuple[Origin, ...] = ()
    loaded: frozenset[str] = frozenset()
    notes: tuple[tuple[str, object], ...] = ()

    def __reduce__(self) -> tuple[object, tuple[dict[str, object]]]:
        """How it is packed: without what is as in every query of which nothing is known yet."""
        plain = _EMPTY.__dict__
        return _of, ({name: value for name, value in self.__dict__.items() if value is not plain[name]},)

    @property
    def tables(self) -> tuple[Ref, ...]:
        """The main table and those joined, each once."""
        if not self.joined:
            return (self.table,) if self.table is not None else ()
        found = (self.table, *self.joined) if self.table is not None else self.joined
        return tuple({ref.key: ref for ref in found}.values())

    @property
    def computed(self) -> bool:
        """Whether as a part of another query it is done with all of its rows before anything is joined: it makes
        groups, leaves out what repeats, takes the first rows."""
        return bool(self.grouping) or self.distinct or self.limit is not None

    @classmethod
    def begun(
        cls,
        library: str,
        origin: Origin,
        verb: Verb = Verb.SELECT,
        model: MappedModel | None = None,
        table: Ref | None = None,
    ) -> Draft:
        """A query of which nothing else is known yet: quicker than making one of all its fields."""
        return _EMPTY.but(library=library, origin=origin, verb=verb, model=model, table=table)

    def but(self, **changes: object) -> Draft:
        """With other values of some fields: `dataclasses.replace`, which is slow for so many fields."""
        made = object.__new__(Draft)
        object.__setattr__(made, "__dict__", self.__dict__ | changes)  # copied at once, and not entry by entry
        return made

    def where(self, *predicates: Predicate) -> Draft:
        """With more predicates, all of which must hold."""
        return self.but(predicates=(*self.predicates, *predicates))

    def join(self, *joins: Join) -> Draft:
        """With more joins; one that is there already is not made twice, be it outer or not."""
        known = {j.pairs for j in self.joins}
        new = tuple(j for j in {j.pairs: j for j in joins}.values() if j.pairs not in known)
        tables = (pair[1].table_ref for j in new for pair in j.pairs)
        return self.but(joins=(*self.joins, *new), joined=_once((*self.joined, *tables)))

    def using(self, *tables: Ref) -> Draft:
        """With tables that it reads besides, of which no join is known."""
        return self.but(joined=_once((*self.joined, *(t.table_ref for t in tables))))

    def ordered(self, keys: Iterable[SortKey], *, anew: bool = False) -> Draft:
        """With more sort keys, or with these in place of the others."""
        return self.but(ordering=(*(() if anew else self.ordering), *keys))

    def unknown(self, *parts: str) -> Draft:
        """With parts of which nothing is known (`where`, `order by`, `table`, `columns`, `text`)."""
        return self.but(dynamic=tuple(dict.fromkeys((*self.dynamic, *parts))))

    def noted(self, name: str) -> object:
        """The vocabulary's own note of that name, None when there is none."""
        return dict(self.notes).get(name)

    def note(self, name: str, value: object) -> Draft:
        """With a note of the vocabulary's own."""
        return self.but(notes=(*((n, v) for n, v in self.notes if n != name), (name, value)))


_EMPTY = Draft("", Origin())


def _of(parts: dict[str, Any]) -> Draft:
    """A query that was packed: what is told of it takes less room than a copy does, and the rest is as in every one."""
    return _EMPTY.but(**parts)


def either(first: Draft, second: Draft) -> Draft:
    """A query that is the one or the other, as the program decides: what only one of them has is optional.

    The two begin at the same place; where they do not, the first one stands, with its conditions unknown.
    """
    if first == second:
        return first
    if first.table != second.table or first.origin != second.origin:
        return first.unknown("where")
    joins = tuple(dict.fromkeys((*first.joins, *second.joins)))
    ordering = first.ordering
    if first.ordering != second.ordering:
        keys = dict.fromkeys((*first.ordering, *second.ordering))
        shared = set(first.ordering) & set(second.ordering)
        ordering = tuple(k if k in shared else replace(k, optional=True) for k in keys)
    return first.but(
        predicates=_either(first.predicates, second.predicates),
        joins=joins,
        joined=_once((*first.joined, *second.joined)),
        ordering=ordering,
        limit=first.limit if first.limit == second.limit else (first.limit and second.limit),
        offset=first.offset or second.offset,
        columns=first.columns if first.columns == second.columns else None,
        distinct=first.distinct and second.distinct,
        locks=first.locks and second.locks,
        dynamic=tuple(dict.fromkeys((*first.dynamic, *second.dynamic))),
        interpolated=tuple(dict.fromkeys((*first.interpolated, *second.interpolated))),
        raw_input=first.raw_input or second.raw_input,
        builders=tuple(dict.fromkeys((*first.builders, *second.builders))),
        loaded=first.loaded & second.loaded,
    )


def _either(first: tuple[Predicate, ...], second: tuple[Predicate, ...]) -> tuple[Predicate, ...]:
    united = on_both_ways(first, second)
    every = dict.fromkeys(united.get(p, p) for p in (*first, *second))
    known = {*united.values()}
    return tuple(p if p in known or (p in first and p in second) else replace(p, optional=True) for p in every)


def _once(tables: Iterable[Ref]) -> tuple[Ref, ...]:
    return tuple({ref.key: ref for ref in tables}.values())
