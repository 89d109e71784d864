"""Rows of many keys that one query gets at once."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.queries import Code, Comparison, Fetch, Idiom, Operand, QueryFact, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Strength
from dbarchitect.rules._code.queries import distinct, queries_by_function, queries_of
from dbarchitect.rules._code.telling import as_evidence
from dbarchitect.rules._schema.shape import foreign_keys_over
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules._usage.requests import asked_by_requests

_FEWEST = 2
_SHOWN = 10
_NAMED = 6
_MANY = frozenset({Fetch.ALL, Fetch.ITERATED})


def batches(rule: str, survey: Survey, code: Code) -> Iterable[Strength]:
    """The queries of requests that get the rows of many keys at once, where a loop would ask for each."""
    requested = asked_by_requests(survey)
    found = [
        query
        for query in queries_of(survey)
        if query.place.function in requested and not query.place.loops and _is_batch(query, survey)
    ]
    found = [query for query in found if not _is_inside(query, code)]
    if len(found) >= _FEWEST:
        tables = list(dict.fromkeys(str(query.table) for query in found))
        rest = [count(len(tables) - _NAMED, "more table")] if len(tables) > _NAMED else []
        text = (
            f"{count(len(found), 'query', 'queries')} of requests get the rows of many keys at once (`in`), not one by "
            f"one: of {listed([*tables[:_NAMED], *rest])}."
        )
        evidence = tuple(as_evidence(query, str(query.table)) for query in distinct(found)[:_SHOWN])
        yield Strength(rule, Ref.database(), text, evidence)


def _is_inside(query: QueryFact, code: Code) -> bool:
    """Whether a query is written inside another one: relations that the library loads for all rows by itself."""
    start, end = query.origin.start, query.origin.end
    return any(
        other.origin.path == query.origin.path
        and (other.origin.start, other.origin.end) != (start, end)
        and (other.origin.start or 0) <= (start or 0)
        and (end or 0) <= (other.origin.end or 0)
        for other in queries_by_function(code).get(query.place.function, ())
    )


def _is_batch(query: QueryFact, survey: Survey) -> bool:
    """Whether a query gets rows by keys that the program gathered: `in` with values, on a key or a reference."""
    if query.verb is not Verb.SELECT or query.fetch not in _MANY or query.idiom is Idiom.LAZY_RELATION:
        return False
    for predicate in query.predicates:
        table = survey.catalog.table(predicate.column)
        if predicate.comparison is not Comparison.IN or predicate.operand is not Operand.PARAMETER or table is None:
            continue
        columns = predicate.column.columns
        if not predicate.optional and (table.is_key(columns) or foreign_keys_over(table, columns)):
            return True
    return False
