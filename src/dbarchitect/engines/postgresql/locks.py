"""What statements cost that are no change of the schema, or of a part of it that the model leaves out.

Source: https://www.postgresql.org/docs/current/explicit-locking.html and the page of each statement. A test asks a
server which locks it really takes.
"""

from __future__ import annotations

from dbarchitect.catalog.cost import Cost

ACCESS_EXCLUSIVE = "ACCESS EXCLUSIVE"
_MANUAL = "https://www.postgresql.org/docs/current/"
_ALL_WAIT = "readers and writers wait"
_WRITERS_WAIT = "writers wait, readers do not"
_CHANGES_WAIT = "only vacuum and other changes of the schema wait"
_ROWS_WAIT = "whoever changes the same rows waits until the end of the transaction"


def exclusive(page: str = "sql-altertable.html", *, rewrites: bool = False, scans: bool = False) -> Cost:
    """ACCESS EXCLUSIVE."""
    return Cost(ACCESS_EXCLUSIVE, rewrites, scans or rewrites, _ALL_WAIT, _MANUAL + page)


def share(page: str = "sql-createindex.html", *, scans: bool = True) -> Cost:
    """SHARE: building an index."""
    return Cost("SHARE", scans=scans, blocks=_WRITERS_WAIT, source=_MANUAL + page)


def share_row_exclusive(page: str = "sql-altertable.html") -> Cost:
    """SHARE ROW EXCLUSIVE: switching triggers."""
    return Cost("SHARE ROW EXCLUSIVE", blocks=_WRITERS_WAIT, source=_MANUAL + page)


def beside_work(page: str = "sql-altertable.html", *, scans: bool = False) -> Cost:
    """SHARE UPDATE EXCLUSIVE: whatever goes on beside readers and writers."""
    return Cost("SHARE UPDATE EXCLUSIVE", scans=scans, blocks=_CHANGES_WAIT, source=_MANUAL + page)


def refreshed_beside_readers() -> Cost:
    """REFRESH MATERIALIZED VIEW CONCURRENTLY."""
    page = _MANUAL + "sql-refreshmaterializedview.html"
    return Cost("EXCLUSIVE", scans=True, blocks="readers do not wait, other refreshes do", source=page)


def of_rows(page: str, *, all_rows: bool = False, changes: bool = False) -> Cost:
    """INSERT, UPDATE, DELETE: of all rows, or of some."""
    return Cost("ROW EXCLUSIVE", all_rows and changes, all_rows, _ROWS_WAIT, _MANUAL + page)


def taken(mode: str) -> Cost:
    """LOCK TABLE."""
    waiting = {
        "ACCESS EXCLUSIVE": _ALL_WAIT,
        "EXCLUSIVE": _WRITERS_WAIT,
        "SHARE ROW EXCLUSIVE": _WRITERS_WAIT,
        "SHARE": _WRITERS_WAIT,
        "SHARE UPDATE EXCLUSIVE": _CHANGES_WAIT,
    }
    return Cost(mode, blocks=waiting.get(mode, "hardly anybody waits"), source=_MANUAL + "sql-lock.html")


def none(page: str) -> Cost:
    """No lock on a table."""
    return Cost(None, blocks="nobody waits", source=_MANUAL + page)
