"""What one CREATE statement of SQLite says, as objects of the catalog."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dbarchitect.catalog.members import UNKNOWN_ORIGIN, Index, Trigger
from dbarchitect.catalog.objects import Table, View
from dbarchitect.catalog.refs import Origin

Locate = Callable[[int, int], Origin]
"""Turns a span of the statement's text into the place it was read at."""


def nowhere(_start: int, _end: int) -> Origin:
    """The `Locate` for text that was read from a database's catalog."""
    return UNKNOWN_ORIGIN


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of a statement that was not understood: its offset, and what is wrong."""

    start: int
    text: str


@dataclass(frozen=True, slots=True)
class TableDefinition:
    """A CREATE TABLE or CREATE VIRTUAL TABLE.

    Foreign keys that name no column leave `referenced_columns` empty until `resolve_references` fills them in.
    `module` is the virtual table's; `query` is set for CREATE TABLE … AS SELECT, whose columns only SQLite knows.
    """

    table: Table
    temporary: bool = False
    if_not_exists: bool = False
    module: str | None = None
    query: bool = False
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexDefinition:
    """A CREATE INDEX, and the table it is on."""

    table: str
    index: Index
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class TriggerDefinition:
    """A CREATE TRIGGER, and the table or view it is on."""

    table: str
    trigger: Trigger
    temporary: bool = False
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class ViewDefinition:
    """A CREATE VIEW."""

    view: View
    temporary: bool = False
    if_not_exists: bool = False


Definition = TableDefinition | IndexDefinition | TriggerDefinition | ViewDefinition
