"""Servers that need more than the shared ones have."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from dbarchitect.engines.postgresql.server import Binaries, find_binaries, read_binaries
from dbarchitect.shadow.postgresql import PostgresqlShadow

_SERVERS = runpy.run_path(str(Path(__file__).parents[2] / "servers.py"))


def _with_extensions() -> Iterator[Binaries]:
    for folder in reversed(_SERVERS["installed"]().values()):
        binaries = read_binaries(folder, "npm")
        if binaries is not None:
            yield binaries
    yield from find_binaries()


@pytest.fixture(scope="session")
def with_statements() -> Iterator[PostgresqlShadow]:
    """A server that counts statements and asks everybody but the superuser for a password."""
    for binaries in _with_extensions():
        libraries = [*binaries.bindir.parent.glob("lib/**/pg_stat_statements.so")]
        system = Path("/usr/lib/postgresql") / str(binaries.version) / "lib" / "pg_stat_statements.so"
        if libraries or (binaries.origin == "system" and system.exists()):
            with PostgresqlShadow(binaries, settings={"shared_preload_libraries": "pg_stat_statements"}) as shadow:
                yield shadow
            return
    pytest.skip("no PostgreSQL with pg_stat_statements here")
