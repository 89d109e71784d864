"""Which columns the code joins with which, and where it deletes rows: what it knows of references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from dbarchitect.catalog.queries import Code, Comparison, FunctionKind, Operand, QueryFact, Verb
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.rules._code.queries import queries_by_function
from dbarchitect.rules._code.reach import callers, calls_of
from dbarchitect.rules._code.written import is_of_tests

Pair = tuple[tuple[str, ...], tuple[str, ...]]


def joins_of(code: Code | None, column: Ref, other: Ref) -> tuple[QueryFact, ...]:
    """The queries that join two columns, whichever of them is named first."""
    return joins_by_pair(code).get(_pair(column, other), ()) if code is not None else ()


@lru_cache(maxsize=4)
def joins_by_pair(code: Code) -> Mapping[Pair, tuple[QueryFact, ...]]:
    """The queries of the application at work by the pairs of columns that they join."""
    found: dict[Pair, list[QueryFact]] = {}
    for query in code.queries:
        if not _counts(code, query):
            continue
        for left, right in dict.fromkeys(_pairs(query)):
            found.setdefault(_pair(left, right), []).append(query)
    return {pair: tuple(queries) for pair, queries in found.items()}


@lru_cache(maxsize=4)
def joined_columns_of(code: Code) -> Mapping[tuple[str, ...], tuple[Ref, Ref]]:
    """Every pair of columns that some query joins, each once, with its columns as they were first named."""
    found: dict[tuple[str, ...], tuple[Ref, Ref]] = {}
    for query in code.queries:
        if _counts(code, query):
            for left, right in _pairs(query):
                one, other = _pair(left, right)
                found.setdefault((*one, *other), (left, right))
    return found


def _pairs(query: QueryFact) -> Iterator[tuple[Ref, Ref]]:
    for join in query.joins:
        if len(join.pairs) == 1:
            yield join.pairs[0]
    for predicate in query.predicates:
        plain = predicate.comparison is Comparison.EQUAL and predicate.operand is Operand.COLUMN
        if plain and predicate.other is not None and predicate.function is None and not predicate.negated:
            yield predicate.column, predicate.other


def _pair(left: Ref, right: Ref) -> Pair:
    one, other = sorted((left.key, right.key))
    return one, other


def _counts(code: Code, query: QueryFact) -> bool:
    function = code.function(query.place)
    return not is_of_tests(query.origin.path) and (function is None or function.kind is not FunctionKind.MIGRATION)


@lru_cache(maxsize=4)
def _deletions(code: Code) -> Mapping[tuple[str, ...], tuple[QueryFact, ...]]:
    found: dict[tuple[str, ...], list[QueryFact]] = {}
    for query in code.queries:
        if query.verb is Verb.DELETE and query.table is not None and _counts(code, query):
            found.setdefault(query.table.key, []).append(query)
    return {table: tuple(queries) for table, queries in found.items()}


def deletions_of(code: Code | None, table: Ref) -> tuple[QueryFact, ...]:
    """The places that delete rows of a table."""
    return _deletions(code).get(table.table_ref.key, ()) if code is not None else ()


def is_general(code: Code, deletion: QueryFact) -> bool:
    """Whether the statement stands in a method that several tables' classes share: it deletes the rows of whichever it
    is called for, and says nothing of what goes before what. A text of SQL names its tables, however many."""
    named = deletion.as_text or deletion.library == "sql"
    return not named and len(_tables_by_statement(code).get(deletion.origin, ())) > 1


@lru_cache(maxsize=4)
def _tables_by_statement(code: Code) -> Mapping[Origin, frozenset[tuple[str, ...]]]:
    found: dict[Origin, set[tuple[str, ...]]] = {}
    for table, queries in _deletions(code).items():
        for query in queries:
            found.setdefault(query.origin, set()).add(table)
    return {origin: frozenset(tables) for origin, tables in found.items()}


def cleared_before(code: Code, deletion: QueryFact, columns: Ref) -> QueryFact | None:
    """The statement of the same function, of one that calls it, or of one that either calls before, that deletes the
    rows of other columns' table that refer by them, or takes the reference out of them, before the row that they refer
    to is deleted: together, or one by one in a loop over them."""
    function, position = deletion.place.function, deletion.place.position
    found = _cleared(code, function, position, columns)
    for call in callers(code).get(function, ()) if found is None else ():
        found = found or _cleared(code, call.caller.function, call.caller.position, columns)
    found = found or _cleared_by_calls(code, function, position, columns)
    for call in callers(code).get(function, ()) if found is None else ():
        found = found or _cleared_by_calls(code, call.caller.function, call.caller.position, columns)
    return found


def _cleared_by_calls(code: Code, function: str, before: int, columns: Ref) -> QueryFact | None:
    calls = (call for call in calls_of(code).get(function, ()) if call.caller.position < before)
    return next((done for call in calls if (done := _cleared(code, call.callee, None, columns)) is not None), None)


def _cleared(code: Code, function: str, before: int | None, columns: Ref) -> QueryFact | None:
    looked_up = False
    for query in queries_by_function(code).get(function, ()):
        if query.table is None or query.table.key != columns.table_ref.key:
            continue
        if before is not None and query.place.position >= before:
            continue
        asked = {p.column.columns[0] for p in query.predicates if p.column.table_ref.key == columns.table_ref.key}
        refers = bool(asked & set(columns.columns))
        each = looked_up and any(loop.rows for loop in query.place.loops)
        if query.verb in {Verb.DELETE, Verb.UPDATE} and (refers or each):
            return query
        looked_up = looked_up or (query.verb is Verb.SELECT and refers)
    return None
