"""What was met on several ways through the code counts as it was understood best."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Code, Comparison, Fetch, Place, Predicate, QueryFact, Verb
from dbarchitect.catalog.refs import Kind, Origin, Ref
from dbarchitect.rules._code.queries import queries_at_work

NOTES = Ref(Kind.TABLE, None, "notes")
TITLE = Predicate(NOTES.column("title"), Comparison.EQUAL)
WHOLE = QueryFact(
    Verb.SELECT,
    NOTES,
    Place("app/notes.py:by_title"),
    Origin("app/notes.py", 4, start=40, end=90),
    "sqlalchemy",
    predicates=(Predicate(NOTES.column("owner_id"), Comparison.EQUAL), TITLE),
    fetch=Fetch.ONE,
)
PARTLY = replace(WHOLE, predicates=(TITLE,), dynamic=("where",))


def _at_work(*queries: QueryFact) -> tuple[QueryFact, ...]:
    return queries_at_work(Code(queries, {}))


def test_a_second_account_with_conditions_missing_is_none() -> None:
    assert _at_work(WHOLE, PARTLY) == (WHOLE,)
    assert _at_work(PARTLY) == (PARTLY,)


def test_what_tells_something_else_stays() -> None:
    others = (
        replace(PARTLY, predicates=(Predicate(NOTES.column("body"), Comparison.EQUAL),)),
        replace(PARTLY, origin=Origin("app/notes.py", 9, start=140, end=190)),
        replace(PARTLY, verb=Verb.DELETE),
        replace(PARTLY, interpolated=("title",)),
        replace(PARTLY, predicates=()),
        replace(PARTLY, dynamic=("order by",)),
    )
    for other in others:
        assert _at_work(WHOLE, other) == (WHOLE, other)
