"""What several processes saw becomes one account, in which every query stands once."""

from __future__ import annotations

import pickle

from dbarchitect.catalog.queries import Comparison, Fetch, Operand, Place, Predicate, Use, Verb
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.packing import forget, packed

ORDERS = Ref.of_table("orders")
STATUS = Predicate(ORDERS.column("status"), Comparison.EQUAL, Operand.CONSTANT, ("open",))


def seen(recorder: Recorder, start: int, *uses: Use, verb: Verb = Verb.SELECT) -> None:
    origin = Origin("shop/a.py", start, start=start, end=start + 9)
    draft = Draft.begun("sqlalchemy", origin, verb, table=ORDERS).where(STATUS)
    recorder.query(draft, Place("shop/a.py:f"), origin, Fetch.ALL, "orders()").uses.update(uses)


def sent(recorder: Recorder) -> Recorder:
    """As another process gets it."""
    found: Recorder = pickle.loads(packed(recorder.portable()))
    forget()
    return found


def test_the_same_query_of_two_processes_is_one() -> None:
    first, second, whole = Recorder(), Recorder(), Recorder()
    seen(first, 1, Use.COUNTED)
    seen(second, 1, Use.SORTED)
    seen(second, 1, verb=Verb.DELETE)
    seen(second, 5)
    whole.absorb(sent(first))
    whole.absorb(sent(second))
    queries = whole.code().queries
    assert [(q.origin.start, q.verb, q.uses) for q in queries] == [
        (1, Verb.SELECT, {Use.COUNTED, Use.SORTED}),
        (1, Verb.DELETE, set()),
        (5, Verb.SELECT, set()),
    ]


def test_a_query_that_is_seen_again_when_all_came_together_is_no_other() -> None:
    first, whole = Recorder(), Recorder()
    seen(first, 1)
    seen(whole, 2)
    whole.absorb(sent(first))
    seen(whole, 1, Use.SORTED)
    seen(whole, 2, Use.TESTED)
    assert [(q.origin.start, q.uses) for q in whole.code().queries] == [(1, {Use.SORTED}), (2, {Use.TESTED})]


def test_what_queries_repeat_is_there_once() -> None:
    recorder, whole = Recorder(), Recorder()
    for start in range(1, 50):
        seen(recorder, start)
    whole.absorb(sent(recorder))
    queries = whole.code().queries
    assert len(queries) == 49
    assert len({id(q.predicates) for q in queries}) == len({id(q.uses) for q in queries}) == 1
    assert queries[7].predicates == (STATUS,)


def test_a_recorder_that_saw_nothing_says_so() -> None:
    recorder = Recorder()
    assert not recorder
    recorder.isolated.add(Origin("shop/a.py", 1))
    assert recorder
