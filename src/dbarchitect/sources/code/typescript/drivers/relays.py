"""Functions of the project that hand a text of SQL on to a driver: `db.query(text, values)` of a module of its own.

The query is that of the place where the text is written, and not of the one line in which all of them are run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from dbarchitect.catalog.queries import Fetch
from dbarchitect.sources.code.records import Record
from dbarchitect.sources.code.typescript.drivers.texts import Statement
from dbarchitect.sources.code.typescript.values import Const
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Entries, Text, Value

_KEYS = ("text", "sql", "query", "statement")
_RUNNING = re.compile(
    r"(?:run|do|db|pg|raw|safe|perform|send|my)?_?(?:query|sql|execute|exec)(?!Hash|Key|Name)\w*\Z|"
    r"(?:get|fetch|select|find|load|run|db)?_?(?:all|one|many|none|any|rows?|first|single|scalar)"
    r"(?:or(?:none|null)|rows?)?(?:async|sync)?\Z|"
    r"(?:run|get|fetch|select|insert|update|delete)(?:async|sync)?\Z",
    re.IGNORECASE,
)
_ONE = re.compile(r"(?:get|one|first|single|row|scalar|value)(?!s)", re.IGNORECASE)
_SEVERAL = re.compile(r"all|many|rows|list|each", re.IGNORECASE)


@dataclass(eq=False, slots=True)
class Relay:
    """A text that a function was called with: where, and whether that function is followed by itself there.

    `given` are the values that it was called with besides, `records` the queries that were noted of it.
    """

    text: Value
    site: Site
    direct: bool
    given: tuple[Value, ...] = ()
    records: list[Record] = field(default_factory=list)


@dataclass(slots=True)
class Relays:
    """The texts that are being handed on, of the outermost call to the innermost."""

    open: list[Relay] = field(default_factory=list)

    def of(self, text: Value | None) -> Relay | None:
        """The call that a text was first given to."""
        return next((relay for relay in self.open if relay.text is text), None)


def texts_in(arguments: Arguments) -> Iterator[tuple[int, Value]]:
    """What may be a text of SQL among the arguments of a call, with its position."""
    for position, value in enumerate(arguments.args):
        if isinstance(value, Entries):
            inner = next((value.entries[key] for key in _KEYS if key in value.entries), None)
            if _is_text(inner):
                yield position, inner
        elif _is_text(value):
            yield position, value


def runs_by_name(name: str) -> bool:
    """Whether a function is called as what runs a statement: `queryRows`, `runQuery`, `fetchOne`."""
    return _RUNNING.match(name) is not None


def fetched_by_name(name: str) -> Fetch:
    """What a function that runs a statement gives, by its name."""
    return Fetch.FIRST if _ONE.search(name) and not _SEVERAL.search(name) else Fetch.ALL


def _is_text(value: Value) -> bool:
    return isinstance(value, Text | Statement) or (isinstance(value, Const) and isinstance(value.value, str))
