"""What is proposed for SQL that is written as text is SQL, whatever library runs it."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Comparison, Operand, Place, Predicate, QueryFact, Verb
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.rules.queries._forms import for_all_at_once, way_of

VOTES = Ref.of_table("votes")
QUERY = QueryFact(
    Verb.SELECT,
    VOTES,
    Place("app/db.py:votes", 0),
    Origin("app/db.py", 3),
    "sqlalchemy",
    "connection.execute(text(query), values)",
    predicates=(Predicate(VOTES.column("review_id"), Comparison.EQUAL, Operand.PARAMETER),),
)


def test_a_text_is_answered_with_sql() -> None:
    text = replace(QUERY, as_text=True)
    assert (way_of(QUERY), way_of(text)) == ("sqlalchemy", "sql")
    assert "`where review_id in (…)`" in for_all_at_once(text)
    assert "`.where(….review_id.in_(…))`" in for_all_at_once(QUERY)
