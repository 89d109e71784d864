"""Children that the program deletes by hand, one table after the other, before it deletes the row they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, QueryFact, Verb
from dbarchitect.rules._code.joined import cleared_before, deletions_of, is_general
from dbarchitect.rules._code.reach import is_backstage_kind
from dbarchitect.rules._code.written import is_of_tests
from dbarchitect.rules._schema.on_delete import Sibling

_SEVERAL = 2
"""Tables of which one place has to know."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """A place that deletes a row of `parent` after the rows of several tables that refer to it, each with the statement
    that deletes them."""

    parent: Table
    deletion: QueryFact
    children: tuple[tuple[Sibling, QueryFact], ...]


def cleared_by_hand(code: Code | None, unsaid: Iterable[tuple[Sibling, Table]]) -> Iterator[ByHand]:
    """The places that do by hand for several tables what ON DELETE would do, the most of each parent; of the references
    that leave it to the default."""
    by_parent: dict[tuple[str, ...], tuple[Table, list[Sibling]]] = {}
    for sibling, parent in unsaid:
        by_parent.setdefault(parent.ref.key, (parent, []))[1].append(sibling)
    for parent, siblings in by_parent.values():
        deletions = [each for each in deletions_of(code, parent.ref) if not is_general(code, each)] if code else []
        places = [_at(code, parent, place, siblings) for place in deletions] if code else []
        best = max(places, key=lambda place: len(place.children), default=None)
        if best is not None and len(best.children) >= _SEVERAL:
            yield best


def _at(code: Code, parent: Table, deletion: QueryFact, siblings: Iterable[Sibling]) -> ByHand:
    found: list[tuple[Sibling, QueryFact]] = []
    at_work = not is_backstage_kind(code.function(deletion.place)) and not is_of_tests(deletion.origin.path)
    for sibling in siblings if at_work else ():
        clearing = cleared_before(code, deletion, sibling.table.ref.over(sibling.key.columns))
        if clearing is not None and clearing.verb is Verb.DELETE and not clearing.place.loops:
            found.append((sibling, clearing))
    return ByHand(parent, deletion, tuple(found))
