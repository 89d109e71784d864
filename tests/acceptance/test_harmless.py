"""Reading a target does no harm: what is audited is afterwards as it was before, and nothing of it was run."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from acceptance.conftest import StrictServer
from support.badinput import PASSWORD
from support.dba import dba

SHOP = """
create table author (id bigint primary key, name text not null);
create table book (id bigint primary key, author_id bigint not null references author (id), title text, price real);
create index on book ((lower(title))) where price > 3;
create view dear as select title from book where price > 100;
create materialized view titles as select title from book;
create function shout(text) returns text language plpgsql immutable as $$ begin return upper($1); end $$;
create index on author (shout(name));
create sequence numbers;
insert into author select n, 'row content ' || n from generate_series(1, 2000) as n;
insert into book select n, n, 'title ' || n, n from generate_series(1, 2000) as n;
select nextval('numbers');
analyze;
grant select on all tables in schema public to auditor;
grant select on sequence numbers to auditor;
"""
COUNTERS = """
select relname, seq_scan, seq_tup_read, idx_scan, idx_tup_fetch, n_tup_ins, n_tup_upd, n_tup_del, n_live_tup,
       n_mod_since_analyze,
       last_vacuum, last_analyze, vacuum_count, analyze_count
from pg_stat_user_tables order by 1
"""
READS_ONLY = re.compile(
    r"(?:begin isolation level repeatable read read only|set local \w+ = [^;]*|select\b[^;]*|with\b[^;]*|rollback"
    r"|savepoint dbarchitect|rollback to savepoint dbarchitect|release savepoint dbarchitect)\Z",
    re.IGNORECASE,
)


def counters(strict: StrictServer, database: str) -> tuple[object, ...]:
    """What every table has seen so far, and how many transactions have been given a number (asking takes none)."""
    with strict.admin(database) as connection:
        rows = connection.execute(COUNTERS.encode()).fetchall()
        (numbers,) = connection.execute("select pg_snapshot_xmax(pg_current_snapshot())::text").fetchall()
        sequence = connection.execute("select last_value, is_called from numbers").fetchall()
    return rows, numbers, sequence


def said(strict: StrictServer, start: int) -> list[str]:
    """The statements that the audit has sent since a place in the log, without comments and blanks."""
    log = strict.log.read_bytes()[start:].decode("utf-8")
    entries = re.split(r"^(?=[^|\n\t]*\|[^|\n]*\|)", log, flags=re.MULTILINE)
    texts = [
        entry.partition("statement: ")[2]
        for entry in entries
        if entry.startswith("dbarchitect|auditor|LOG:  statement")
    ]
    bare = [re.sub(r"--[^\n]*", "", text).replace("\t", " ") for text in texts]
    return [" ".join(piece.split()) for text in bare for piece in text.split(";") if piece.strip()]


def test_postgresql_sees_read_only_transactions_on_its_catalog_and_nothing_else(strict: StrictServer) -> None:
    strict.database("harmless", SHOP)
    before, start = counters(strict, "harmless"), strict.log.stat().st_size
    result = dba("audit", "env:URL", "--format", "json", URL=strict.url("harmless", "auditor"))
    assert result.returncode == 1, result.stderr
    assert json.loads(result.stdout)["examined"]["tables"] == 2
    for _ in range(50):  # a session hands its counters over when it ends
        time.sleep(0.02)
        assert counters(strict, "harmless") == before
    statements = said(strict, start)
    assert statements[0] == "begin isolation level repeatable read read only"
    assert [s for s in statements if not READS_ONLY.match(s)] == []
    depth = 0
    for statement in statements:
        depth += statement.startswith("begin")
        assert depth == 1, f"outside of the transaction: {statement}"
        depth -= statement == "rollback"
    assert depth == 0
    selects = [s for s in statements if s.startswith(("select", "with"))]
    sources = {
        name for s in selects for name in re.findall(r"(?<!distinct )(?:from|join)\s+(?:only\s+)?([a-z_][\w.]*)", s)
    }
    assert {name for name in sources if "." in name and not name.startswith("pg_catalog.")} == set()
    assert not sources & {"author", "book", "dear", "titles", "numbers"}
    assert "row content" not in result.stdout + result.stderr


def test_postgresql_takes_the_weakest_lock_and_keeps_none_on_a_table(strict: StrictServer) -> None:
    strict.database("locks", SHOP + "".join(f"create table t{n} (id bigint primary key);" for n in range(300)))
    seen: set[tuple[object, ...]] = set()
    done = threading.Event()
    question = b"""
        select l.locktype, l.mode, coalesce(c.relkind::text, '')
        from pg_locks as l join pg_stat_activity as a using (pid) left join pg_class as c on c.oid = l.relation
        where a.application_name = 'dbarchitect'"""

    def watch() -> None:
        with strict.admin("locks") as connection:
            while not done.is_set():
                seen.update(connection.execute(question).fetchall())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        result = dba("audit", "env:URL", URL=strict.url("locks", "auditor"))
    finally:
        done.set()
        watcher.join()
    assert result.returncode in {0, 1}, result.stderr
    assert ("relation", "AccessShareLock", "r") in seen
    # Whoever connects locks the database against being dropped; a sequence's value is asked for with the lock that
    # nextval() takes; a transaction holds its own number.
    usual = {
        ("object", "RowExclusiveLock", ""),
        ("relation", "RowExclusiveLock", "S"),
        ("virtualxid", "ExclusiveLock", ""),
    }
    rest = seen - usual
    assert {(kind, mode) for kind, mode, _ in rest} == {("relation", "AccessShareLock")}


def everything(folder: Path) -> dict[str, tuple[int, int, int, str]]:
    """Every entry below a folder: mode, size, time of change, and what it holds."""
    found = {}
    for path in sorted(folder.rglob("*")):
        about = path.lstat()
        plain = path.is_file() and not path.is_symlink()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if plain else ""
        found[str(path.relative_to(folder))] = (about.st_mode, about.st_size, about.st_mtime_ns, content)
    return found


@pytest.mark.parametrize("mode", ["delete", "wal", "open wal"])
def test_sqlite_is_left_as_it_was(mode: str, tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "app.db"
    path.parent.mkdir()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"pragma journal_mode = {mode.rpartition(' ')[2]}")
    connection.executescript("create table author (id integer primary key); insert into author values (1), (2);")
    connection.execute("create table book (id integer primary key, author_id integer references author)")
    if "open" not in mode:
        connection.close()
    before = everything(path.parent)
    result = dba("audit", str(path))
    assert result.returncode == 1, result.stderr
    assert "book.author_id" in result.stdout
    after = everything(path.parent)
    connection.close()
    if "open" in mode:
        assert "app.db-shm" in before  # the notebook of locks that all readers of an open database share
        del before["app.db-shm"], after["app.db-shm"]
    assert after == before


TRAP = "import pathlib\npathlib.Path({path!r}).write_text('run')\n"
MODELS = """
from django.db import models

