"""What is made once and kept: empty clusters, and copies of programs that an unprivileged user cannot reach.

The cache is in the user's cache directory (`$XDG_CACHE_HOME` or `~/.cache`), else in a folder of ours beside the
temporary files. Everything appears there by a rename under a lock, so that processes that start at the same time
neither do the work twice nor see half of it. What nobody used for a month goes.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from dbarchitect.engines.postgresql.server import CLUSTER_SETTINGS, Account, Binaries, initialise
from dbarchitect.errors import ShadowUnavailable
from dbarchitect.shadow.folder import may_enter, new_folder

UNUSED_FOR = 30 * 24 * 3600.0  # seconds
_NOEXEC: int = getattr(os, "ST_NOEXEC", 0)  # only Linux tells


@contextmanager
def empty_cluster(binaries: Binaries, account: Account | None) -> Iterator[Path]:
    """A folder with an empty cluster, to be copied while the context lasts; made by initdb the first time."""

    def make(target: Path) -> None:
        folder = new_folder(account)  # root's cache is not for the unprivileged user, so it is made elsewhere
        try:
            made = folder.subfolder("made", account) / "data"
            initialise(binaries, made, account)
            shutil.copytree(made, target, symlinks=True)
        finally:
            folder.remove()

    kind = hashlib.sha256(repr(sorted(CLUSTER_SETTINGS.items())).encode()).hexdigest()[:8]
    with _kept(_cache_directory(None), f"cluster-{_identity(binaries)}-{kind}", make) as path:
        yield path


@contextmanager
def reachable_binaries(binaries: Binaries, account: Account | None) -> Iterator[Binaries]:
    """The same programs where `account` can run them: themselves, or a copy if they are in somebody's private folder.

    A virtual environment below /root is such a folder. Its permissions stay as they are.
    """
    if account is None or may_enter(account, binaries.bindir.resolve()):
        yield binaries
        return
    prefix = binaries.bindir.resolve().parent

    def make(target: Path) -> None:
        copy = target / prefix.parent.name / prefix.name
        for name in ("bin", "lib", "share"):
            shutil.copytree(prefix / name, copy / name, symlinks=True, ignore=shutil.ignore_patterns("*.a", "*.h"))
        # where the tools that build wheels put the shared libraries of a package
        libraries = prefix.parent.with_name(f"{prefix.parent.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, target / libraries.name, symlinks=True)
        _let_others_read(target)

    if not (prefix / "share").is_dir() or not any(prefix.glob("share/**/postgres.bki")):
        message = f"the user “nobody” cannot reach {binaries.bindir}, and the installation there cannot be copied"
        raise ShadowUnavailable(
            message, hint="Run as an ordinary user, or install PostgreSQL from the system's packages."
        )
    with _kept(_cache_directory(account), f"programs-{_identity(binaries)}", make) as path:
        yield replace(binaries, bindir=path / prefix.parent.name / prefix.name / "bin")


def _identity(binaries: Binaries) -> str:
    """Which programs these are: a new build in the same folder is another one."""
    facts = (binaries.bindir / "postgres").stat()
    words = f"{binaries.bindir.resolve()}\n{binaries.full_version}\n{facts.st_size}\n{facts.st_mtime_ns}"
    return f"{binaries.full_version}-{hashlib.sha256(words.encode()).hexdigest()[:16]}"


@contextmanager
def _kept(cache: Path, name: str, make: Callable[[Path], None]) -> Iterator[Path]:
    """The folder `name` of the cache, filled by `make` if it is not there; nobody removes it in the context."""
    path = cache / name
    lock = os.open(cache / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        if not path.is_dir():
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.is_dir():
                _make(path, make)
                _evict(cache)
            fcntl.flock(lock, fcntl.LOCK_SH)
        os.utime(lock)
        yield path
    finally:
        os.close(lock)


def _make(path: Path, make: Callable[[Path], None]) -> None:
    half = path.with_name(f"{path.name}.new")
    shutil.rmtree(half, ignore_errors=True)  # of one who was killed here; we have the lock
    try:
        make(half)
        half.rename(path)
    except OSError as error:
        message = f"the cache {path.parent} cannot be filled: {first_reason(error)}"
        raise ShadowUnavailable(message, hint="Make room there, or name another folder in XDG_CACHE_HOME.") from error
    finally:
        shutil.rmtree(half, ignore_errors=True)


def first_reason(error: OSError) -> str:
    """Why files could not be copied, in a few words: the error of copying a tree is a list of all that failed."""
    if isinstance(error, shutil.Error) and error.args and error.args[0]:
        return str(error.args[0][0][-1])
    return error.strerror or str(error)


def _evict(cache: Path) -> None:
    for lock_file in cache.glob("*.lock"):
        try:
            if time.time() - lock_file.stat().st_mtime < UNUSED_FOR:
                continue
            lock = os.open(lock_file, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The lock file stays: removing a file that others wait for would give two of them the same lock.
            shutil.rmtree(lock_file.with_suffix(""), ignore_errors=True)
        except BlockingIOError:
            pass  # in use
        finally:
            os.close(lock)


def _cache_directory(account: Account | None) -> Path:
    """Our folder for what is kept; with an account, one that it can enter. Made if need be."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    candidates = [Path(home) / "dbarchitect" / "postgresql"] if Path(home).is_absolute() else []
    bases = ("/var/tmp", tempfile.gettempdir(), "/tmp")  # noqa: S108 - `_is_ours` looks at what is there
    candidates += [Path(base) / f"dbarchitect-{os.geteuid()}" for base in bases]
    for path in candidates:
        try:
            path.mkdir(mode=0o755 if account else 0o700, parents=True, exist_ok=True)
            if not _is_ours(path) or not os.access(path, os.W_OK):
                continue
            if account and (not may_enter(account, path) or os.statvfs(path).f_flag & _NOEXEC):
                continue
        except OSError:
            continue
        return path
    raise ShadowUnavailable("no folder serves as a cache", hint="Name one of your own in XDG_CACHE_HOME.")


def _is_ours(path: Path) -> bool:
    """Whether nobody but us and root can put something else in this place."""
    if path.is_symlink() or path.stat().st_uid != os.geteuid():
        return False
    real = path.resolve()
    for each in (real, *real.parents[:-1]):  # who owns the root folder owns us anyway
        facts = each.stat()
        if facts.st_uid not in (0, os.geteuid()):
            return False
        if facts.st_mode & stat.S_IWOTH and not (facts.st_mode & stat.S_ISVTX and each != real):
            return False
    return True


def _let_others_read(root: Path) -> None:
    """Open a tree of our own copies, and nothing above it, to readers."""
    for folder, _, names in os.walk(root):
        Path(folder).chmod(0o755)
        for name in names:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
