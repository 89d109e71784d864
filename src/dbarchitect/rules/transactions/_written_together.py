"""Writes of one function that last together or not at all."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dbarchitect.catalog.queries import Code, QueryFact, Verb
from dbarchitect.catalog.refs import Origin
from dbarchitect.rules._code.units import Happening, changes, is_own
from dbarchitect.rules.transactions._halves import Pair


@dataclass(frozen=True, slots=True)
class Unit:
    """Writes of one function that last together or not at all, with where they stand in it."""

    function: str
    writes: tuple[QueryFact, ...]
    origin: Origin


def unit_of(code: Code, function: str) -> Unit | None:
    """The transaction that a function opens by name and in which it writes several tables, or one that it empties and
    fills again; of several the one with the most tables."""
    groups: dict[Origin, list[Happening]] = {}
    for _, happening in changes(code, function):
        place = happening.way[0].caller if happening.way else happening.what.place
        opened = place.transaction if is_own(code, place) else None
        if opened is not None and opened == happening.transaction:
            groups.setdefault(happening.transaction, []).append(happening)
    units = [_unit(function, group) for group in groups.values()]
    several = [unit for unit in units if len({query.table for query in unit.writes}) > 1 or _is_anew(unit.writes)]
    return max(several, key=lambda unit: len({query.table for query in unit.writes}), default=None)


def unit_of_pair(function: str, pair: Pair) -> Unit:
    """Two writes that one commit makes last."""
    return Unit(function, (pair.first, pair.second), _around([pair.first.origin, pair.second.origin]))


def _unit(function: str, group: list[Happening]) -> Unit:
    queries = tuple(h.query for h in group if h.query is not None)
    return Unit(function, queries, _around([h.way[0].origin if h.way else h.what.origin for h in group]))


def _is_anew(writes: tuple[QueryFact, ...]) -> bool:
    return {Verb.DELETE, Verb.INSERT} <= {query.verb for query in writes}


def _around(origins: list[Origin]) -> Origin:
    """The lines from the first to the last of places in one file."""
    first = min(origins, key=lambda o: (o.line or 0, o.start or 0))
    last = max((o for o in origins if o.path == first.path), key=lambda o: (o.end_line or o.line or 0, o.end or 0))
    return replace(first, end_line=last.end_line or last.line, end_column=last.end_column, end=last.end)
