"""The files of a project: what is there to read, and what was left out and why.

A `Project` is one walk over a directory. It respects `.gitignore` at every level, follows no symbolic link (what a
link inside the tree points at is read at its own place), and leaves out what nobody wrote here or what says nothing
of production: vendored and generated code, virtual environments, build output, tests and fixtures. Each folder left
out is recorded once, with the reason; caches of tools (`__pycache__`) are passed over without a word.

A folder whose name says "vendor", "build" or "tests" may still be a package of the application: it is kept where
its content says so (see `production`). `include` patterns (of .gitignore's form) bring things back, `exclude`
patterns leave more out.
"""

from __future__ import annotations

import errno
import io
import os
import re
import tokenize
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.catalog.survey import SkippedPath
from dbarchitect.errors import TargetError, UsageError
from dbarchitect.sources.consulted import note_file
from dbarchitect.sources.ignoring import Specs, ignores_above, is_ignored, is_pattern, is_unclosed, read_ignore, spec_of
from dbarchitect.sources.production import why_no_production, why_no_production_file, why_not_ours

CODE_LIMIT = 2_000_000
"""Bytes: a longer source file was not written by a person."""
SQL_LIMIT = 64_000_000
"""Bytes: dumps may be long, but we hold them in memory."""

_SQL = frozenset({".sql", ".ddl"})
_DECLARING = _SQL | {".py", ".pyi", ".prisma"}  # what can declare a table: it is told where one is not read

