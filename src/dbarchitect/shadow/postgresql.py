"""A throwaway PostgreSQL server."""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from dbarchitect.engines.postgresql.server import Account, Binaries, Server, unprivileged_account
from dbarchitect.errors import ShadowUnavailable
from dbarchitect.shadow import guardian
from dbarchitect.shadow.cache import empty_cluster, first_reason, reachable_binaries
from dbarchitect.shadow.folder import SOCKET_FOLDER, Folder, fits_socket, new_folder, sweep

# What a restricted role starts with. The role may raise all but the limit on temporary files, which is a superuser's
# to change; against the rest only dropping the database helps.
RESTRICTED_SETTINGS = {
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "temp_file_limit": "256MB",
}
RESTRICTED_CONNECTIONS = 10


class PostgresqlShadow:
    """A server of its own over a copy of an empty cluster, with databases numbered from one.

    An ordinary database belongs to the superuser. A restricted one belongs to a role of its own, without superuser
    rights: it can use trusted extensions, and it can neither run programs nor read or write files, create an untrusted
    extension or function, or reach another database. Its statements and temporary files have limits
    (`RESTRICTED_SETTINGS`).
    """

    engine = "postgresql"

    def __init__(self, binaries: Binaries, *, settings: Mapping[str, str] | None = None) -> None:
        """Start the server, with `settings` over our own. Raises `ShadowUnavailable`."""
        self.version = binaries.full_version
        self._numbers = itertools.count(1)
        self._databases: dict[str, str | None] = {}  # name → the role made for it
        self._lock = threading.Lock()
        if not sys.executable:
            raise ShadowUnavailable("a throwaway server needs the Python interpreter as a program of its own")
        account = unprivileged_account()
        sweep()
        self._folders: tuple[Folder, ...] = (new_folder(account),)
        try:
            self._server = self._prepare(binaries, account, settings or {})
            self._server.start()
        except OSError as error:
            self._discard()
            raise ShadowUnavailable(f"a throwaway server cannot be set up: {first_reason(error)}") from error
        except BaseException:
            self._discard()
            raise

    def _prepare(self, binaries: Binaries, account: Account | None, settings: Mapping[str, str]) -> Server:
        (folder,) = self._folders
        if not fits_socket(folder.path):
            self._folders += (new_folder(account, for_socket=True),)
        data = folder.path / "data"
        with reachable_binaries(binaries, account) as programs:
            with empty_cluster(programs, account) as cluster:
                shutil.copytree(cluster, data, symlinks=True)
            if account:
                _give(data, account)
            who = (str(account.uid), str(account.gid)) if account else ("-1", "-1")
            launcher = (sys.executable, "-I", "-S", guardian.__file__, str(os.getpid()), *who)
            return Server(
                programs,
                data,
                self._folders[-1].subfolder(SOCKET_FOLDER, account),
                account=account,
                settings=settings,
                launcher=(*launcher, *(str(each.path) for each in self._folders), "--"),
                keep=tuple(each.lock for each in self._folders),
            )

    def database(self, *, restricted: bool = False) -> str:
        """The URL of a fresh, empty database. Raises `ShadowUnavailable` when the server is gone."""
        number = next(self._numbers)
        name = f"shadow_{number}"
        role = f"shadow_role_{number}" if restricted else None
        statements: list[sql.Composed] = []
        if role:
            owner = sql.Identifier(role)
            statements.append(
                sql.SQL("create role {} login nocreatedb nocreaterole connection limit {}").format(
                    owner, sql.Literal(RESTRICTED_CONNECTIONS)
                )
            )
            statements += (
                sql.SQL("alter role {} set {} = {}").format(owner, sql.Identifier(setting), sql.Literal(value))
                for setting, value in RESTRICTED_SETTINGS.items()
            )
        create = sql.SQL("create database {}").format(sql.Identifier(name))
        if role:
            create += sql.SQL(" owner {}").format(sql.Identifier(role))
        if int(self.version.partition(".")[0]) >= 15:  # before, a copy of files was the only way
            create += sql.SQL(" strategy file_copy").format()
        self._execute([*statements, create])
        with self._lock:
            self._databases[name] = role
        return self._server.url(name, role)

    def drop(self, url: str) -> None:
        """Throw away a database made by `database()`, and the sessions in it. Raises `ValueError` for any other."""
        name = unquote(urlsplit(url).path.removeprefix("/"))
        with self._lock:
            if name not in self._databases:
                raise ValueError(f"not a database of this server: {name}")
            role = self._databases.pop(name)
        statements: list[sql.Composed] = [sql.SQL("drop database {} with (force)").format(sql.Identifier(name))]
        if role:
            statements.append(sql.SQL("drop role {}").format(sql.Identifier(role)))
        self._execute(statements)

    def _execute(self, statements: list[sql.Composed]) -> None:
        try:
            with psycopg.connect(self._server.url("postgres"), autocommit=True, prepare_threshold=None) as connection:
                for statement in statements:
                    connection.execute(statement)
        except psycopg.Error as error:
            words = str(error).strip().partition("\n")[0]
            raise ShadowUnavailable(f"the throwaway server refuses: {words}") from error

    def close(self) -> None:
        """Stop the server and remove its folders."""
        self._server.stop()  # its guardian removes the folders; this is for the case that somebody killed it
        self._discard()

    def _discard(self) -> None:
        folders, self._folders = self._folders, ()
        for folder in folders:
            folder.remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _give(root: Path, account: Account) -> None:
    """Give a tree to another user, the root last: until then it can put nothing into it."""
    for folder, _, names in os.walk(root, topdown=False):
        for name in names:
            os.chown(Path(folder, name), account.uid, account.gid, follow_symlinks=False)
        os.chown(folder, account.uid, account.gid)