class Author(models.Model):
    name = models.CharField(max_length=9)

class Book(models.Model):
    author = models.ForeignKey(Author, on_delete=models.CASCADE, db_index=False)
"""
SETTINGS = "INSTALLED_APPS = ['shop']\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql'}}\n"
TABLES = """
from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import declarative_base
Base = declarative_base()
class Parent(Base):
    __tablename__ = "parent"
    id = Column(Integer, primary_key=True)
class Child(Base):
    __tablename__ = "child"
    id = Column(Integer, primary_key=True)
    parent_id = Column(ForeignKey("parent.id"), nullable=False)
"""
SCHEMA = """
datasource db {
  provider = "postgresql"
  url = env("DATABASE_URL")
}
model Thing {
  id Int @id
}
"""


def repository(root: Path, marker: Path) -> None:
    """A repository each of whose files would make `marker` if it were run, imported or loaded."""
    trap = TRAP.format(path=str(marker))
    write = f"require('fs').writeFileSync({json.dumps(str(marker))}, 'run')\n"
    command = f"\\! touch {marker}\nCOPY (SELECT 1) TO PROGRAM 'touch {marker}';\n"
    files = {
        "web/manage.py": trap,
        "web/web/__init__.py": trap,
        "web/web/settings.py": trap + SETTINGS,
        "web/shop/__init__.py": trap,
        "web/shop/apps.py": trap,
        "web/shop/models.py": trap + MODELS,
        "web/shop/migrations/0001_initial.py": trap,
        "api/models.py": trap + TABLES,
        "api/conftest.py": trap,
        "api/setup.py": trap,
        "api/alembic/env.py": trap,
        "api/requirements.txt": "sqlalchemy\n",
        "conftest.py": trap,
        "setup.py": trap,
        "sitecustomize.py": trap,
        "usercustomize.py": trap,
        "dbarchitect.py": trap,
        "click.py": trap,
        "json.py": trap,
        "node/package.json": json.dumps({"name": "node", "scripts": {"postinstall": f"touch {marker}"}}),
        "node/prisma.config.ts": write,
        "node/drizzle.config.ts": write,
        "node/prisma/schema.prisma": SCHEMA + f'generator client {{\n  provider = "touch {marker}"\n}}\n',
        "sql/schema.sql": command + "create table lone (id bigint primary key);\n",
        ".envrc": f"touch {marker}\n",
        "pyproject.toml": "[build-system]\nrequires = []\n",
    }  # fmt: skip
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if path.suffix in {".py", ".ts"}:
            path.chmod(0o755)
    (root / "link").symlink_to("web")
    (root / ".git" / "hooks").mkdir(parents=True)
    (root / ".git" / "hooks" / "post-checkout").write_text(f"#!/bin/sh\ntouch {marker}\n")
    (root / ".git" / "config").write_text(f"[core]\n\tfsmonitor = touch {marker}\n")


def test_a_repository_is_read_and_neither_changed_nor_run(tmp_path: Path) -> None:
    root, marker = tmp_path / "repository", tmp_path / "it was run"
    repository(root, marker)
    before = everything(root)
    for arguments, cwd in (((str(root),), tmp_path), ((), root)):
        result = dba_apart(*arguments, cwd=cwd)
        assert result[0] == 1, result[2]
        assert result[2] == ""
        data = json.loads(result[1])
        assert {a["framework"] for a in data["applications"]} == {"django", "sqlalchemy", "prisma", "sql"}
        assert data["examined"]["tables"] == 6
        assert not marker.exists()
        assert everything(root) == before


def dba_apart(*arguments: str, cwd: Path) -> tuple[int, str, str]:
    """Run the installed program, as users do: `python -m` would take modules from the folder in which it stands."""
    program = Path(sys.executable).with_name("dba")
    result = subprocess.run(
        [program, "audit", *arguments, "--format", "json"],
        cwd=cwd,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return result.returncode, result.stdout, result.stderr


def test_the_password_is_nowhere(strict: StrictServer, tmp_path: Path) -> None:
    strict.database("secrets", "create table account (id integer primary key, balance real not null);")
    url = strict.url("secrets", "auditor")
    report = tmp_path / "report.json"
    result = dba("audit", url, "--format", "text", "--format", f"json:{report}", "--limit", "0")
    assert result.returncode == 1, result.stderr
    assert "command line" in result.stderr
    encoded = url.partition("auditor:")[2].partition("@")[0]
    for spelling in (PASSWORD, encoded, PASSWORD[:6], encoded[:8]):
        assert spelling not in result.stdout + result.stderr + report.read_text()
