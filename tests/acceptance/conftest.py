"""A server as strict as one in production: it asks for passwords, and writes down every statement."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from support.badinput import PASSWORD

from dbarchitect.engines.postgresql.server import (
    START_TIMEOUT,
    Server,
    find_binaries,
    initialise,
    unprivileged_account,
)
from dbarchitect.errors import ShadowUnavailable
from dbarchitect.shadow.cache import reachable_binaries
from dbarchitect.shadow.folder import new_folder

SETTINGS = {"log_statement": "all", "log_min_messages": "warning", "log_min_error_statement": "error",
            "log_line_prefix": "%a|%u|", "track_counts": "on"}  # fmt: skip
ADMISSION = "local all postgres trust\nlocal all barred reject\nlocal all all scram-sha-256\n"


@dataclass(frozen=True)
class StrictServer:
    """`sockets` is the folder of its socket; in `log` every statement stands after `application|user|`."""

    server: Server
    sockets: Path
    log: Path

    def database(self, name: str, script: str) -> None:
        """Make a database and run a script in it, as the superuser."""
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as connection:
            connection.execute(f"create database {name}".encode())
        with psycopg.connect(self.server.url(name), autocommit=True) as connection:
            connection.execute(script.encode())

    def admin(self, name: str) -> psycopg.Connection[tuple[object, ...]]:
        """A session of the superuser."""
        return psycopg.connect(self.server.url(name), autocommit=True)

    def url(self, name: str, user: str, password: str = PASSWORD) -> str:
        """How `user` connects."""
        return f"postgresql://{user}:{quote(password, safe='')}@/{name}?host={quote(str(self.sockets), safe='')}"


@pytest.fixture(scope="session")
def strict() -> Iterator[StrictServer]:
    """The server, with the roles `auditor` and `barred`, whose passwords are PASSWORD."""
    try:
        account = unprivileged_account()
        found = find_binaries()
        folder = new_folder(account)
    except ShadowUnavailable as error:
        pytest.skip(error.message)
    if not found:
        pytest.skip("no PostgreSQL here")
    try:
        with reachable_binaries(found[0], account) as programs:
            data = folder.subfolder("d", account) / "data"
            initialise(programs, data, account)
            (data / "pg_hba.conf").write_text(ADMISSION)
            sockets = folder.subfolder("s", account)
            with Server(programs, data, sockets, account=account, settings=SETTINGS) as server:
                strict_server = StrictServer(server, sockets, server.log)
                with strict_server.admin("postgres") as connection:
                    for role in ("auditor", "barred"):
                        password = PASSWORD.replace("'", "''")
                        connection.execute(f"create role {role} login password '{password}'".encode())
                yield strict_server
    finally:
        folder.remove()


class _Standby(Server):
    """A server that never ends its recovery, and answers questions meanwhile."""

    def _wait_until_ready(self, process: subprocess.Popen[bytes], before: list[str]) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline and process.poll() is None:
            now = self._postmaster_file()
            if now != before and len(now) > 7 and now[7].strip() in {"standby", "ready"}:
                return
            time.sleep(0.005)
        pytest.fail(f"the standby did not start: {self.log.read_text(errors='replace')}")


@contextmanager
def standby(script: str) -> Iterator[str]:
    """The URL of a standby of a server in which the script was run."""
    account = unprivileged_account()
    folder = new_folder(account)
    settings = {"wal_level": "replica", "log_min_messages": "warning"}
    try:
        with reachable_binaries(find_binaries()[0], account) as programs:
            data = folder.subfolder("d", account) / "data"
            initialise(programs, data, account)
            sockets = folder.subfolder("s", account)
            with (
                Server(programs, data, sockets, account=account, settings=settings) as server,
                psycopg.connect(server.url("postgres"), autocommit=True) as connection,
            ):
                connection.execute(script.encode())
            (data / "standby.signal").touch()
            with _Standby(programs, data, sockets, account=account, settings=settings) as server:
                yield server.url("postgres")
    finally:
        folder.remove()
