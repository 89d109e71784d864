"""Lists that go on after the last row that was shown."""

from __future__ import annotations

from dbarchitect.catalog.queries import Comparison, Operand, QueryFact, Verb
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._code.queries import table_of


def goes_on(query: QueryFact, survey: Survey) -> bool:
    """Whether a sorted list with a limit begins after a row that is known: a key among the sort keys, or, as the first
    page has none, a sort key on some ways only, is compared with a value."""
    if query.verb is not Verb.SELECT or query.limit is None or query.limit.value == 1 or query.offset:
        return False
    table = table_of(query, survey)
    if table is None:
        return False
    keys = {key.column.key for key in query.ordering if key.column is not None}
    after = [p for p in query.predicates if p.comparison is Comparison.RANGE and p.operand is Operand.PARAMETER]
    return any(p.column.key in keys and (p.optional or table.is_key(p.column.columns)) for p in after)
