"""Whatever is wrong with a server or a database, `dba audit` says it in words, and changes nothing."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from acceptance.conftest import StrictServer, standby
from support.badinput import SQL, audited, refused, unindexed, write
from support.dba import dba

# ---------------------------------------------------------------------------------------------- PostgreSQL: the way in


def test_a_server_that_refuses_or_is_not_known() -> None:
    refused(dba("audit", "postgresql://u@127.0.0.1:1/x"), "refused", "port")
    refused(dba("audit", "postgresql://u@nowhere.invalid/x"), "nowhere.invalid", "host")
    refused(dba("audit", "postgresql://u@/x?host=/nonexistent"), "/nonexistent")
    refused(dba("audit", "service=no_such_service"), "no_such_service")


def test_a_server_that_accepts_and_stays_silent(tmp_path: Path) -> None:
    write(tmp_path, "dbarchitect.toml", "connect-timeout = 2.0\n")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        result = dba("audit", f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/x", cwd=tmp_path)
        assert time.monotonic() - started < 15
    refused(result, "timeout", "firewall")


def test_a_wrong_password(strict: StrictServer) -> None:
    wrong = "wr0ng-pass€"
    result = dba("audit", "env:URL", URL=strict.url("postgres", "auditor", wrong))
    refused(result, "password authentication failed", "PGPASSWORD")
    assert "wr0ng" not in result.stderr
    refused(dba("audit", strict.url("postgres", "auditor", "").replace(":@", "@")), "password")


def test_unknown_names_and_a_role_that_is_barred(strict: StrictServer) -> None:
    refused(dba("audit", "env:URL", URL=strict.url("nowhere", "auditor")), '"nowhere" does not exist')
    refused(dba("audit", "env:URL", URL=strict.url("postgres", "nobody_here")), "nobody_here")
    refused(dba("audit", "env:URL", URL=strict.url("postgres", "barred")), "pg_hba.conf")


# --------------------------------------------------------------------------------------------- PostgreSQL: the reading

SHOP = SQL + "insert into author values (1, 'a'); create sequence private; analyze;"


def test_a_role_without_any_grant_sees_the_schema_and_hears_what_to_grant(strict: StrictServer) -> None:
    strict.database("bare", SHOP + "revoke all on schema public from public;")
    data = audited("env:URL", URL=strict.url("bare", "auditor"))
    assert data["examined"]["tables"] == 2
    assert unindexed(data) == 1
    (application,) = data["applications"]
    assert application["unseen"]
    grants = [unseen["grant"] for unseen in application["unseen"]]
    assert all("auditor" in grant for grant in grants)
    assert "grant" in dba("audit", "env:URL", URL=strict.url("bare", "auditor")).stdout
    with strict.admin("bare") as connection:
        for grant in grants:
            connection.execute(grant.encode())
    (application,) = audited("env:URL", URL=strict.url("bare", "auditor"))["applications"]
    assert application["unseen"] == []


def test_a_table_that_is_locked_hinders_nobody(strict: StrictServer) -> None:
    strict.database("locked", SHOP + "create view v as select name from author; create table third (id int);")
    with strict.admin("locked") as holder, strict.admin("locked") as other:
        holder.execute("begin")
        holder.execute("lock table author in access exclusive mode")
        started = time.monotonic()
        data = audited("env:URL", URL=strict.url("locked", "auditor"))
        assert time.monotonic() - started < 30
        holder.execute("alter table author add column late text")
        holder.execute("commit")
        other.execute("select count(*) from author")
    told = " ".join(d["text"] for d in data["diagnostics"])
    assert "author" in told and "locked" in told
    assert data["examined"]["tables"] >= 1


def test_a_standby(strict: StrictServer) -> None:
    """It can write nothing, not even numbers of transactions. (That `strict` runs shows that servers can.)"""
    assert strict.log.exists()
    with standby(SQL + "create sequence numbers; select nextval('numbers'); create unlogged table u (a int);") as url:
        data = audited("env:URL", URL=url)
    assert data["examined"]["tables"] == 3
    assert unindexed(data) == 1
    assert not [d for d in data["diagnostics"] if "could not" in d["text"]]


def test_a_statement_that_takes_too_long(strict: StrictServer) -> None:
    strict.database("slow", "".join(f"create table t{n} (a int, b int, c int, d int, e int);" for n in range(1500)))
    started = time.monotonic()
    result = dba("audit", "env:URL", "--statement-timeout", "0.1", URL=strict.url("slow", "auditor"))
    assert time.monotonic() - started < 60
    if result.returncode == 2:
        refused(result, "statement timeout", "more time")
    else:
        assert "statement timeout" in result.stdout or "1500 tables" in result.stdout


@contextmanager
def cut_off(strict: StrictServer, after: int) -> Iterator[int]:
    """A way to the server's socket that breaks when so many bytes have come back; the port."""

    def carry(client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(str(strict.sockets / ".s.PGSQL.5432"))

            def forward() -> None:
                try:
                    while data := client.recv(65536):
                        server.sendall(data)
                except OSError:
                    pass

            threading.Thread(target=forward, daemon=True).start()
            left = after
            while left > 0 and (data := server.recv(min(left, 4096))):
                client.sendall(data)
                left -= len(data)
            for each in (client, server):
                each.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=carry, args=(client,), daemon=True).start()

    listener = socket.create_server(("127.0.0.1", 0))
    with listener:
        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


