"""What was seen is only moved where places of a file keep their order, and nothing else is otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dbarchitect.catalog.queries import BEFORE_FUNCTION, Fetch, FunctionFact, HandlerFact, Place
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.records import Recorder
from dbarchitect.sources.moved import Elsewhere, Moves


def at(line: int, path: str = "a.py", column: int = 1) -> Origin:
    start = line * 10 + column
    return Origin(path, line, column, line, column + 5, start, start + 5)


def seen(*lines: int, function: str = "a.py:f", path: str = "a.py", branch: str = "7.0") -> Recorder:
    recorder = Recorder()
    for line in lines:
        place = Place(function, branch=(branch,), handlers=(at(line + 1, path),))
        recorder.query(Draft("sql", at(line, path)), place, at(line, path), Fetch.ALL, "select")
        recorder.handler(HandlerFact(function, at(line + 1, path), at(line, path)))
    recorder.functions[function] = FunctionFact(function, at(lines[0], function.partition(":")[0]))
    recorder.added.update(at(line, path) for line in lines)
    return recorder


def test_places_that_move_together_are_only_moved() -> None:
    moves = Moves()
    assert seen(3, 9).is_only_moved(seen(103, 209, branch="107.0"), moves)
    assert moves.keep_order() and moves.files == {"a.py"}
    assert moves.span("a.py", (3, 1, 3, 6)) == (103, 1, 103, 6)
    assert moves.span("b.py", (3, 1, 3, 6)) == (3, 1, 3, 6)
    with pytest.raises(Elsewhere):
        moves.span("a.py", (4, 2, None, None))


def test_what_stands_still_is_no_move() -> None:
    moves = Moves()
    assert seen(3, 9).is_only_moved(seen(3, 9), moves)
    assert moves.keep_order() and not moves.files


@pytest.mark.parametrize(
    "now",
    [
        seen(3),
        seen(3, 9, function="a.py:g"),
        seen(3, 9, path="b.py"),
        seen(3, 9, branch="7.1"),
    ],
    ids=["one fewer", "another function", "another file", "another arm"],
)
def test_what_is_otherwise_is_not_only_moved(now: Recorder) -> None:
    assert not seen(3, 9).is_only_moved(now, Moves())


def test_a_field_that_does_not_count_in_comparisons_counts_here() -> None:
    one, other = seen(3), seen(3)
    for record in other.records.values():
        record.place = replace(record.place, transaction=at(1))
    assert not one.is_only_moved(other, Moves())


def test_places_that_changed_their_order_are_not_only_moved() -> None:
    moves = Moves()
    assert not seen(3, 9).is_only_moved(seen(9, 3), moves) or not moves.keep_order()


def test_two_places_that_became_one_are_not_only_moved() -> None:
    moves = Moves()
    moves.place(at(3), at(5))
    moves.place(at(4, column=7), at(5, column=7))
    assert not moves.keep_order()


def test_what_several_modules_saw_of_a_file_must_move_as_one() -> None:
    one, other = Moves(), Moves()
    one.place(at(3), at(5))
    other.place(at(3), at(6))
    assert one.keep_order() and other.keep_order()
    assert not Moves.of([one, other]).keep_order()


def test_what_belongs_to_a_function_of_another_file_is_not_compared() -> None:
    moves = Moves()
    assert seen(3, path="b.py").is_only_moved(seen(4, path="b.py"), moves)
    assert not moves.keep_order()


def test_a_transaction_that_came_nearer_to_a_function_may_belong_to_it() -> None:
    moves = Moves()
    opened = Origin("a.py", 1, 1, start=0, end=5)
    for now, kept in ((Origin("a.py", 90, 1, start=900), True), (Origin("a.py", 2, 1, start=20), False)):
        moves = Moves()
        before = Origin("a.py", 99, 1, start=BEFORE_FUNCTION + 600)
        moves.place(opened, opened)
        moves.place(before, now)
        moves.opened(opened, opened)
        moves.function("a.py:f", before, now)
        assert moves.keep_order() is kept
