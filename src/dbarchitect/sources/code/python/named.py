"""Queries of SQL files by their names: `queries.get_user(conn, id=1)` of aiosql, anosql, PugSQL.

Source: https://nackjicholson.github.io/aiosql/defining-sql-queries.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Sequence as Readings
from dataclasses import dataclass

from dbarchitect.catalog.queries import Fetch
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.python.needles import at_word
from dbarchitect.sources.code.python.rawsql import SqlRunner
from dbarchitect.sources.code.python.values import Const
from dbarchitect.sources.code.python.vocabulary import Arguments, Site, Vocabulary
from dbarchitect.sources.code.sharing import Catalogs
from dbarchitect.sources.code.speaking import of
from dbarchitect.sources.code.values import Items, Library, Member, Opaque, Sequence, Value

_LOADERS = frozenset({"aiosql.from_path", "aiosql.from_str", "anosql.from_path", "anosql.from_str", "pugsql.module"})
_NAME = re.compile(
    r"^[ \t]*+--[ \t]*+:?name[ \t]*+:?[ \t]*+(?P<name>[\w-]++)(?:\([^()\n]*\))?[ \t]*+(?P<how>:\w+|[^\s\w]*).*$",
    re.MULTILINE,
)
_FETCHES = {
    "^": Fetch.FIRST, "$": Fetch.SCALAR, "!": Fetch.NONE, "<!": Fetch.FIRST, "*!": Fetch.NONE, "#": Fetch.NONE,
    "?": Fetch.FIRST, ":one": Fetch.FIRST, ":scalar": Fetch.SCALAR, ":affected": Fetch.NONE, ":insert": Fetch.NONE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """A query of a file: its text, what it gives, the file."""

    text: str
    fetch: Fetch
    path: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a loader gives: the queries of files, or (`own`) of a text that it was given."""

    own: str | None = None


class NamedVocabulary(Vocabulary):
    """Queries that are called by their names."""

    name = "sql"
    needles = (at_word(rb"queries\.\w", rb"query\.\w+\(", rb"aiosql\b", rb"anosql\b", rb"pugsql\b"),)

    def __init__(self, readings: Readings[SourceReading]) -> None:
        self.runner = SqlRunner(Catalogs(readings).near)
        self._of_files: dict[str, list[Named]] | None = None

    @of(Library, Member)
    def call(self, function: Value, arguments: Arguments, site: Site) -> Value | None:
        """Loading files, and asking what they hold."""
        if isinstance(function, Library):
            return _loaded(arguments.get(0)) if function.name in _LOADERS else None
        names: list[str] = []
        owner = function
        while isinstance(owner, Member) and len(names) < 4:
            names.append(owner.name)
            owner = owner.owner
        return self._run(owner, names, arguments, site) if isinstance(owner, Loaded) else None

    def _run(self, loaded: Loaded, names: list[str], arguments: Arguments, site: Site) -> Value | None:
        """What a query gives that is called by its name; the names before it are those of folders and files."""
        found = self._named(loaded, names, site)
        if found is None:
            return None
        given = Items([*arguments.args[1:], *arguments.kwargs.values()])
        record = self.runner.run(Const(found.text), given, site, self.name, found.fetch)
        if record is None:
            return Opaque()
        record.escaped = record.otherwise = True
        return Sequence(Opaque(), rows=True, record=record) if record.fetch is Fetch.ALL else Opaque()

    def _named(self, loaded: Loaded, names: list[str], site: Site) -> Named | None:
        if loaded.own is not None:
            return dict(_queries(loaded.own, "")).get(names[0])
        if self._of_files is None:
            self._of_files = {}
            for file in site.interpreter.index.project.by_suffix(".sql"):
                for name, query in _of_file(file.path, file.peek() or b""):
                    self._of_files.setdefault(name, []).append(query)
        for path in {query.path for known in self._of_files.values() for query in known}:
            site.interpreter.touch(path)
        among = self._of_files.get(names[0], []) or self._of_files.get(names[0].removesuffix("_cursor"), [])
        within = frozenset(names[1:])
        near = [query for query in among if within.issubset(re.split(r"[/.]", query.path))]
        return min(near, key=lambda query: _distance(query.path, site.frame.module.path), default=None)


def _loaded(given: Value | None) -> Loaded:
    text = given.value if isinstance(given, Const) else None
    return Loaded(text if isinstance(text, str) and "\n" in text else None)


def _of_file(path: str, content: bytes) -> Iterator[tuple[str, Named]]:
    return _queries(content.decode("utf-8", "replace"), path) if b"name" in content else iter(())


def _queries(text: str, path: str) -> Iterator[tuple[str, Named]]:
    """The queries of a text, each below a line with its name."""
    lines = list(_NAME.finditer(text))
    for number, line in enumerate(lines):
        end = lines[number + 1].start() if number + 1 < len(lines) else len(text)
        fetch = _FETCHES.get(line["how"], Fetch.ALL)
        yield line["name"].replace("-", "_"), Named(text[line.end() : end].strip(), fetch, path)


def _distance(one: str, other: str) -> int:
    """How many folders lie between two files."""
    here, there = one.split("/")[:-1], other.split("/")[:-1]
    shared = 0
    for left, right in zip(here, there, strict=False):
        if left != right:
            break
        shared += 1
    return len(here) + len(there) - 2 * shared
