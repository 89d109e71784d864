"""A repository as it was at a git revision, written to a folder: read-only, nothing of the repository is run.

Only git's plumbing is asked (`ls-tree`, `cat-file`): it applies no filter, hook or attribute that a hostile repository
may bring, and the repository itself stays untouched. What the audit would leave out by name is not written.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dbarchitect.errors import TargetError
from dbarchitect.sources.discover import SQL_LIMIT

_TIMEOUT = 120  # seconds that one question may take
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "core.pager=cat")
# Older git knows no GIT_NO_LAZY_FETCH and would ask the remote of a partial clone: no transport is allowed at all.
_OFFLINE = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
_ENVIRONMENT = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
_LEFT_OUT = frozenset({"node_modules", ".git", "site-packages"})
_NO_NAMES = frozenset({"", ".", ".."})
_REGULAR = frozenset({b"100644", b"100755", b"100664"})


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit, and the folder of the repository that was asked about (`` for all of it)."""

    commit: str
    folder: str


def base_of(path: Path, ref: str) -> Revision:
    """The commit at which the work on top of `ref` began: the merge base of `ref` and what is checked out.

    Raises `TargetError` where there is no git, no repository, or no such revision.
    """
    if ref.startswith("-") or "\0" in ref:
        raise TargetError(f"{ref!r} is no git revision", hint="Name a branch, a tag or a commit.")
    top = Path(_ask(path, "rev-parse", "--show-toplevel").decode("utf-8", "surrogateescape").rstrip("\n"))
    commit = _verified(path, ref)
    head = _verified(path, "HEAD")
    found = _git(path, "merge-base", head, commit)
    base = found.stdout.decode().strip() if found.returncode == 0 else commit
    folder = path.resolve().relative_to(top.resolve()).as_posix()
    return Revision(base, "" if folder == "." else folder)


def write_tree(path: Path, revision: Revision, into: Path) -> int:
    """Write the folder of that revision into `into`, and say how many files that are. Raises `TargetError`."""
    listed = list(_files(path, revision))
    command = ["git", *_SAFE, "-C", str(path), "cat-file", "--batch"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment()
    ) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101 - pipes, as asked for
        for name, blob in listed:
            try:
                process.stdin.write(blob + b"\n")
                process.stdin.flush()
            except BrokenPipeError:
                raise TargetError(f"git stopped while it read {revision.commit[:12]}") from None
            header = process.stdout.readline().split()
            if len(header) != 3:
                continue  # an object that a partial clone has not fetched
            content = process.stdout.read(int(header[2]))
            process.stdout.read(1)
            place = into / os.fsdecode(name)
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)
            except OSError as error:
                process.kill()
                raise TargetError(f"cannot write the files of {revision.commit[:12]}: {error.strerror}") from None
        process.stdin.close()
    return len(listed)


def _files(path: Path, revision: Revision) -> Iterator[tuple[bytes, bytes]]:
    """The regular files below the folder: path relative to it, and object."""
    tree = f"{revision.commit}:{revision.folder}" if revision.folder else revision.commit
    for line in _ask(path, "ls-tree", "-r", "-l", "-z", "--full-tree", tree).split(b"\0"):
        meta, _, name = line.partition(b"\t")
        fields = meta.split()
        if len(fields) != 4 or fields[0] not in _REGULAR or not fields[3].isdigit() or int(fields[3]) > SQL_LIMIT:
            continue
        parts = os.fsdecode(name).split("/")  # a tree that no git has made may name any place of the machine
        if not _NO_NAMES.isdisjoint(parts) or not _LEFT_OUT.isdisjoint(parts):
            continue
        yield name, fields[2]


def _verified(path: Path, ref: str) -> str:
    found = _git(path, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if found.returncode != 0:
        raise TargetError(f"there is no git revision {ref!r} here", hint="Name a branch, a tag or a commit.")
    return found.stdout.decode().strip()


def _ask(path: Path, *words: str) -> bytes:
    answer = _git(path, *words)
    if answer.returncode != 0:
        said = answer.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = said[0].removeprefix("fatal: ") if said else "git gave no reason"
        raise TargetError(f"git cannot read {str(path)!r}: {reason}")
    return answer.stdout


def _git(path: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = ["git", *_SAFE, "-C", str(path), *words]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=_TIMEOUT, env=_environment())
    except FileNotFoundError:
        raise TargetError("--since needs git, which is not installed here") from None
    except subprocess.TimeoutExpired:
        raise TargetError(f"git gave no answer within {_TIMEOUT} seconds") from None


def _environment() -> dict[str, str]:
    return {**os.environ, **_OFFLINE, **_ENVIRONMENT}
