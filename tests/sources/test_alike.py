"""Two readings are the same only where every field is, those included that `==` passes over."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.types import parse_type
from dbarchitect.sources.alike import alike


def column(line: int) -> Column:
    return Column("name", parse_type("text"), origin=Origin("models.py", line))


def test_a_place_that_equality_passes_over_counts() -> None:
    assert column(3) == column(4)
    assert alike(column(3), column(3))
    assert not alike(column(3), column(4))


def test_what_is_deep_inside_counts() -> None:
    def nested(line: int) -> object:
        return ({"a": [MappingProxyType({"b": (column(1), column(line))})]}, frozenset({1, 2}))

    assert alike(nested(9), nested(9))
    assert not alike(nested(9), nested(8))


def test_kinds_keys_and_lengths_count() -> None:
    assert not alike((1, 2), [1, 2])
    assert not alike((1, 2), (1, 2, 3))
    assert not alike({"a": 1}, {"b": 1})
    assert not alike(1, True)
    assert alike(replace(column(3), comment="x"), replace(column(3), comment="x"))
    assert not alike(replace(column(3), comment="x"), column(3))
