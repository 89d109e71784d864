"""Which source files may tell anything of how the application is connected and run: there are many, and few do.

A file that holds none of the words below is not looked into any further. Whoever reads source files for something more
(`signs`, `text_connections`, `credentials`, `prisma_delivery`) adds the words that it cannot do without.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from dbarchitect.sources.consulted import note_sought
from dbarchitect.sources.deployment import places
from dbarchitect.sources.deployment.places import Found
from dbarchitect.sources.deployment.signs import is_for_browsers, source_words
from dbarchitect.sources.discover import SourceFile, is_plain

_OF_SCRIPTS = (
    *("Pool", "PrismaClient", "PrismaPg", "@neondatabase/serverless", 'postgres"', "postgres'", "mysql"),
    *("process.env", "writeFile"),
)
_WORDS = {
    "script": (_OF_SCRIPTS, source_words()),
    "script for a browser": (_OF_SCRIPTS, ()),
    "python": (("asyncpg", "writeFile"), (*source_words(), "pragma", "statement_timeout", "max_execution_time")),
    "sql": (("_timeout", "writeFile"), source_words()),
}
"""By kind of file: words as they are written, and words in whatever case."""


@dataclass(frozen=True, slots=True)
class Telling:
    """What a kind of source file must hold to tell anything."""

    kind: str

    def search(self, source: bytes) -> object | None:
        """The first word that is there; None where there is none. What is no plain text may hold anything, and what is
        too long is no place any more."""
        written, folded = _ENCODED[self.kind]
        if len(source) > places.LONGEST or not is_plain(source):
            return source
        if source.isascii():
            lowered = source.lower()
            found = next((word for word in written if word in source), None)
            return found or next((word for word in folded if word in lowered), None)
        text = source.decode()
        plain, small = _WORDS[self.kind]
        lowered_text = text.lower()
        there = next((word for word in plain if word in text), None)
        return there or next((word for word in small if word in lowered_text), None)


_ENCODED = {
    kind: (tuple(word.encode() for word in written), tuple(word.encode() for word in folded))
    for kind, (written, folded) in _WORDS.items()
}


def telling(
    found: Collection[Found], peek: Callable[[SourceFile], bytes | None], silent: Collection[str] = ()
) -> Iterator[Found]:
    """The files that may tell something, source files among them that hold a word for it.

    `peek` gives the bytes of a file without anybody taking note; what is known to be `silent` is not looked into.
    """
    looked: dict[Telling, tuple[list[str], list[str]]] = {}
    for each in found:
        if each.kind != places.CODE:
            yield each
            continue
        pattern = Telling(_kind(each.file))
        among, holding = looked.setdefault(pattern, ([], []))
        among.append(each.path)
        if each.path in silent:
            continue
        source = peek(each.file)
        if source is None or pattern.search(source) is not None:
            holding.append(each.path)
            yield each
    for pattern, (among, holding) in looked.items():
        note_sought(pattern, among, holding)


def _kind(file: SourceFile) -> str:
    if file.suffix == ".py":
        return "python"
    if file.suffix == ".sql":
        return "sql"
    return "script for a browser" if is_for_browsers(file.path) else "script"