_QUIET = frozenset(
    {"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".idea", ".eggs", ".cache"}
)  # fmt: skip
_HISTORY = frozenset({".git", ".hg", ".svn", ".bzr", ".jj"})
_WILD = re.compile(r"[*?\[]")

Mark = tuple[int, int, int, int]
"""What tells a file from what it becomes: its size, the times of its last change and of that of its entry (both in
nanoseconds), its number on the disk."""


def mark_of(file: os.DirEntry[str] | Path | int) -> Mark:
    """The mark of a file; its entry or its descriptor may be given. Raises `OSError`."""
    facts = file.stat(follow_symlinks=False) if isinstance(file, os.DirEntry) else os.stat(file)  # noqa: PTH116
    return facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino


def suffix_of(path: str) -> str:
    """The extension with its dot, in lower case; '' when there is none."""
    return os.path.splitext(path)[1].lower()  # noqa: PTH122 - a Path for each of 20,000 files is slow


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the project. `path` is relative to the root, with `/`; `size` in bytes; `suffix` is the extension with
    its dot, in lower case, '' when there is none; `mark` tells it from what it becomes."""

    path: str
    size: int
    place: str | Path = field(compare=False, repr=False)
    mark: Mark = field(default=(0, 0, 0, 0), compare=False, repr=False)
    suffix: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """The extension is asked for many times."""
        object.__setattr__(self, "suffix", suffix_of(self.path))

    @property
    def absolute(self) -> Path:
        """Where it lies: of twenty thousand files hardly one is asked for it."""
        return Path(self.place)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    def read_bytes(self) -> bytes:
        """The content. Raises `OSError` when the file is gone or may not be read."""
        note_file(self.path)
        return self.content()

    def content(self) -> bytes:
        """The content, with nobody taking note that it was looked at. Raises as `read_bytes`."""
        with open(self.place, "rb", buffering=0) as file:  # noqa: PTH123 - of twenty thousand files: in half of the time
            return file.read()

    def peek(self) -> bytes | None:
        """The same; None where it cannot be read."""
        try:
            return self.content()
        except OSError:
            return None

    def text(self) -> str:
        """The content decoded: UTF-8 with or without a mark, for Python the coding that the file declares (PEP 263).

        Raises `UnicodeDecodeError` (for a coding that nobody knows as well), `OSError`.
        """
        raw = self.read_bytes()
        coding = "utf-8-sig"
        if self.suffix in {".py", ".pyi"}:
            try:
                coding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
            except SyntaxError as error:
                raise UnicodeDecodeError("utf-8", raw, 0, min(1, len(raw)), str(error)) from error
        else:
            coding = utf16_coding(raw) or coding
        return raw.decode(coding)


def utf16_coding(raw: bytes) -> str | None:
    """The coding of a text in UTF-16, with a mark or without, as tools of Windows write it; None for any other."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    zeros = tuple(byte == 0 for byte in raw[:4])
    if zeros == (False, True, False, True):
        return "utf-16-le"
    return "utf-16-be" if zeros == (True, False, True, False) else None


def is_plain(raw: bytes) -> bool:
    """Whether Python source is UTF-8 and says of no other coding, so that its bytes are its text."""
    if utf16_coding(raw) is not None or raw.startswith(b"\xef\xbb\xbf") or b"coding" in raw[:500]:
        return False
    if raw.isascii():
        return True
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


@dataclass(frozen=True)
class Project:
    """The files of a directory, sorted by path; what was left out; what could not be listed."""

    root: Path
    files: tuple[SourceFile, ...]
    skipped: tuple[SkippedPath, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @cached_property
    def _by_path(self) -> dict[str, SourceFile]:
        return {file.path: file for file in self.files}

    @cached_property
    def _by_suffix(self) -> dict[str, list[SourceFile]]:
        groups: dict[str, list[SourceFile]] = {}
        for file in self.files:
            groups.setdefault(file.suffix, []).append(file)
        return groups

    def by_suffix(self, *suffixes: str) -> tuple[SourceFile, ...]:
        """The files with one of these extensions (`.py`), sorted by path."""
        if len(suffixes) == 1:
            return tuple(self._by_suffix.get(suffixes[0], ()))
        return tuple(file for file in self.files if file.suffix in suffixes)

    def under(self, prefix: str) -> tuple[SourceFile, ...]:
        """The files below a folder ('' or '.' for all)."""
        folder = prefix.strip("/")
        if folder in {"", "."}:
            return self.files
        return tuple(file for file in self.files if file.path.startswith(f"{folder}/"))

    def named(self, *names: str) -> tuple[SourceFile, ...]:
        """The files of these names, in whatever folder."""
        return tuple(file for file in self.files if file.name in names)

    def get(self, path: str) -> SourceFile | None:
        """The file at a path, None when the project has none there."""
        return self._by_path.get(path)


def open_project(root: Path, *, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> Project:
    """List the files of a directory; for a file, the project is that file in its folder, whatever its name.

    Raises `TargetError` when the path does not exist or cannot be listed, `UsageError` for a malformed pattern.
    """
    try:
        base = root.resolve(strict=True)
        if not base.is_dir():
            if not os.access(base, os.R_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            mark = mark_of(base)
            return Project(base.parent, (SourceFile(_printable(base.name), mark[0], base, mark),))
        os.scandir(base).close()
        (base / "..").stat()  # what may be listed may not yet be entered
    except (OSError, RuntimeError) as error:
        hint = "Name an existing directory or file that you may read."
        raise TargetError(f"{root}: {_reason(error)}", hint=hint) from error
    for pattern in (*include, *exclude):
        if is_unclosed(pattern):
            hint = "Close it with ], or write \\[ for a bracket in a name."
            raise UsageError(f"the pattern {pattern!r} has a bracket that nothing closes", hint=hint)
        if not is_pattern(pattern):
            hint = "Write it as a line of .gitignore: a name, a folder with a slash at its end, *.sql …"
            raise UsageError(f"the pattern {pattern!r} is not understood", hint=hint)
    walk = _Walk(base, include, exclude)
    walk.run()
    return Project(
        base,
        tuple(sorted(walk.files, key=lambda f: f.path)),
        tuple(sorted(walk.skipped, key=lambda s: s.path)),
        tuple(walk.diagnostics),
    )


def _reason(error: BaseException) -> str:
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else "a circle of symbolic links"


def _printable(name: str) -> str:
    """A file name that is not UTF-8, made fit to print."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder still to be listed. `specs` are the .gitignore files above it, outermost first, each with the length
    of its own folder's path; `partial` when only what `include` names in so many words is wanted; `forced` when it
    was brought back as a whole."""

    absolute: str
    path: str
    specs: Specs
    partial: bool = False
    forced: bool = False


class _Walk:
    def __init__(self, base: Path, include: tuple[str, ...], exclude: tuple[str, ...]) -> None:
        self.base = base
        self.include = spec_of(include) if include else None
        self.exclude = spec_of(exclude) if exclude else None
        self.patterns = [pattern.strip("/").split("/") for pattern in include if not pattern.startswith(("!", "#"))]
        self.files: list[SourceFile] = []
        self.skipped: list[SkippedPath] = []
        self.diagnostics: list[Diagnostic] = []

    def run(self) -> None:
        todo = [_Folder(str(self.base), "", tuple(ignores_above(self.base)))]
        while todo:
            folder = todo.pop()
            try:
                with os.scandir(folder.absolute) as entries:
                    listed = list(entries)
            except OSError as error:
                text = f"the folder cannot be listed: {_reason(error)}"
                self.diagnostics.append(Diagnostic(Origin(folder.path or "."), text))
                continue
            names = {entry.name for entry in listed}
            if "pyvenv.cfg" in names and folder.path and not folder.forced:
                self.skipped.append(SkippedPath(folder.path, "a virtual environment"))
                continue
            specs = folder.specs
            if ".gitignore" in names:
                spec = read_ignore(Path(folder.absolute, ".gitignore"))
                specs = (*specs, (len(folder.path) + 1 if folder.path else 0, spec)) if spec is not None else specs
            for entry in listed:
                below = self._entry(entry, folder, specs)
                if below is not None:
                    todo.append(below)

    def _entry(self, entry: os.DirEntry[str], folder: _Folder, specs: Specs) -> _Folder | None:
        name = _printable(entry.name)
        path = f"{folder.path}/{name}" if folder.path else name
        try:
            if entry.is_symlink():
                self.skipped.append(SkippedPath(path, "a symbolic link: read only at its own place"))
            elif entry.is_dir(follow_symlinks=False):
                return self._directory(entry, path, folder, specs)
            elif entry.is_file(follow_symlinks=False):
                self._file(entry, path, folder, specs)
        except OSError as error:
            self.diagnostics.append(Diagnostic(Origin(path), f"cannot be looked at: {_reason(error)}"))
        return None

    def _directory(self, entry: os.DirEntry[str], path: str, folder: _Folder, specs: Specs) -> _Folder | None:
        name = entry.name
        if name in _QUIET or name.endswith(".egg-info"):
            return None
        if self.exclude is not None and self.exclude.match_file(path + "/"):
            self.skipped.append(SkippedPath(path, "left out by an exclude pattern"))
            return None
        below = _Folder(entry.path, path, specs, folder.partial, folder.forced)
        if name in _HISTORY:
            self.skipped.append(SkippedPath(path, "version control"))
            return None
        why = why_not_ours(entry)
        hard = why is not None
        if why is None and not folder.forced:
            ignored = is_ignored(specs, path + "/")
            why = "ignored by .gitignore" if ignored else why_no_production(entry)
        if why is None:
            return below
        # What is vendored below a folder that was brought back stays out unless a pattern names it.
        if self.include is not None and (not (hard and (folder.forced or folder.partial)) or self._names(name)):
            if self.include.match_file(path + "/"):
                return _Folder(entry.path, path, specs if hard else (), partial=False, forced=True)
            if self._leads_to(path):
                return _Folder(entry.path, path, specs, partial=True, forced=folder.forced)
        if not folder.partial:
            self.skipped.append(SkippedPath(path, why))
        return None

    def _file(self, entry: os.DirEntry[str], path: str, folder: _Folder, specs: Specs) -> None:
        if self.exclude is not None and self.exclude.match_file(path):
            self.skipped.append(SkippedPath(path, "left out by an exclude pattern"))
            return
        wanted = self.include is not None and self.include.match_file(path)
        if folder.partial and not wanted:
            return
        if not wanted and not folder.forced:
            if is_ignored(specs, path):
                why: str | None = "ignored by .gitignore"
            else:
                why = why_no_production_file(path, entry.name)
            if why is not None:
                self.skipped.append(SkippedPath(path, why))
                return
        mark = mark_of(entry)
        size = mark[0]
        suffix = suffix_of(entry.name)
        limit = SQL_LIMIT if suffix in _SQL else CODE_LIMIT
        if size > limit:
            why = f"larger than {limit // 1_000_000} MB"
            self.skipped.append(SkippedPath(path, why))
            if suffix in _DECLARING:
                self.diagnostics.append(Diagnostic(Origin(path), f"not read: {size / 1e6:.0f} MB is {why}"))
            return
        if suffix in _DECLARING and not os.access(entry.path, os.R_OK):
            self.skipped.append(SkippedPath(path, "may not be read"))
            self.diagnostics.append(Diagnostic(Origin(path), "the file may not be read: permission denied"))
            return
        self.files.append(SourceFile(path, size, entry.path, mark))

    def _names(self, name: str) -> bool:
        return any(name in parts for parts in self.patterns)

    def _leads_to(self, path: str) -> bool:
        """Whether an include pattern may match something below a folder that is otherwise left out."""
        parts = path.split("/")
        for pattern in self.patterns:
            literal = pattern[: next((i for i, part in enumerate(pattern) if _WILD.search(part)), len(pattern))]
            shared = min(len(literal), len(parts))
            if shared and literal[:shared] == parts[:shared]:
                return True
            if pattern[0] == "**" and parts[-1] in pattern:
                return True
        return False
