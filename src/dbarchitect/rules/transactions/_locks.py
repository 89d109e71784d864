"""Whether rows are kept from others while the code decides what to write to them."""

from __future__ import annotations

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, QueryFact
from dbarchitect.rules._code.reach import callers
from dbarchitect.rules._code.units import happenings
from dbarchitect.rules._names import phrases

_VERSIONS = phrases("version, version id, lock version, row version, optimistic lock, version number, etag")
_FARTHEST = 3


def is_versioned(table: Table) -> bool:
    """True where a column counts the versions of a row, by which a lost update is noticed."""
    return any(_VERSIONS.whole(column.name) for column in table.columns)


def is_locked(code: Code, query: QueryFact) -> bool:
    """Whether rows of a query's table are read with a lock in its function, or in one that calls it; or the database
    refuses the second of two transactions that change a row, by the level at which this one is opened."""
    if query.place.transaction is not None and query.place.transaction in code.isolated:
        return True
    keys, seen = [query.place.function], {query.place.function}
    for _ in range(_FARTHEST):
        for key in keys:
            for happening in happenings(code, key):
                found = happening.query
                if found is not None and found.locks and query.table in {found.table, *found.tables}:
                    return True
        keys = [c.caller.function for k in keys for c in callers(code).get(k, ()) if c.caller.function not in seen]
        seen.update(keys)
    return False
