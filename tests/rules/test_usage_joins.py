"""From which side of a join the rows are found."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Bound, Comparison, Join, Place, Predicate, QueryFact, SortKey, Verb
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.rules._usage.joins import links_of

_CASES, _NOTES = Ref.of_table("cases"), Ref.of_table("notes")


def _query(*predicates: Predicate) -> QueryFact:
    """Cases with their notes, the newest ten of them."""
    return QueryFact(
        Verb.SELECT,
        _CASES,
        Place("app.py:run"),
        Origin("app.py", 1),
        "sql",
        tables=(_CASES, _NOTES),
        joins=(Join(((_CASES.column("id"), _NOTES.column("case_id")),)),),
        predicates=predicates,
        ordering=(SortKey(_CASES.column("created_at"), descending=True),),
        limit=Bound(10),
    )


def test_a_limit_leaves_few_rows_to_join() -> None:
    (link,) = links_of(_query(), _NOTES)
    assert (link.columns, link.few) == (("case_id",), True)


def test_a_limit_comes_after_what_is_compared_on_the_joined_side() -> None:
    assert links_of(_query(Predicate(_NOTES.column("author_id"), Comparison.EQUAL)), _NOTES) == ()


def test_both_sides_compared_may_lead_either_way() -> None:
    here = Predicate(_NOTES.column("author_id"), Comparison.EQUAL)
    there = Predicate(_CASES.column("owner_id"), Comparison.EQUAL)
    (link,) = links_of(_query(here, there), _NOTES)
    assert (link.columns, link.drivers) == (("case_id",), (_CASES.column("owner_id"),))


def test_an_outer_join_begins_with_the_first_table() -> None:
    there = Predicate(_CASES.column("owner_id"), Comparison.EQUAL)
    here = Predicate(_NOTES.column("author_id"), Comparison.EQUAL, of_join=True)
    outer = replace(_query(here, there), joins=(Join(((_CASES.column("id"), _NOTES.column("case_id")),), outer=True),))
    assert [link.columns for link in links_of(outer, _NOTES)] == [("case_id",)]
    assert links_of(outer, _CASES) == ()


def test_an_outer_join_to_rows_that_where_needs_is_an_inner_one() -> None:
    here = Predicate(_NOTES.column("author_id"), Comparison.EQUAL)
    outer = replace(_query(here), joins=(Join(((_CASES.column("id"), _NOTES.column("case_id")),), outer=True),))
    assert [link.columns for link in links_of(outer, _CASES)] == [("id",)]


def test_rows_without_a_partner_are_looked_for() -> None:
    here = Predicate(_NOTES.column("case_id"), Comparison.IS_NULL)
    outer = replace(_query(here), joins=(Join(((_CASES.column("id"), _NOTES.column("case_id")),), outer=True),))
    assert links_of(outer, _CASES) == ()
