"""The sources of all modules of a project: each file read once, decoded, and left out where nobody wrote it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from hashlib import sha256

from dbarchitect.sources.consulted import note_file
from dbarchitect.sources.discover import Project, SourceFile, utf16_coding
from dbarchitect.sources.meanwhile import at_once, meanwhile
from dbarchitect.sources.typescript.recalled import Answers, Recalled, noted
from dbarchitect.sources.typescript.specifiers import SUFFIXES
from dbarchitect.sources.typescript.unwritten import why_unwritten
from dbarchitect.sources.typescript.words import Searched

_DECLARATION = re.compile(r"\.d\.(?:[\w-]+\.)?[mc]?ts\Z")
_LITERALS = re.compile(rb"(?:[\w \"'`/@:-]|\\[^\w\s])+(?:\|(?:[\w \"'`/@:-]|\\[^\w\s])+)*\Z")


class Sources:
    """Sources by path, read when they are first needed.

    `problems` are words on files that could not be read, were decoded with loss, or were left out though they hold what
    was searched for; `recoded` are the paths whose source is not, byte for byte, what the file holds; `answers` tell
    what was searched for so far.
    """

    def __init__(self, project: Project) -> None:
        files = (file for file in project.by_suffix(*SUFFIXES) if not _DECLARATION.search(file.path))
        self._files: dict[str, SourceFile] = {file.path: file for file in files}
        self._read: dict[str, bytes | None] = {}
        self._left_out: dict[str, tuple[str, bytes]] = {}
        self._paths: tuple[str, ...] | None = None
        self._found: dict[Searched, tuple[str, ...]] = {}
        self._sought: dict[Searched, Callable[[], tuple[str, ...]]] = {}
        self.problems: dict[str, str] = {}
        self.recoded: set[str] = set()
        self.recalled = Recalled()
        self.answers: Answers = {}

    def recall(self, recalled: Recalled) -> None:
        """Take what an earlier run knows: what is as it was is not read before somebody looks into it."""
        self.recalled = recalled

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of what people wrote, in order: every file is read for this."""
        if self._paths is None:
            plain = self.recalled.plain
            self._paths = tuple(path for path in self._files if path in plain or self._get(path) is not None)
        return self._paths

    def digest(self, path: str) -> bytes:
        """The digest of a source as it is read; empty for what is left out."""
        if path in self.recalled.plain:
            return self.recalled.digests[path]
        source = self._get(path)
        return sha256(source).digest() + (b"r" if path in self.recoded else b"") if source is not None else b""

    @property
    def known(self) -> dict[str, SourceFile]:
        """All files by path, those left out among them."""
        return self._files

    def __getitem__(self, path: str) -> bytes:
        """The source at a path. Raises `KeyError` where there is none or it is left out, `OSError` if it is gone."""
        found = self._get(path)
        if found is None:
            raise KeyError(path)
        return found

    def peek(self, path: str) -> bytes | None:
        """A source that was read already and is, byte for byte, what its file holds; None for any other."""
        return self._read.get(path) if path not in self.recoded else None

    def matching(self, pattern: Searched, paths: Iterable[str] | None, *, telling: bool = True) -> tuple[str, ...]:
        """The modules whose source a pattern matches, of some or all paths; `telling`: say what is left out of them."""
        paths = paths if paths is None else tuple(paths)
        found = self._in_all(pattern) if paths is None else self._among(pattern, paths)
        for path, (why, source) in self._left_out.items() if telling else ():
            if pattern.search(source) is not None:
                note_file(path)
                self.problems.setdefault(path, f"{why}; it is not read")
        noted(self.answers, pattern, paths, found)
        return found

    @contextmanager
    def seeking(self, patterns: Collection[Searched]) -> Iterator[None]:
        """Within it, all modules are searched for these in a process of its own, where there can be one: who asks for
        one of them is told what that has found."""
        if not at_once():
            yield
            return
        with meanwhile(lambda: {pattern: self._in_all(pattern) for pattern in patterns}) as found:
            self._sought = {pattern: partial(_of, found, pattern) for pattern in patterns}
            try:
                yield
            finally:
                self._sought = {}

    def _in_all(self, pattern: Searched) -> tuple[str, ...]:
        """All modules whose source a pattern matches; the same may be asked for several things."""
        if pattern not in self._found:
            sought = self._sought.pop(pattern, None)
            self._found[pattern] = sought() if sought is not None else self._among(pattern, self.paths)
        return self._found[pattern]

    def _among(self, pattern: Searched, paths: Iterable[str]) -> tuple[str, ...]:
        """Those of some modules whose source a pattern matches."""
        literals = _literals(pattern) if isinstance(pattern, re.Pattern) else ()
        found: list[str] = []
        read = self._read
        holds = pattern.search if isinstance(pattern, re.Pattern) else pattern.holder()
        known, held = self.recalled.known(pattern)
        for path in paths:
            if path in known:
                if path in held:
                    found.append(path)
                continue
            source = read[path] if path in read else self._get(path)
            if source is None:
                continue
            if _holds(source, literals) if literals else holds(source):
                found.append(path)
        return tuple(found)

    def _get(self, path: str) -> bytes | None:
        if path in self._read:
            return self._read[path]
        file = self._files[path]
        source: bytes | None = None
        try:
            raw = file.content()
        except OSError as error:
            note_file(path)
            self.problems[path] = f"the file cannot be read: {error.strerror or type(error).__name__}"
        else:
            source = self._decoded(path, raw)
            why = why_unwritten(source)
            if why is not None:
                if why != "generated":
                    self._left_out[path] = (why, source)
                source = None
        self._read[path] = source
        return source

    def _decoded(self, path: str, raw: bytes) -> bytes:
        """The source in UTF-8; a mark at its start stays, so that offsets are those of the file."""
        if raw.isascii() and b"\x00" not in raw[:4]:
            return raw
        coding = utf16_coding(raw)
        if coding is not None:
            self.recoded.add(path)
            return raw.decode(coding, "replace").encode("utf-8", "replace")
        try:
            raw.decode()
        except UnicodeDecodeError as error:
            note_file(path)
            line = raw[: error.start].count(b"\n") + 1
            self.problems[path] = f"bytes that are not UTF-8 (line {line}); they are read as unknown characters"
            self.recoded.add(path)
            return raw.decode("utf-8", "replace").encode()
        return raw


def _of(found: Callable[[], Mapping[Searched, tuple[str, ...]]], pattern: Searched) -> tuple[str, ...]:
    return found()[pattern]


def is_searched_as_it_is(raw: bytes) -> bool:
    """Whether the bytes of a file are what is searched: it is UTF-8, and nobody would leave it out."""
    if utf16_coding(raw) is not None or why_unwritten(raw) is not None:
        return False
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _holds(source: bytes, words: tuple[bytes, ...]) -> bool:
    for word in words:  # noqa: SIM110 - `any` would make a generator for each of ten thousands of sources
        if word in source:
            return True
    return False


def _literals(pattern: re.Pattern[bytes]) -> tuple[bytes, ...]:
    """The words that a pattern is nothing but a choice of: searching for each is ten times quicker."""
    if pattern.flags & (re.IGNORECASE | re.VERBOSE) or not _LITERALS.match(pattern.pattern):
        return ()
    return tuple(re.sub(rb"\\(.)", rb"\1", word) for word in pattern.pattern.split(b"|"))
