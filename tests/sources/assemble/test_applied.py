"""Lists of applied migrations with names that no tool writes: compared, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbarchitect.catalog.migrations import History, Migration
from dbarchitect.sources.applied import with_applied

TOOLS = ("django", "alembic", "prisma", "drizzle", "flyway", "goose", "sqlx", "diesel", "supabase", "rails", "dbmate",
         "sql", "golang-migrate", "sql-migrate", "unheard-of")  # fmt: skip
NAMES = ("", "²", "٣", "9" * 5000, "-1", "1e9", "None", "x'; --", "\u202e", "\ud800", "a\0b", "shop.", ".", "V", "U²")


def history(tool: str, *names: str) -> History:
    migrations = tuple(
        Migration(name, name, parents=names[number - 1 : number] if number else (), replaces=names[:1] * (number == 2))
        for number, name in enumerate(names)
    )
    return History(tool, migrations)


@pytest.mark.parametrize("tool", TOOLS)
@given(
    listed=st.lists(st.sampled_from(NAMES) | st.text(max_size=8)), there=st.lists(st.sampled_from(NAMES), unique=True)
)
def test_any_names(tool: str, listed: list[str], there: list[str]) -> None:
    marked = with_applied(history(tool, *there), dict.fromkeys(TOOLS, listed))
    assert [m.name for m in marked.migrations] == there
    assert len(marked.unknown) <= len(listed)


def test_heads_of_a_circle() -> None:
    migrations = (Migration("a", "a", parents=("b",)), Migration("b", "b", parents=("a",)), Migration("c", "c"))
    marked = with_applied(History("alembic", migrations), {"alembic": ["a", "gone"]})
    assert [m.applied for m in marked.migrations] == [True, True, False]
    assert marked.unknown == ("gone",)


def test_numbers_that_are_none_mark_nothing_as_applied() -> None:
    marked = with_applied(history("golang-migrate", "000001_a", "000002_b"), {"golang-migrate": ["²", "x"]})
    assert [m.applied for m in marked.migrations] == [False, False]
