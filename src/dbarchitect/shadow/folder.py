"""Folders for what is thrown away: made in a place where it works, locked while in use, swept when their owner died.

Each has a file `lock`, held by the process that answers for the folder (a guardian, or ourselves). A lock falls with
its process, even by a kill -9; a folder whose lock nobody holds is rubbish, and `sweep` removes it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dbarchitect.engines.postgresql.server import LONGEST_SOCKET_PATH, PORT, Account
from dbarchitect.errors import ShadowUnavailable

PREFIX = "dba-shadow-"
PLACE_VARIABLE = "DBA_SHADOW_DIRECTORY"  # where to put them; a file system in memory makes all much faster
SOCKET_FOLDER = "s"
_GRACE = 60.0  # seconds that a folder without a lock is taken for one that is just being made


@dataclass(frozen=True, slots=True)
class Folder:
    """A locked folder; `lock` is the open file descriptor that holds the lock."""

    path: Path
    lock: int

    def release(self) -> None:
        """Give the lock up: another process holds it, too, or the folder is gone."""
        os.close(self.lock)

    def remove(self) -> None:
        """Remove the folder with all that is in it, and give the lock up."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.release()

    def subfolder(self, name: str, account: Account | None) -> Path:
        """A new folder inside, for `account` (None: ourselves) alone."""
        path = self.path / name
        path.mkdir(mode=0o700)
        if account:
            os.chown(path, account.uid, account.gid)
        return path


def new_folder(account: Account | None, *, for_socket: bool = False) -> Folder:
    """A new locked folder that `account` can enter, in the first place that serves.

    `$DBA_SHADOW_DIRECTORY` is tried first, then the user's temporary directory, then the system's. `for_socket`: its
    path must be short (`fits_socket`). Permissions of the folders above are taken as they are. Raises
    `ShadowUnavailable` where no place serves.
    """
    for base in _places():
        if for_socket and not fits_socket(base / f"{PREFIX}12345678"):
            continue
        if account and not may_enter(account, base):
            continue
        try:
            path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        except OSError:
            continue
        return _locked(path, account)
    message = "no temporary directory serves for a throwaway server"
    raise ShadowUnavailable(message, hint="Set TMPDIR to a folder that can be written to, with a short path.")


def fits_socket(folder: Path) -> bool:
    """Whether a server's socket can be in this folder's `SOCKET_FOLDER`.

    The system limits the length of its path, and drivers take a comma for the end of a host's name.
    """
    if "," in str(folder):
        return False
    return len(os.fsencode(folder / SOCKET_FOLDER / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH


def _locked(path: Path, account: Account | None) -> Folder:
    try:
        lock = os.open(path / "lock.new", os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        (path / "lock.new").rename(path / "lock")  # so that nobody ever sees it without its lock
        if account:
            path.chmod(0o711)
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise
    return Folder(path, lock)


def _places() -> Iterator[Path]:
    places = [os.environ.get(PLACE_VARIABLE, ""), tempfile.gettempdir()]
    places += ["/tmp", "/var/tmp", os.environ.get("XDG_RUNTIME_DIR", ""), "/dev/shm"]  # noqa: S108 - mkdtemp makes it safe
    for place in dict.fromkeys(places):
        if place and Path(place).is_dir():
            yield Path(place).resolve()


def may_enter(account: Account, folder: Path) -> bool:
    """Whether the permissions of `folder` and of all above let this user pass through."""
    for each in (folder, *folder.parents):
        facts = each.stat()
        if facts.st_uid == account.uid:
            allowed = facts.st_mode & stat.S_IXUSR
        elif facts.st_gid == account.gid:
            allowed = facts.st_mode & stat.S_IXGRP
        else:
            allowed = facts.st_mode & stat.S_IXOTH
        if not allowed:
            return False
    return True


def sweep() -> None:
    """Remove our own folders whose owner died, and stop a server that still runs in one."""
    for base in _places():
        try:
            with os.scandir(base) as entries:
                candidates = [Path(entry.path) for entry in entries if entry.name.startswith(PREFIX)]
        except OSError:
            continue
        for path in candidates:
            _sweep_one(path)


def _sweep_one(path: Path) -> None:
    try:
        facts = path.lstat()
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
            return
        lock = os.open(path / "lock", os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        if path.exists() and time.time() - facts.st_mtime > _GRACE:
            shutil.rmtree(path, ignore_errors=True)
        return
    except OSError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _stop_stray_server(path / "data")
        shutil.rmtree(path, ignore_errors=True)
    except BlockingIOError:
        pass  # in use
    finally:
        os.close(lock)


def _stop_stray_server(data: Path) -> None:
    try:
        pid = int((data / "postmaster.pid").read_text(encoding="ascii", errors="replace").split("\n", 1)[0])
    except (OSError, ValueError):
        return
    for strike, patience in ((signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        deadline = time.monotonic() + patience
        if not _runs_in(pid, data):
            return
        os.kill(pid, strike)
        while time.monotonic() < deadline and _runs_in(pid, data):
            time.sleep(0.01)


def _runs_in(pid: int, data: Path) -> bool:
    """Whether this process is the server of that cluster: a number alone may be somebody else's by now."""
    try:
        if sys.platform == "linux":
            return Path(f"/proc/{pid}/cwd").readlink() == data
        words = subprocess.run(
            ["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, errors="replace", check=False
        ).stdout
    except OSError:
        return False
    return f"-D {data} " in words
