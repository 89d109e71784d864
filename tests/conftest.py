"""Throwaway servers for all tests, each started once per process when a test first asks for it."""

from __future__ import annotations

import os
import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from dbarchitect.errors import ShadowUnavailable
from dbarchitect.shadow import Shadow, open_shadow

_SERVERS = runpy.run_path(str(Path(__file__).with_name("servers.py")))
_MEMORY = Path("/dev/shm")

# A database costs 5 ms in memory, and up to 250 ms on a disk where files are made and removed all the time.
if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > 2**30:
    os.environ.setdefault("DBA_SHADOW_DIRECTORY", str(_MEMORY))

# A test of the cache switches it on for itself, in a folder of its own.
os.environ.setdefault("DBA_CACHE", "0")

# An example that takes long on a busy machine is none that fails. The build machine judges a change, not its luck:
# there the same examples are tried every time.
settings.register_profile("at leisure", deadline=None)
settings.register_profile("build machine", deadline=None, derandomize=True)
settings.load_profile("build machine" if os.environ.get("CI") else "at leisure")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Shadow]:
    """A PostgreSQL server of the version that users get; `database()` is for the test alone."""
    try:
        shadow = open_shadow("postgresql")
    except ShadowUnavailable as error:
        pytest.skip(f"{error.message}. {error.hint}")
    with shadow:
        yield shadow


@pytest.fixture(scope="session")
def sqlite_shadow() -> Iterator[Shadow]:
    """SQLite databases in a folder that goes with the session."""
    with open_shadow("sqlite") as shadow:
        yield shadow


@pytest.fixture(scope="session", params=_SERVERS["MAJORS"], ids="postgresql-{}".format)
def postgresql_every_version(request: pytest.FixtureRequest) -> Iterator[Shadow]:
    """The test runs once for each supported major version; those that are not here are skipped."""
    major: int = request.param
    folder: Path | None = _SERVERS["installed"]().get(major)
    if folder is not None:
        from dbarchitect.engines.postgresql.server import read_binaries
        from dbarchitect.shadow.postgresql import PostgresqlShadow

        binaries = read_binaries(folder, "npm")
        assert binaries is not None, f"the programs in {folder} do not run"
        with PostgresqlShadow(binaries) as shadow:
            yield shadow
        return
    try:
        found = open_shadow("postgresql", major)
    except ShadowUnavailable:
        pytest.skip(f"no PostgreSQL {major} here: python tests/servers.py install {major}")
    with found:
        yield found
