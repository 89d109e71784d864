"""What could not be understood is said once for each place."""

from __future__ import annotations

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.code.told import told_once

HERE, THERE = Origin("a.ts", 3, 5), Origin("a.ts", 9, 5)


def test_many_texts_of_one_place_are_one_message() -> None:
    found = [Diagnostic(HERE, f"SQL that could not be read: {n}") for n in range(40)]
    (told,) = told_once([*found, *found])
    assert told == Diagnostic(HERE, "SQL that could not be read: 0 (and 39 more here)")


def test_other_places_and_other_kinds_stay() -> None:
    found = (Diagnostic(HERE, "SQL that could not be read: x"), Diagnostic(THERE, "SQL that could not be read: x"),
             Diagnostic(HERE, "could not be followed (KeyError)"))  # fmt: skip
    assert told_once(found) == found
