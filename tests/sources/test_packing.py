"""Objects come back from their bytes as they were."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import pytest

from dbarchitect.catalog.queries import Comparison, Predicate
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.sources.alike import alike
from dbarchitect.sources.discover import SourceFile
from dbarchitect.sources.packing import forget, packed


@dataclass(frozen=True, slots=True)
class Named:
    """A field of its own kind each: plain, by keyword alone, made by itself."""

    name: str
    number: int = field(default=0, kw_only=True)
    length: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "length", len(self.name))


@dataclass(frozen=True, slots=True)
class One:
    """A single field that is a tuple."""

    parts: tuple[int, ...]


@pytest.mark.parametrize(
    "found",
    [
        MappingProxyType({"a": MappingProxyType({"b": (1, None)})}),
        Named("name", number=3),
        One((1, 2)),
        Ref.of_table("user", "shop").column("mail"),
        Origin("a.py", 3),
        SourceFile("a/B.TS", 7, Path("/a/B.TS"), (7, 1, 2, 3)),
        {frozenset({"a", "b"}): [{1: b"bytes"}]},
    ],
)
def test_it_comes_back(found: object) -> None:
    again = pickle.loads(packed(found))
    assert alike(found, again)


def test_what_is_only_remembered_is_left_out() -> None:
    ref = Ref.of_table("user")
    before = packed(ref)
    assert ref.key
    assert packed(ref) == before


def test_what_many_queries_have_alike_is_there_once() -> None:
    asked = [Predicate(Ref.of_table("user").column("mail"), Comparison.EQUAL, constants=("x",)) for _ in range(100)]
    again = pickle.loads(packed(asked))
    forget()
    assert alike(asked, again)
    assert len({id(predicate) for predicate in again}) == 1


def test_what_differs_only_in_what_no_comparison_sees_stays_two() -> None:
    column = Ref.of_table("user").column("mail")
    asked = [Predicate(column, Comparison.EQUAL), Predicate(column, Comparison.EQUAL, along=(column,))]
    again = pickle.loads(packed(asked))
    forget()
    assert asked[0] == asked[1]
    assert alike(asked, again)


def test_what_is_told_twice_is_written_once() -> None:
    ref = Ref.of_table("a_table_with_a_long_name")
    assert len(packed([ref] * 100)) < len(packed([ref])) + 400
