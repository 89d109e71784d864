"""Parts of queries that every step of their building shares: what a query holds of another, keys, limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dbarchitect.catalog.queries import Bound, SortKey
from dbarchitect.sources.code.draft import Draft, either
from dbarchitect.sources.code.typescript.builders.conditions import built_of, holding
from dbarchitect.sources.code.typescript.builders.templates import Named
from dbarchitect.sources.code.typescript.builders.values import Column, Derived, EitherQuery
from dbarchitect.sources.code.typescript.values import Const, Undefined
from dbarchitect.sources.code.typescript.vocabulary import Site
from dbarchitect.sources.code.values import Entries, Value

Selected = tuple[tuple[str, Value], ...]
_MOST_WAYS = 8


def sources_of(draft: Draft) -> tuple[Named, ...]:
    """The tables of a query as it names them."""
    found = draft.noted("from")
    return found if isinstance(found, tuple) else tuple((ref, None) for ref in draft.tables)


def selected_of(draft: Draft) -> Selected | None:
    """What a query gives in each row by name; None for whole rows."""
    found = draft.noted("selected")
    return found if isinstance(found, tuple) else None


def either_query(first: Value, second: Value) -> EitherQuery | None:
    """Queries that begin at different places, of which the program runs the one or the other."""
    options: dict[tuple[str | None, int | None], Draft] = {}
    for value in (first, second):
        if not isinstance(value, Draft | EitherQuery):
            return None
        for draft in value.options if isinstance(value, EitherQuery) else (value,):
            place = (draft.origin.path, draft.origin.start)
            options[place] = either(options[place], draft) if place in options else draft
    alike = len({draft.library for draft in options.values()}) == 1
    return EitherQuery(tuple(options.values())[:_MOST_WAYS]) if alike else None


def of_each(value: EitherQuery, step: Callable[[Draft], Value | None], site: Site) -> Value | None:
    """What a step gives for each of several queries, as one value; None where it gives nothing for any."""
    found = [made for made in map(step, value.options) if made is not None]
    if not found:
        return None
    result = found[0]
    for made in found[1:]:
        result = site.interpreter.merged(result, made)
    return result


def folded(draft: Draft, inner: Draft) -> Draft:
    """A draft with what a query inside it reads and demands."""
    new = tuple(p for p in inner.predicates if p not in draft.predicates)
    found = holding(draft.join(*inner.joins).using(*inner.tables).where(*new), built_of(inner))
    return found.unknown("where") if "where" in inner.dynamic else found


def sort_key(key: Column, *, descending: bool = False) -> SortKey:
    """A key of ORDER BY."""
    if key.aggregate is not None:
        return SortKey(None, descending, key.aggregate.function)
    return SortKey(key.column if key.inner is None else None, descending, key.function)


def bound(value: Value | None) -> Bound | None:
    """A LIMIT; None where there is none."""
    match value:
        case None | Undefined() | Const(value=None):
            return None
        case Const(value=known):
            return Bound(known if type(known) is int else None)
        case _:
            return Bound()


def offset(value: Value | None) -> Bound | None:
    """An OFFSET; None where there is none, or it is zero."""
    found = bound(value)
    return None if found is not None and found.value == 0 else found


def united(values: list[Draft | Derived]) -> Draft:
    """`a.union(b)`: what either asks; conditions that only one has are alternatives, as OR is."""
    drafts = [v.draft if isinstance(v, Derived) else v for v in values]
    found = drafts[0]
    for other in drafts[1:]:
        alike = other.table == found.table
        found = either(found.but(origin=other.origin), other) if alike else folded(found, other)
    predicates = tuple(replace(p, optional=False, alternative=p.alternative or p.optional) for p in found.predicates)
    return found.but(origin=drafts[0].origin, predicates=predicates)


def leaves(fields: Selected) -> list[Value]:
    """What is selected, without the objects that it is put into."""
    found: list[Value] = []
    for _, value in fields:
        if isinstance(value, Entries):
            found.extend(leaves(tuple(value.entries.items())))
        else:
            found.append(value)
    return found
