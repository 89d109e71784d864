"""The SQL of a migration: replayed into the state, each statement recorded."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from dbarchitect.catalog.migrations import OperationKind
from dbarchitect.catalog.refs import Diagnostic, Origin, Ref
from dbarchitect.sources.alembic.state import State
from dbarchitect.sources.recorded import shortened
from dbarchitect.sources.sqlfiles import sqlite
from dbarchitect.sources.sqlfiles.masking import masked
from dbarchitect.sources.sqlfiles.postgresql import replay as postgresql
from dbarchitect.sources.sqlfiles.statements import is_data, split
from dbarchitect.sources.sqlfiles.text import SqlText

_REPLAYED = frozenset({"postgresql", "sqlite"})
_MISSING = re.compile(r"there is no table (?:(?P<schema>[^\s.]+)\.)?(?P<name>[^\s%{]+) in the statements before")
_QUERY = re.compile(r"(?:\s++|--[^\n]*+\n|/\*.*?\*/)*+(?:SELECT|SHOW|EXPLAIN|VALUES)\b", re.IGNORECASE | re.DOTALL)
ALTERS = re.compile(r"(?i)\balter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?[`\"]?(\w+)")
_MOST_ASSUMED = 3
"""Tables that one statement can name."""


@dataclass(frozen=True)
class Embedded(SqlText):
    """SQL inside another file: everything in it is where the call that runs it stands."""

    place: Origin = field(default=Origin())

    def origin(self, start: int, end: int) -> Origin:  # noqa: ARG002 - all of it is at one place
        """The place of the call, whatever the span."""
        return self.place


def run_sql(state: State, sql: str, *, bound: bool = False) -> None:
    """Replay statements that the call in `state.said` runs.

    `bound`: the text is SQLAlchemy's (`text(…)`), in which `\\:` stands for a colon.
    """
    text = (sql.replace("\\:", ":") if bound else sql).strip()
    if not text:
        return
    place = state.said.origin
    source = Embedded(place.path or "", text.encode("utf-8", "replace"), place.digest or "", place=place)
    if state.engine.name not in _REPLAYED:
        _only_recorded(state, source, text)
        return
    for statement in _statements(source) if state.engine.name == "postgresql" else (source,):
        _run(state, statement)


def _statements(source: Embedded) -> tuple[Embedded, ...]:
    """The statements one by one; the text as it is where it cannot be cut."""
    spans = tuple(split(source.data, rows=True))
    if len(spans) < 2 or any(span.problem is not None for span in spans):
        return (source,)
    return tuple(replace(source, data=source.data[span.start : span.end]) for span in spans)


def _run(state: State, source: Embedded) -> None:
    known = len(state.record.operations)
    found = _replayed(state, source)
    for _ in range(_MOST_ASSUMED):
        missing = next((m for d in found if (m := _MISSING.match(d.text)) is not None), None)
        if missing is None or len(found) > 1:
            break
        del state.record.operations[known:]  # once more, with the table that was there before the first migration
        state.assume(state.schema.key(missing["schema"], missing["name"]))
        found = _replayed(state, source)
    query = _QUERY.match(source.data.decode("utf-8", "replace"))
    for diagnostic in found:
        if not query and not _of_assumed(state, diagnostic.text):
            state.report(diagnostic.text, diagnostic.origin)


def _replayed(state: State, source: Embedded) -> list[Diagnostic]:
    replay = postgresql.replay if state.engine.name == "postgresql" else sqlite.replay
    return list(replay(state.schema, source, state.record))


def _of_assumed(state: State, text: str) -> bool:
    """Whether a problem is that an assumed table lacks something: it does not, only nothing tells."""
    return any(text.startswith((f"{name} has no ", f"{name} has a ")) for _, name in state.assumed)


def _only_recorded(state: State, source: Embedded, text: str) -> None:
    """SQL of an engine whose dialect is not read; which table it alters, so that nobody says what that lacks."""
    data = is_data(source.data) or _QUERY.match(text)
    altered = ALTERS.match(text)
    table = state.find(altered[1], None) if altered is not None else None
    if table is not None:
        state.noted(OperationKind.RUN_CODE, table.ref)
    elif not _QUERY.match(text):
        state.noted(OperationKind.OTHER, Ref.database())
    if not data:
        state.report(f"SQL of {state.engine.name} is not followed: {shortened(masked(text))[:80]}")
