"""Rows that one place uses again where it finds them, and that another makes without looking."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from dbarchitect.catalog.queries import Code, Fetch, QueryFact, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.rules._code.reach import callers, calls_of
from dbarchitect.rules._code.written import makings
from dbarchitect.rules._keys.assumed import AssumedKey, Reliance, Use
from dbarchitect.rules._names import phrases

_GIVEN = phrases("name, title, label")
"""What people call things: as many as they like may be called alike. What another system numbered is one thing."""
_LOOKS = frozenset({Verb.SELECT, Verb.UPSERT})


def is_only_reused(code: Code, table: Ref, key: AssumedKey, use: Use) -> bool:
    """Whether a place spares itself a second row alone (an import that takes the folder of that name where there is
    one): it goes on with the first row of that name that it finds, and elsewhere such rows are made without a look.

    Where a row that is found is refused, or an error where there are two, the place says that there must be one.
    """
    look = use.query
    if use.reliance is not Reliance.LOOKED_THEN_MADE or look.fetch is not Fetch.FIRST or look.attributes == ():
        return False
    if not any(_GIVEN.ends(name) for name in key.columns):
        return False
    wanted = frozenset(name.casefold() for name in key.columns)
    looking = _looking(code, table, wanted)
    return any(
        query.verb is Verb.INSERT
        and query.place.function not in looking
        and wanted <= _given(query)
        and looking.isdisjoint(_beside(code, query.place.function))
        for query in makings(code, table)
    )


@lru_cache(maxsize=256)
def _looking(code: Code, table: Ref, wanted: frozenset[str]) -> frozenset[str]:
    """The functions that look for a row by all of some columns."""
    return frozenset(
        query.place.function
        for query in code.about(table)
        if query.verb in _LOOKS
        and wanted <= {ref.columns[0].casefold() for ref in (*(p.column for p in query.predicates), *query.key)
                       if ref.columns and ref.table_key == table.table_key}
    )  # fmt: skip


def _given(query: QueryFact) -> set[str]:
    return {a.column.columns[0].casefold() for a in query.assignments if a.column.columns and not a.optional}


def _beside(code: Code, function: str) -> Iterator[str]:
    """What calls a function, and what it calls: one of them may look for it."""
    yield from (call.caller.function for call in callers(code).get(function, ()))
    yield from (call.callee for call in calls_of(code).get(function, ()))
