"""Reading a SQLite database changes nothing in its folder, whatever state the database is in, and fails in words."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.sqlite import ENGINE
from dbarchitect.engines.sqlite.connect import database_path
from dbarchitect.errors import TargetError

OPTIONS = ReadOptions(lock_timeout=0.2, statement_timeout=20.0)


def make(path: Path, journal_mode: str = "delete", rows: int = 100) -> Path:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma synchronous = off")
    connection.execute(f"pragma journal_mode = {journal_mode}")
    connection.execute("begin")
    connection.execute("create table item (id integer primary key, name text not null)")
    connection.executemany("insert into item (name) values (?)", [(str(n),) for n in range(rows)])
    connection.execute("commit")
    connection.close()
    return path


def snapshot(folder: Path) -> dict[str, str]:
    """Every file with its hash; of -shm, which all readers share as a notebook of locks, only that it is there."""
    return {
        p.name: "" if p.name.endswith("-shm") else hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.iterdir())
    }


@contextmanager
def another_process(script: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process that prints one line when it is ready, and lives until the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()


HOLD = """
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("pragma synchronous = off")
for statement in sys.argv[2:]:
    c.execute(statement)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("journal_mode", ["delete", "truncate", "persist", "memory", "wal"])
def test_a_closed_database_stays_as_it_is(tmp_path: Path, journal_mode: str) -> None:
    path = make(tmp_path / "app.db", journal_mode)
    before = snapshot(tmp_path)
    reading = ENGINE.read(str(path), OPTIONS)
    assert [t.name for t in reading.catalog.tables] == ["item"]
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("journal_mode", ["delete", "wal"])
def test_a_read_only_folder_can_be_read(tmp_path: Path, journal_mode: str) -> None:
    folder = tmp_path / "mounted"
    folder.mkdir()
    path = make(folder / "app.db", journal_mode)
    path.chmod(0o444)
    folder.chmod(0o555)
    try:
        before = snapshot(folder)
        assert len(ENGINE.read(f"sqlite:///{path}", OPTIONS).catalog.tables) == 1
        assert snapshot(folder) == before
    finally:
        folder.chmod(0o755)


def test_a_wal_database_in_use_is_read_with_what_is_in_its_log(tmp_path: Path) -> None:
    path = make(tmp_path / "app.db", "wal")
    with another_process(HOLD, str(path), "pragma wal_autocheckpoint = 0", "create table late (a)"):
        before = snapshot(tmp_path)
        assert set(before) == {"app.db", "app.db-wal", "app.db-shm"}
        assert [t.name for t in ENGINE.read(str(path), OPTIONS).catalog.tables] == ["item", "late"]
        assert snapshot(tmp_path) == before


def test_a_log_left_by_a_crash_is_read_from_a_copy(tmp_path: Path) -> None:
    path = make(tmp_path / "app.db", "wal")
    left = tmp_path / "left"
    left.mkdir()
    with another_process(HOLD, str(path), "pragma wal_autocheckpoint = 0", "create table late (a)"):
        for suffix in ("", "-wal"):
            shutil.copy(tmp_path / f"app.db{suffix}", left)
    before = snapshot(left)
    assert [t.name for t in ENGINE.read(str(left / "app.db"), OPTIONS).catalog.tables] == ["item", "late"]
    assert snapshot(left) == before


def test_an_exclusive_lock_without_a_write_does_not_hinder(tmp_path: Path) -> None:
    path = make(tmp_path / "app.db")
    with another_process(HOLD, str(path), "begin exclusive"):
        assert len(ENGINE.read(str(path), OPTIONS).catalog.tables) == 1


def test_a_writer_in_the_middle_of_its_commit_is_waited_for_and_named(tmp_path: Path) -> None:
    path = make(tmp_path / "app.db")
    with another_process(HOLD, str(path), "begin exclusive", "create table half (a)"):
        before = snapshot(tmp_path)
        started = time.monotonic()
        with pytest.raises(TargetError, match="locked by a writer"):
            ENGINE.read(str(path), OPTIONS)
        assert 0.1 < time.monotonic() - started < 5
        assert snapshot(tmp_path) == before


def test_a_lock_that_ends_in_time_is_waited_out(tmp_path: Path) -> None:
    path = make(tmp_path / "app.db")
    script = HOLD.replace("sys.stdin.read()", "import time; time.sleep(0.3); c.execute('commit'); sys.stdin.read()")
    with another_process(script, str(path), "begin exclusive", "create table half (a)"):
        reading = ENGINE.read(str(path), ReadOptions(lock_timeout=5.0))
        assert [t.name for t in reading.catalog.tables] == ["half", "item"]


def test_a_write_cut_off_is_named_and_left_to_the_application(tmp_path: Path) -> None:
    path = make(tmp_path / "app.db", rows=1500)
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    writes = ("pragma cache_size = 2", "begin immediate", "update item set name = name || 'x'")
    with another_process(HOLD, str(path), *writes):
        for suffix in ("", "-journal"):
            shutil.copy(tmp_path / f"app.db{suffix}", crashed)
    before = snapshot(crashed)
    with pytest.raises(TargetError, match="without writing to it"):
        ENGINE.read(str(crashed / "app.db"), OPTIONS)
    assert snapshot(crashed) == before


