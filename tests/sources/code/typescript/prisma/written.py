"""Values written as Python writes them, and queries as text: what tests say and see."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.queries import Assignment, Join, Predicate, QueryFact, SortKey
from dbarchitect.sources.code.typescript.values import UNDEFINED, Const
from dbarchitect.sources.code.values import OPAQUE, SOMEWHERE, Entries, Items, Value

GIVEN = OPAQUE


def value(written: object) -> Value:
    """An object, array or constant; `name?` is an entry that is there on some ways only, `...` what nobody knows."""
    if isinstance(written, dict):
        made = Entries()
        for name, entry in written.items():
            if name == "...":
                made.open = True
                made.entries["?0"] = value(entry)
                continue
            made.entries[name.rstrip("?")] = value(entry)
            if name.endswith("?"):
                made.optional[name.rstrip("?")] = SOMEWHERE
        return made
    if isinstance(written, list):
        return Items([value(item) for item in written if item is not ...], open=... in written)
    if written is None or isinstance(written, str | int | float | bool):
        return Const(written)
    return UNDEFINED if written is ... else written


def predicates(found: Iterable[Predicate]) -> list[str]:
    """Predicates as text: `users.email = ?`, with marks `?` optional, `|` alternative, `!` negated before them."""
    texts = []
    for p in found:
        marks = f"{'?' if p.optional else ''}{'|' if p.alternative else ''}{'!' if p.negated else ''}"
        column = ".".join((str(p.column), *p.path))
        held = str(p.other) if p.other is not None else "/".join(p.constants) or "?"
        texts.append(f"{marks}{column} {p.comparison.value} {held}{' ci' if p.case_insensitive else ''}")
    return texts


def joins(found: Iterable[Join]) -> list[str]:
    """Joins as text."""
    return [f"{'left ' if j.outer else ''}{' and '.join(f'{one} = {other}' for one, other in j.pairs)}" for j in found]


def assignments(found: Iterable[Assignment]) -> list[str]:
    """Assignments as text."""
    return [f"{'?' if a.optional else ''}{a.column} = {'/'.join(a.constants) or a.operand.value}" for a in found]


def ordering(found: Iterable[SortKey]) -> list[str]:
    """Sort keys as text."""
    texts = []
    for key in found:
        column = str(key.column) if key.column is not None else "*"
        column = f"{key.function}({column})" if key.function else column
        texts.append(f"{'?' if key.optional else ''}{column}{' desc' if key.descending else ''}")
    return texts


def told(query: QueryFact) -> str:
    """A query in one line."""
    parts = [query.verb.value, str(query.table)]
    parts += joins(query.joins) and ["join " + ", ".join(joins(query.joins))]
    parts += (query.predicates and ["where " + ", ".join(predicates(query.predicates))]) or []
    parts += (query.assignments and ["set " + ", ".join(assignments(query.assignments))]) or []
    parts += (query.ordering and ["order " + ", ".join(ordering(query.ordering))]) or []
    parts += [f"limit {query.limit.value or '?'}"] if query.limit is not None else []
    parts += [f"dynamic {', '.join(query.dynamic)}"] if query.dynamic else []
    return " ".join(parts)
