"""What was read of a large project, kept for the next run, in files that nobody but we can write.

A reading is used again where nothing that it looked at has changed: every file whose content it read, the list of all
files, and, of files that it only searched for words, which of them they hold. So editing what has nothing to do with a
database costs nothing, and editing the program does not read the models again. Python files are told by their content,
all others by size and times.

The folder is `$XDG_CACHE_HOME` (or `~/.cache`) `/dbarchitect/readings`, one file for each project and one for what its
modules of TypeScript gave (`code.typescript.kept`), of which the latest are kept. Whatever is wrong with a file, it is
as if it were not there. `DBA_CACHE=0` switches it off.
"""

from __future__ import annotations

import copyreg
import io
import os
import pickle
import stat
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import cache
from hashlib import sha256
from operator import attrgetter
from pathlib import Path
from secrets import token_hex
from types import MappingProxyType
from typing import Any, Protocol

from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.consulted import Consulted, noting
from dbarchitect.sources.discover import Project, is_plain
from dbarchitect.sources.typescript.sources import is_searched_as_it_is
from dbarchitect.sources.typescript.specifiers import SUFFIXES

SMALLEST = 500_000
"""Bytes of code: a smaller project is read as quickly as its cache."""
MOST_FILES = 40
_LARGEST = 500_000_000
_JUST_NOW = 2.0
"""Seconds: a file that changed so shortly before could change again without its time telling."""

Readings = tuple[SourceReading, ...]


@dataclass(frozen=True, slots=True)
class _State:
    """A project as it is now: its files with their sizes, digests of Python files, times of the others; `scripts` are
    the times of TypeScript and JavaScript."""

    listed: tuple[tuple[str, int], ...]
    digests: dict[str, bytes]
    times: dict[str, tuple[int, int]]
    scripts: dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was read, and of which project; `declared` without the code, `whole` with it.

    `token` is a name for this very reading of what is declared.
    """

    state: _State
    token: str
    declared: tuple[Consulted, Readings]
    whole: tuple[Consulted, Readings]


class Keeping(Protocol):
    """What keeps parts of a reading by itself (`code.typescript.kept.Kept`)."""

    def at(self, place: Place | None) -> None:
        """Say where it is kept; its key changes whenever what is declared was read anew."""

    def save(self) -> None:
        """Write it."""


def readings_of(
    project: Project,
    read: Callable[[], Readings],
    follow: Callable[[Readings], Readings],
    parts: Keeping | None = None,
) -> Readings:
    """`follow(read())`, either of them taken from the cache where nothing that it looked at has changed.

    What `follow` keeps by itself of what is declared is in `parts`.
    """
    if sum(file.size for file in project.by_suffix(".py", *SUFFIXES)) < SMALLEST or os.environ.get("DBA_CACHE") == "0":
        return follow(read())
    place = _place(project)
    begun = time.time()
    state = _state_of(project) if place is not None else None
    if place is None or state is None:
        return follow(read())
    key = f"{project.root}\n{_ourselves()}"
    home = Place(place, key)
    found = home.load()
    kept = found if isinstance(found, _Kept) else None
    changed = _changed(kept, state, project) if kept is not None else None
    if kept is not None and changed is not None and _holds(kept.whole[0], changed):
        return kept.whole[1]
    log = Consulted()
    with noting(log):
        if kept is not None and changed is not None and _holds(kept.declared[0], changed):
            log.take(kept.declared[0])
            declared, token = kept.declared[1], kept.token
        else:
            declared, token = read(), token_hex(16)
        if parts is not None:
            parts.at(Place(place.with_name(f"{place.name}.parts"), f"{key}\n{token}"))
        before = log.copy()
        whole = follow(declared)
    settled = (max(times) / 1e9 < begun - _JUST_NOW for times in (*state.times.values(), *state.scripts.values()))
    if not log.spoiled and all(settled):
        home.save(_Kept(state, token, (before, declared), (log, whole)))
        if parts is not None:
            parts.save()
    return whole


def _holds(log: Consulted, changed: dict[str, bytes]) -> bool:
    return all(log.bears(path, content) for path, content in changed.items())


def _changed(kept: _Kept, state: _State, project: Project) -> dict[str, bytes] | None:
    """The contents of the Python and TypeScript files that changed; None where something else did."""
    before = kept.state
    if _besides_code(state) != _besides_code(before):
        return None
    if before.digests.keys() != state.digests.keys() or before.scripts.keys() != state.scripts.keys():
        return None
    if before.times != state.times:
        return None
    changed: dict[str, bytes] = {}
    for path, digest in state.digests.items():
        file = project.get(path)
        if digest != kept.state.digests[path] and file is not None:
            try:
                changed[path] = file.absolute.read_bytes()
            except OSError:
                return None
            if not is_plain(changed[path]):  # it is decoded before it is searched
                return None
    for path, times in state.scripts.items():
        file = project.get(path)
        if times != before.scripts[path] and file is not None:
            try:
                changed[path] = file.absolute.read_bytes()
            except OSError:
                return None
            if not is_searched_as_it_is(changed[path]):
                return None
    return changed


def _besides_code(state: _State) -> list[tuple[str, int]]:
    """The other files with their sizes."""
    code = state.digests.keys() | state.scripts.keys()
    return [(path, size) for path, size in state.listed if path not in code]


def _state_of(project: Project) -> _State | None:
    """The state of a project's files; None where one of them cannot be looked at."""
    digests: dict[str, bytes] = {}
    times: dict[str, tuple[int, int]] = {}
    scripts: dict[str, tuple[int, int]] = {}
    try:
        for file in project.files:
            if file.suffix == ".py":
                digests[file.path] = sha256(file.absolute.read_bytes()).digest()
            else:
                facts = file.absolute.stat()
                into = scripts if file.suffix in SUFFIXES else times
                into[file.path] = (facts.st_mtime_ns, facts.st_ctime_ns)
    except OSError:
        return None
    return _State(tuple((file.path, file.size) for file in project.files), digests, times, scripts)


