"""What tells a text that makes tables from any other, however it is written."""

from __future__ import annotations

import time

import pytest

from dbarchitect.sources.embedded.texts import is_schema


@pytest.mark.parametrize(
    "text",
    [
        b"CREATE TABLE notes (id integer)",
        b"\n  -- notes of a user\n\n  -- in order\n  create table notes (id integer)",
        b"create unique index notes_of on notes (owner)",
        b"ALTER TABLE notes ADD COLUMN owner integer",
        b"PRAGMA foreign_keys = on; CREATE TABLE notes (id integer, owner text); ",
    ],
)
def test_a_text_that_makes_something(text: bytes) -> None:
    assert is_schema(text)


@pytest.mark.parametrize(
    "text",
    [
        b"select 1",
        b"-- create table notes (id integer)",
        b"To create table notes, run the migrations; they take a minute.",
        b"begin; create table notes )( ;",
        b"then create table notes (id integer)",
    ],
)
def test_a_text_that_makes_nothing(text: bytes) -> None:
    assert not is_schema(text)


@pytest.mark.parametrize("part", [b"-", b"--\n", b"-- \n ", b"x create table (", b" create table ", b"alter table "])
def test_long_separators_and_hostile_texts_take_no_time(part: bytes) -> None:
    """A line of dashes, as programs print them, once took time that grew by seven with every four."""
    begun = time.process_time()
    is_schema(b"- " + part * 20_000)
    is_schema(part * 20_000)
    assert time.process_time() - begun < 2
