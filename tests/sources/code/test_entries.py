"""Dictionaries whose entries are known, and what is known of their entries."""

from __future__ import annotations

from dataclasses import fields

import pytest

from dbarchitect.sources.code.values import Entries

HELD = [field.name for field in fields(Entries) if field.name not in {"open", "branch"}]


def known() -> Entries:
    """One of which something is known by each of its fields."""
    return Entries(
        {"a": None}, optional={"a": ("",)}, nullable={"a"}, present={"a"}, unasked={"a": lambda: True}, missing={"a"}
    )


@pytest.mark.parametrize("held", HELD)
def test_a_twin_knows_the_same_and_is_changed_by_itself(held: str) -> None:
    one = known()
    other = one.twin()
    assert getattr(one, held) == getattr(other, held)
    getattr(other, held).clear()
    assert getattr(one, held)


def test_asking_a_twin_leaves_the_other_to_be_asked() -> None:
    one = Entries({"a": None}, unasked={"a": lambda: True})
    assert one.twin().is_present("a")
    assert one.is_present("a")