@pytest.mark.parametrize("after", [1, 600, 3000, 12_000])
def test_a_connection_that_breaks(after: int, strict: StrictServer, tmp_path: Path) -> None:
    if after == 1:
        strict.database("broken", SHOP)
    with cut_off(strict, after) as port:
        url = (
            strict.url("broken", "auditor").partition("?")[0].replace("@/", f"@127.0.0.1:{port}/") + "?sslmode=disable"
        )
        report = tmp_path / "report.json"
        result = dba("audit", "env:URL", "--format", f"json:{report}", URL=url)
    refused(result, "server")
    assert list(tmp_path.iterdir()) == []


def test_a_session_that_is_ended_by_an_administrator(strict: StrictServer) -> None:
    strict.database("ended", "".join(f"create table t{n} (a int, b int, c int);" for n in range(800)))
    done = threading.Event()

    def end() -> None:
        question = b"""select pg_terminate_backend(pid) from pg_stat_activity
                       where application_name = 'dbarchitect' and xact_start is not null"""
        with strict.admin("postgres") as connection:
            while not done.is_set():
                connection.execute(question)

    thread = threading.Thread(target=end)
    thread.start()
    try:
        result = dba("audit", "env:URL", URL=strict.url("ended", "auditor"))
    finally:
        done.set()
        thread.join()
    refused(result, "gain")


# ------------------------------------------------------------------------------------------------------------- SQLite


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A SQLite database of some pages, as a file's content."""
    path = tmp_path_factory.mktemp("sqlite") / "app.db"
    connection = sqlite3.connect(path)
    connection.executescript(SQL)
    connection.executescript("".join(f"create table t{n} (id integer primary key, v text);" for n in range(200)))
    connection.close()
    return path.read_bytes()


def test_files_that_are_no_sqlite_database(database: bytes, tmp_path: Path) -> None:
    middle = len(database) // 2
    half = bytearray(database)
    half[4096:middle] = os.urandom(middle - 4096)
    cases = {
        "empty.db": (b"", "empty"),
        "cut.db": (database[:5000], ""),
        "head.db": (b"SQLite format 4\0" + database[16:], "not a SQLite database"),
        "encrypted.db": (os.urandom(len(database)), "encrypted"),
        "random.db": (bytes(half), ""),
        "short.db": (database[:40], ""),
        "page.db": (database[:16] + b"\xff\xff" + database[18:], ""),
    }
    for name, (content, word) in cases.items():
        path = write(tmp_path, name, content)
        refused(dba("audit", str(path)), name, word)
    refused(dba("audit", f"sqlite:///{tmp_path}"), "directory")
    refused(dba("audit", "sqlite:///missing.db", cwd=tmp_path), "missing.db")
    refused(dba("audit", "missing.db", cwd=tmp_path), "missing.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(cases)


HOLD = """
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    c.execute(statement)
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_database_in_the_hands_of_another_process(database: bytes, tmp_path: Path) -> None:
    locked, logged = write(tmp_path, "locked.db", database), write(tmp_path, "logged.db", database)
    with holding(locked, "begin exclusive", "create table half (a)"):
        started = time.monotonic()
        refused(dba("audit", str(locked)), "locked", "Try again")
        assert time.monotonic() - started < 20
    with holding(logged, "pragma journal_mode = wal", "pragma wal_autocheckpoint = 0", "create table late (a)"):
        assert audited(str(logged))["examined"]["tables"] == 203
        left = tmp_path / "left"
        left.mkdir()
        for name in ("logged.db", "logged.db-wal"):
            shutil.copy(tmp_path / name, left / name)
    assert audited(str(left / "logged.db"))["examined"]["tables"] == 203
    assert sorted(path.name for path in left.iterdir()) == ["logged.db", "logged.db-wal"]


@contextmanager
def holding(path: Path, *statements: str) -> Iterator[None]:
    command = [sys.executable, "-c", HOLD, str(path), *statements]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        try:
            yield
        finally:
            process.kill()


def test_names_of_files_and_folders_that_may_not_be_written(database: bytes, tmp_path: Path) -> None:
    names = ("a b.db", "it's.db", 'say "x".db', "50%25 é😀.db", "what?mode=rw.db", "number#1.db", "-v.db", "a:b.db")
    for name in names:
        write(tmp_path, name, database)
    for name in names:
        assert audited(str(tmp_path / name))["examined"]["tables"] == 202, name
    folder = tmp_path / "read-only"
    write(folder, "app.db", database).chmod(0o444)
    folder.chmod(0o555)
    assert audited(str(folder / "app.db"))["examined"]["tables"] == 202
    folder.chmod(0o755)
