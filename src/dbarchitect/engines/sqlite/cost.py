"""What changes do to a busy SQLite database. There is one lock: whoever writes, writes alone.

Source: https://www.sqlite.org/lockingv3.html, https://www.sqlite.org/lang_altertable.html
"""

from __future__ import annotations

from dbarchitect.catalog.cost import Cost
from dbarchitect.catalog.members import Index
from dbarchitect.change.operations import Add, Change, CreateTable, DropColumn, DropTable, RunSql, SetTableOptions
from dbarchitect.engines.sqlite.render import in_place

_LOCK = "EXCLUSIVE"
_WRITERS = "every writer of the database waits; without WAL, every reader too while it is committed"
_ALTER = "https://www.sqlite.org/lang_altertable.html"
_LOCKING = "https://www.sqlite.org/lockingv3.html"


def cost(change: Change) -> Cost:
    """What the change does to a busy database, whatever state that is in."""
    if isinstance(change, SetTableOptions):
        return Cost(None)
    if isinstance(change, RunSql):
        return Cost(_LOCK, rewrites=True, scans=True, blocks=_WRITERS, source=_LOCKING)
    if not in_place(change):
        return Cost(
            _LOCK,
            rewrites=True,
            scans=True,
            blocks=f"{_WRITERS}; as long as the table is copied",
            source=f"{_ALTER}#otheralter",
        )
    if isinstance(change, DropColumn):  # every row is written again without the column
        return Cost(_LOCK, rewrites=True, scans=True, blocks=_WRITERS, source=f"{_ALTER}#altertabdropcol")
    if isinstance(change, Add) and isinstance(change.member, Index):
        return Cost(_LOCK, scans=True, blocks=_WRITERS, source="https://www.sqlite.org/lang_createindex.html")
    if isinstance(change, CreateTable):
        return Cost(None, source=_LOCKING)
    source = "https://www.sqlite.org/lang_droptable.html" if isinstance(change, DropTable) else _LOCKING
    return Cost(_LOCK, blocks=_WRITERS, source=source)
