"""What statements cost that are no change of the schema: SQLite knows one writer, whatever it writes.

Source: https://www.sqlite.org/lockingv3.html and the page of each statement.
"""

from __future__ import annotations

from dbarchitect.catalog.cost import Cost

_WRITERS = "every writer of the database waits; without WAL, every reader too while it is committed"
_LANGUAGE = "https://www.sqlite.org/lang_"


def written(page: str, *, rewrites: bool = False, scans: bool = False) -> Cost:
    """EXCLUSIVE, for as long as the transaction commits; `page` is the statement's in the manual."""
    return Cost("EXCLUSIVE", rewrites, scans or rewrites, _WRITERS, f"{_LANGUAGE}{page}.html")


def none() -> Cost:
    """No lock of its own."""
    return Cost(None, blocks="nobody waits")