def test_the_locks_of_our_own_process_survive(tmp_path: Path) -> None:
    """Closing any descriptor of a file drops all the process's POSIX locks on it: the audit may open none itself."""
    path = make(tmp_path / "app.db")
    ours = sqlite3.connect(path, isolation_level=None)
    ours.execute("begin immediate")
    ENGINE.read(str(path), OPTIONS)
    probe = (
        f"import sqlite3; sqlite3.connect({str(path)!r}, timeout=0, isolation_level=None).execute('begin immediate')"
    )
    answer = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    ours.close()
    assert "database is locked" in answer.stderr


def test_a_database_that_changes_while_it_is_read_is_read_again(tmp_path: Path) -> None:
    path = make(tmp_path / "app.db")
    stop = threading.Event()

    def write() -> None:
        connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        connection.execute("pragma synchronous = off")
        number = 0
        while not stop.is_set() and number < 30:
            connection.execute(f"create table t{number} (a references item)")
            number += 1
            time.sleep(0.005)
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(10):
            names = [
                t.name for t in ENGINE.read(str(path), ReadOptions(lock_timeout=10)).catalog.tables if t.name != "item"
            ]
            assert sorted(names, key=lambda n: int(n[1:])) == [f"t{i}" for i in range(len(names))]
    finally:
        stop.set()
        writer.join()


def test_what_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    (tmp_path / "text.db").write_text("hello " * 1000)
    (tmp_path / "encrypted.db").write_bytes(hashlib.sha256(b"seed").digest() * 512)
    cases = {
        "missing.db": "No such file",
        "empty.db": "is empty",
        "text.db": "not a SQLite database, or it is encrypted",
        "encrypted.db": "not a SQLite database, or it is encrypted",
        ".": "is a directory",
        "text.db/below": "Not a directory",
    }
    for name, words in cases.items():
        with pytest.raises(TargetError, match=words):
            ENGINE.read(str(tmp_path / name), OPTIONS)
    with pytest.raises(TargetError, match="in memory"):
        ENGINE.read("sqlite://", OPTIONS)
    with pytest.raises(TargetError, match="in memory"):
        ENGINE.read("sqlite:///:memory:", OPTIONS)


def test_a_corrupted_file_is_refused_in_words(tmp_path: Path) -> None:
    path = make(tmp_path / "app.db")
    raw = bytearray(path.read_bytes())
    raw[100:4096] = b"\xff" * (4096 - 100)
    path.write_bytes(raw)
    with pytest.raises(TargetError, match="corrupted"):
        ENGINE.read(str(path), OPTIONS)
    path.write_bytes(raw[:1000])
    with pytest.raises(TargetError):
        ENGINE.read(str(path), OPTIONS)


def test_names_that_are_not_utf8_are_read_or_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    connection = sqlite3.connect(path)
    connection.executescript("create table item (a); create view broken as select gone from item;")
    connection.close()
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"select gone", b"select g\xeane"))
    reading = ENGINE.read(str(path), OPTIONS)
    assert [t.name for t in reading.catalog.tables] == ["item"]
    assert any("broken" in d.text for d in reading.diagnostics)
    for name in (b"item (a)", b"table item"):
        path.write_bytes(raw.replace(name, name.replace(b"t", b"\xea", 1)))
        try:
            ENGINE.read(str(path), OPTIONS)
        except TargetError as error:
            assert str(path) in error.message


def test_a_circle_of_links_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.db").symlink_to(tmp_path / "b.db")
    (tmp_path / "b.db").symlink_to(tmp_path / "a.db")
    with pytest.raises(TargetError, match=r"a\.db"):
        ENGINE.read(str(tmp_path / "a.db"), OPTIONS)


def test_a_file_that_may_not_be_read_is_refused_in_words() -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        path = make(folder / "app.db")
        path.chmod(0)
        folder.chmod(0o755)
        if os.geteuid() == 0:  # root may read everything: be nobody for a moment
            os.seteuid(65534)
        try:
            with pytest.raises(TargetError, match="permission denied"):
                ENGINE.read(str(path), OPTIONS)
        finally:
            os.seteuid(os.getuid())
    finally:
        shutil.rmtree(folder)


def test_reading_is_boxed_in_time(tmp_path: Path) -> None:
    path = tmp_path / "many.db"
    connection = sqlite3.connect(path)
    tables = "".join(f"create table t{n} (a, b, c, d, e, f);" for n in range(2000))
    connection.executescript(f"begin; {tables} commit;")
    connection.close()
    with pytest.raises(TargetError, match="took longer than"):
        ENGINE.read(str(path), ReadOptions(statement_timeout=0.001))


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("app.db", "app.db"),
        ("/srv/app.db", "/srv/app.db"),
        ("sqlite:///app.db", "app.db"),
        ("sqlite:///./app.db", "./app.db"),
        ("sqlite:////srv/app.db", "/srv/app.db"),
        ("sqlite+aiosqlite:////srv/app.db?timeout=5", "/srv/app.db"),
        ("sqlite3:///my%20app.db", "my app.db"),
        ("file:app.db?mode=rwc", "app.db"),
        ("file:/srv/a%23b.db", "/srv/a#b.db"),
        ("file:///srv/app.db", "/srv/app.db"),
        ("file://localhost/srv/app.db", "/srv/app.db"),
    ],
)
def test_targets_name_files(target: str, path: str) -> None:
    assert database_path(target) == Path(path)


def test_a_name_with_signs_that_mean_something_in_a_uri(tmp_path: Path) -> None:
    path = make(tmp_path / "what? 50% #1 é.db")
    assert len(ENGINE.read(str(path), OPTIONS).catalog.tables) == 1
