"""Of one call that stands for the methods of several classes, one method runs: what two of them do never meets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbarchitect.catalog.queries import CallFact, Place, QueryFact, Verb
from dbarchitect.catalog.refs import Kind, Origin, Ref
from dbarchitect.rules._code.units import Happening

AT = Origin("app/pages.py", 7, start=100, end=120)
CALL = CallFact(Place("app/pages.py:Page.answer"), "app/pages.py:NewOwner.process", AT)
OTHER_CLASS = replace(CALL, callee="app/pages.py:NewParcel.process")


def _made_by(*way: CallFact) -> Happening:
    function = way[-1].callee if way else CALL.caller.function
    table = Ref(Kind.TABLE, None, "owners")
    query = QueryFact(Verb.INSERT, table, Place(function), Origin("app/pages.py", 20), "sqlalchemy")
    return Happening(query, way, (), (), (), (), None)


@pytest.mark.parametrize(
    ("later", "apart"),
    [
        ((OTHER_CLASS,), True),
        ((CALL,), False),
        ((replace(OTHER_CLASS, origin=replace(AT, line=9, start=140, end=150)),), False),
        ((replace(OTHER_CLASS, callee="app/pages.py:NewParcel.__init__"),), False),
        ((), False),
    ],
    ids=["another class's", "the same", "another call", "another method", "its own"],
)
def test_what_two_ways_do(later: tuple[CallFact, ...], apart: bool) -> None:
    assert _made_by(CALL).excludes(_made_by(*later)) is apart
    assert _made_by(*later).excludes(_made_by(CALL)) is apart
