"""SQL that a program holds as text, whatever its language: read once, made a draft; and what is pasted into it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.queries import EventKind
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.sql import Hole, SqlQuery, StatementKind, Unreadable, read_sql

Parts = tuple[str | Hole, ...]
"""A text, and in turn what is put into it that only the running program knows."""

ENDS = {StatementKind.COMMIT: EventKind.COMMIT, StatementKind.ROLLBACK: EventKind.ROLLBACK}
"""The statements that end a transaction."""

_LONGEST_WITH_WAYS = 2_500
"""Characters of the longest text that is read once for each text that it may come to."""
_COMMENT = re.compile(r"--[^\n]*")
_LITERAL = re.compile(r"'(?:[^']++|'')*'")
_BEFORE = r"(?:(?:[=<>]|\b(?:like|ilike|between|and|in\s*+\())\s*+|\bvalues\s*+\([^()]*)"
_KEY = re.compile(r"(?:(?:^|[_.])(?:id|pk)|[a-z0-9]I[dD])(?:\(…?\))?$")


class Texts:
    """Reads texts of SQL, each once for each catalog."""

    def __init__(self) -> None:
        self._read: dict[tuple[int, Parts], tuple[SqlQuery, ...] | Unreadable] = {}

    def read(self, parts: Parts, catalog: Catalog) -> tuple[SqlQuery, ...]:
        """The statements of a text. Raises `Unreadable`."""
        key = (id(catalog), parts)
        if key not in self._read:
            try:
                self._read[key] = read_sql(parts, catalog)
            except Unreadable as error:
                self._read[key] = error
        found = self._read[key]
        if isinstance(found, Unreadable):
            raise found.with_traceback(None)
        return found

    def any_of(self, ways: Sequence[Parts], catalog: Catalog) -> tuple[SqlQuery, ...]:
        """The statements of a text that may come to one of several, the fullest first. Raises `Unreadable` where none
        of them can be read."""
        found: tuple[SqlQuery, ...] | None = None
        problem: Unreadable | None = None
        for parts in ways:
            try:
                queries = self.read(parts, catalog)
            except Unreadable as error:
                problem = problem or error
            else:
                found = queries if found is None else _either(found, queries)
                if not any(query.tables for query in queries) or _is_long(parts):
                    break  # about nothing that we know, or too dear to be read again
        if found is None and problem is not None:
            raise problem
        return found or ()

    def told(
        self, ways: Sequence[Parts], catalog: Catalog, origin: Origin, diagnostics: list[Diagnostic]
    ) -> tuple[SqlQuery, ...]:
        """The same; none, and a Diagnostic, where it cannot be read."""
        try:
            return self.any_of(ways, catalog)
        except Unreadable as error:
            diagnostics.append(Diagnostic(origin, f"SQL that could not be read: {error}"))
            return ()


def _is_long(parts: Parts) -> bool:
    return sum(len(part) for part in parts if isinstance(part, str)) > _LONGEST_WITH_WAYS


def _either(first: tuple[SqlQuery, ...], second: tuple[SqlQuery, ...]) -> tuple[SqlQuery, ...]:
    """The statements of a text that is the one or the other: those about one table are one statement."""
    found = list(first)
    for number, query in enumerate(second):
        before = first[number] if number < len(first) else None
        if before is not None and (before.kind, before.verb, before.table) == (query.kind, query.verb, query.table):
            found[number] = _one_or_other(before, query)
        else:
            found.append(query)
    return tuple(found)


def _one_or_other(first: SqlQuery, second: SqlQuery) -> SqlQuery:
    """A statement that is the one or the other, as the program decides: what only one of them has is optional."""
    if first == second:
        return first
    predicates = dict.fromkeys((*first.predicates, *second.predicates))
    ordering = dict.fromkeys((*first.ordering, *second.ordering))
    assignments = dict.fromkeys((*first.assignments, *second.assignments))
    return replace(
        first,
        tables=tuple(dict.fromkeys((*first.tables, *second.tables))),
        predicates=tuple(
            p if p in first.predicates and p in second.predicates else replace(p, optional=True) for p in predicates
        ),
        joins=tuple(dict.fromkeys((*first.joins, *second.joins))),
        ordering=tuple(
            k if k in first.ordering and k in second.ordering else replace(k, optional=True) for k in ordering
        ),
        limit=first.limit and second.limit,
        columns=first.columns if first.columns == second.columns else None,
        assignments=tuple(
            a if a in first.assignments and a in second.assignments else replace(a, optional=True) for a in assignments
        ),
        locks=first.locks and second.locks,
        dynamic=tuple(dict.fromkeys((*first.dynamic, *second.dynamic))),
        reads=tuple(dict.fromkeys((*first.reads, *second.reads))),
        holes=tuple(dict.fromkeys((*first.holes, *second.holes))),
    )


def drafted(query: SqlQuery, library: str, origin: Origin) -> Draft:
    """The draft that says what a statement says."""
    return Draft(
        library,
        origin,
        query.verb,
        table=query.table,
        joined=query.tables,
        predicates=query.predicates,
        joins=query.joins,
        grouping=query.grouping,
        ordering=query.ordering,
        limit=query.limit,
        offset=query.offset,
        columns=query.columns,
        aggregates=query.aggregates,
        assignments=query.assignments,
        key=query.key,
        distinct=query.distinct,
        locks=query.locks,
        idiom=query.idiom,
        dynamic=query.dynamic,
        as_text=True,
    )


def is_pasted(hole: Hole, text: str) -> bool:
    """Whether a hole stands where a value belongs: in quotes, after a comparison, in a list of values. A key that is
    in no quotes is a number."""
    text = _COMMENT.sub("", text)
    mark = "{" + hole.text + "}"
    if any(mark in literal[0] for literal in _LITERAL.finditer(text)):
        return True
    bare = re.search(rf"{_BEFORE}{re.escape(mark)}(?![\w.\"]|\s*\()", text, re.IGNORECASE) is not None
    return bare and _KEY.search(hole.text) is None
