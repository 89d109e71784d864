"""The engines by name. Each is imported when it is first asked for, so that a command pays for one only."""

from __future__ import annotations

from dbarchitect.engines.base import Engine
from dbarchitect.errors import UsageError

READABLE = ("postgresql", "sqlite")


def engine(name: str) -> Engine:
    """The engine of that name. Raises `UsageError` when dbarchitect does not know it."""
    if name == "postgresql":
        from dbarchitect.engines.postgresql import ENGINE as POSTGRESQL

        return POSTGRESQL
    if name == "sqlite":
        from dbarchitect.engines.sqlite import ENGINE as SQLITE

        return SQLITE
    raise UsageError(f"unknown engine {name!r}", hint=f"Use one of: {', '.join(READABLE)}.")
