"""Secrets that the code encrypts or hashes on the way into a column: in the line that writes them, or before."""

from __future__ import annotations

import re

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, QueryFact, Verb
from dbarchitect.sealed_names import seals

_WRITES = frozenset({Verb.INSERT, Verb.UPDATE, Verb.UPSERT})


def seals_when_written(code: Code | None, table: Table, column: Column) -> bool:
    """Whether a place that writes the column gives it what a function of such a name has made: as far as values are
    followed, or in the very line (`Token(key=hash_key(raw))`, `{"secret": encrypt(value)}`)."""
    if code is None:
        return False
    given = re.compile(rf"\b_?{re.escape(column.name)}[\"']?\s*[=:]\s*(?:await\s+)?([\w.]{{1,200}})\(", re.IGNORECASE)
    return any(
        query.verb in _WRITES
        and (_is_sealed(query, column) or any(seals(called[1]) for called in given.finditer(query.text)))
        for query in code.about(table.ref)
        if query.table is not None and query.table.key == table.ref.key
    )


def _is_sealed(query: QueryFact, column: Column) -> bool:
    name = column.name.casefold()
    return any(a.sealed and a.column.columns and a.column.columns[0].casefold() == name for a in query.assignments)
