"""Files of our own in which something is kept for the next run, that nobody else can write or read.

They are written whole or not at all. The folder is `$XDG_CACHE_HOME` (or `~/.cache`) `/dbarchitect/readings`, of which
the latest files are kept. Whatever is wrong with a file, it is as if it were not there.
"""

from __future__ import annotations

import io
import os
import pickle
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from secrets import token_hex

from dbarchitect.sources.packing import compact, forget

MOST_FILES = 120
_MOST_BYTES = 3_000_000_000
_LARGEST = 500_000_000
_DIGEST = 32
_LIBRARIES = ("sqlglot", "tree_sitter", "tree_sitter_postgres", "tree_sitter_python", "tree_sitter_typescript")
"""What reads files for us: with another version of one of them the same file may be read otherwise."""


@cache
def ourselves() -> str:
    """What we are: another version, or an edited one, reads otherwise."""
    words = [sys.version]
    root = Path(__file__).parent.parent
    folders = [str(root)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    folders.append(entry.path)
                elif entry.name.endswith((".py", ".stub", ".json", ".toml", ".sql", ".lark")):
                    words.append(f"{entry.path} {_facts(entry.stat())}")
    for name in _LIBRARIES:
        spec = find_spec(name)
        words.append(f"{name} {_facts(Path(spec.origin).stat()) if spec is not None and spec.origin else None}")
    return sha256("\n".join(sorted(words)).encode("utf-8", "surrogateescape")).hexdigest()


def _facts(facts: os.stat_result) -> str:
    return f"{facts.st_size} {facts.st_mtime_ns} {facts.st_ino}"


def place_of(root: Path) -> Path | None:
    """The file for a project, in a folder of our own; None where there is none that only we can write to."""
    if not hasattr(os, "geteuid"):
        return None
    home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    folder = Path(home) / "dbarchitect" / "readings"
    if not folder.is_absolute():
        return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.is_symlink() or not _is_ours(folder.resolve()):
            return None
    except (OSError, RuntimeError):
        return None
    return folder / sha256(os.fsencode(root)).hexdigest()[:32]


def _is_ours(folder: Path) -> bool:
    """Whether nobody but us and root can put something else in this place, and nobody else can look into it."""
    facts = folder.stat()
    if facts.st_uid != os.geteuid() or facts.st_mode & 0o077:
        return False
    for above in folder.parents:
        facts = above.stat()
        if facts.st_uid not in (0, os.geteuid()):
            return False
        if facts.st_mode & (stat.S_IWOTH | stat.S_IWGRP) and not facts.st_mode & stat.S_ISVTX:
            return False
    return True


@dataclass(frozen=True, slots=True)
class Place:
    """A file of our own for something that is kept, which holds it only under the same `key`."""

    path: Path
    key: str

    def load(self) -> object:
        """What is kept; None where there is nothing that can be trusted, or it was kept under another key."""
        kept = _load(self.path)
        return kept[1] if isinstance(kept, tuple) and len(kept) == 2 and kept[0] == self.key else None

    def save(self, kept: object) -> None:
        """Keep something."""
        _save(self.path, (self.key, kept))


def _load(place: Path) -> object:
    try:
        opened = os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        with os.fdopen(opened, "rb") as file:
            facts = os.fstat(opened)
            if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_mode & 0o077:
                return None
            content = file.read(_LARGEST + 1)
        body, digest = memoryview(content)[:-_DIGEST], content[-_DIGEST:]
        if len(content) > _LARGEST or sha256(body).digest() != digest:
            return None
        kept: object = pickle.loads(body)  # noqa: S301 - our own file: only we can write it, and it is whole
    except Exception:  # noqa: BLE001 - a pickle of another version may raise anything: then there is none
        return None
    finally:
        forget()
    return kept


def _save(place: Path, kept: object) -> None:
    """Write it at once or not at all; that there is no room, or something cannot be kept, is nobody's concern."""
    half = place.with_name(f"{place.name}.{token_hex(8)}.new")
    try:
        opened = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(opened, "wb") as file:
            summed = _Summed(file)
            compact(summed).dump(kept)
            file.write(summed.digest())
        half.replace(place)
        _make_room(place.parent)
    except (OSError, pickle.PicklingError, TypeError, AttributeError, RecursionError):
        with suppress(OSError):
            half.unlink(missing_ok=True)


def _make_room(folder: Path) -> None:
    """Take away the oldest files where there are too many, or they are too large together."""
    with os.scandir(folder) as entries:
        found = sorted(((entry.stat(follow_symlinks=False), entry.path) for entry in entries), key=_age)
    size = 0
    for number, (facts, path) in enumerate(found, start=1):
        size += facts.st_size
        if number > MOST_FILES or size > _MOST_BYTES:
            with suppress(OSError):
                os.unlink(path)  # noqa: PTH108 - as it was listed


def _age(found: tuple[os.stat_result, str]) -> float:
    return -found[0].st_mtime


class _Summed:
    """A file that is written, and the digest of what was."""

    def __init__(self, file: io.BufferedWriter) -> None:
        self._file = file
        self._sum = sha256()

    def write(self, piece: bytes) -> int:
        """Write a piece."""
        self._sum.update(piece)
        return self._file.write(piece)

    def digest(self) -> bytes:
        """The digest of all pieces."""
        return self._sum.digest()


# When it is written

_NICE = 5
"""How far it stands back behind those who do something that somebody waits for: they get three times as much."""
_BESIDE: ContextVar[list[int] | None] = ContextVar("dbarchitect_beside", default=None)


def at_leisure(work: Callable[[], None]) -> None:
    """Do something that nobody waits for and that may fail: at once, or (`beside`) in a process of its own."""
    running = _BESIDE.get()
    child = None
    if running is not None and hasattr(os, "fork") and threading.active_count() == 1:
        with suppress(OSError):  # too many processes, or no room for one more
            child = os.fork()
    if child:
        assert running is not None  # noqa: S101 - else nothing was forked
        running.append(child)
        return
    try:
        with suppress(Exception):
            if child == 0:
                os.nice(_NICE)
            work()
    finally:
        if child == 0:
            os._exit(0)  # whatever happens, the rest of the program is not ours to run


@contextmanager
def beside() -> Iterator[None]:
    """Within it, what nobody waits for is done in processes of their own; they have ended when it is left."""
    running: list[int] = []
    token = _BESIDE.set(running)
    try:
        yield
    finally:
        _BESIDE.reset(token)
        for child in running:
            with suppress(ChildProcessError):
                os.waitpid(child, 0)