@cache
def _ourselves() -> str:
    """What we are: another version, or an edited one, reads otherwise."""
    root = Path(__file__).parent.parent
    words = [sys.version]
    for path in sorted(root.rglob("*")):
        if path.suffix in {".py", ".stub", ".json", ".toml"}:
            facts = path.stat()
            words.append(f"{path.relative_to(root)} {facts.st_size} {facts.st_mtime_ns}")
    return sha256("\n".join(words).encode()).hexdigest()


# Files


def _place(project: Project) -> Path | None:
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
    return folder / sha256(os.fsencode(project.root)).hexdigest()[:32]


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
        digest, body = content[:32], content[32:]
        if len(content) > _LARGEST or sha256(body).digest() != digest:
            return None
        kept: object = pickle.loads(body)  # noqa: S301 - our own file: only we can write it, and it is whole
    except Exception:  # noqa: BLE001 - a pickle of another version may raise anything: then there is none
        return None
    return kept


class _Reducers(dict[type, Callable[[Any], tuple[Any, ...]]]):
    """How objects are taken apart: also mappings that cannot be changed, and dataclasses that cannot, which by
    themselves go field by field through Python."""

    def __missing__(self, kind: type) -> Callable[[Any], tuple[Any, ...]]:
        parameters = getattr(kind, "__dataclass_params__", None)
        made = fields(kind) if parameters is not None and parameters.frozen else ()
        if not made or not all(each.init and not each.kw_only for each in made) or hasattr(kind, "__post_init__"):
            raise KeyError(kind)
        names = [each.name for each in made]
        get = attrgetter(*names)
        self[kind] = (lambda found: (kind, get(found))) if len(names) > 1 else lambda found: (kind, (get(found),))
        return self[kind]


class _Pickler(pickle.Pickler):
    dispatch_table = _Reducers(
        copyreg.dispatch_table | {MappingProxyType: lambda found: (_unchangeable, (dict(found),))}
    )


def compact(body: io.BytesIO) -> pickle.Pickler:
    """What writes objects so that they are read quickly."""
    return _Pickler(body, protocol=pickle.HIGHEST_PROTOCOL)


def _unchangeable(found: dict[object, object]) -> MappingProxyType[object, object]:
    return MappingProxyType(found)


def _save(place: Path, kept: object) -> None:
    """Write it at once or not at all; that there is no room, or something cannot be kept, is nobody's concern."""
    half = place.with_name(f"{place.name}.{os.getpid()}.new")
    try:
        body = io.BytesIO()
        compact(body).dump(kept)
        content = body.getvalue()
        opened = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(opened, "wb") as file:
            file.write(sha256(content).digest())
            file.write(content)
        half.replace(place)
        files = sorted(place.parent.iterdir(), key=lambda f: f.stat().st_mtime, reverse=True)
        for old in files[MOST_FILES:]:
            old.unlink(missing_ok=True)
    except (OSError, pickle.PicklingError, TypeError, AttributeError, RecursionError):
        with suppress(OSError):
            half.unlink(missing_ok=True)
