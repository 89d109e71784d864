"""A value of the program as a text of SQL: what is bound to a place in it, what is pasted into it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.sources.code.sql import Hole, looks_like_sql
from dbarchitect.sources.code.typescript.texts import ways_of
from dbarchitect.sources.code.typescript.values import Choice, Const
from dbarchitect.sources.code.values import Escaped, Items, Member, Opaque, Sequence, Text, Value, Ways, is_raw

NAME = "??"
"""The place of a name that the driver quotes (Knex, mysql2)."""
_DEEPEST = 8
_INLINE = 60
"""Characters of the longest constant that is put into a statement as itself."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A template with the tag of a driver: texts and values in turn, the values bound and not pasted.

    `sources` is how each value is written. It runs when it is awaited, or is a piece of another one.
    """

    parts: tuple[str | Value, ...]
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """`sql(name)`, `sql(row, "a", "b")`: names of columns, or columns with their values, that a driver quotes."""

    given: Value


@dataclass(frozen=True, slots=True)
class Pasted:
    """`sql.unsafe(text)` within a template: put in as it is."""

    given: Value
    source: str = "…"


@dataclass(frozen=True, slots=True)
class Read:
    """A text of SQL in pieces; `given` are the values bound to it, `pasted` what is put into it as it is.

    `others` are the texts that it may come to on other ways through the program.
    """

    parts: tuple[str | Hole, ...]
    given: tuple[Value, ...] = ()
    pasted: tuple[Value, ...] = ()
    numbers: frozenset[str] = frozenset()
    others: tuple[tuple[str | Hole, ...], ...] = ()

    @property
    def is_raw(self) -> bool:
        """Whether some of what is put in comes from a request as it is."""
        return any(map(is_raw_text, self.pasted))


def text_of(value: Value | None) -> Read | None:
    """A text that is given to a driver; None where it is none, or does not look like SQL."""
    if isinstance(value, Statement):
        return statement_of(value)
    ways = [read for text in ways_of(value) if (read := _read(text)) is not None]
    if len(ways) < 2:
        return ways[0] if ways else None
    pasted = tuple(put_in for way in ways for put_in in way.pasted)
    numbers = frozenset[str]().union(*(way.numbers for way in ways))
    return Read(ways[0].parts, (), pasted, numbers, tuple(way.parts for way in ways[1:]))


def _read(text: Text) -> Read | None:
    names = iter(text.sources)
    put_in = tuple(part for part in text.parts if not isinstance(part, str))
    pieces = tuple(part if isinstance(part, str) else Hole(next(names, "…")) for part in text.parts)
    numbers = frozenset(name for part, name in zip(put_in, text.sources, strict=False) if is_chosen(part))
    return Read(tuple(_named(pieces)), (), put_in, numbers) if looks_like_sql(pieces) else None


def _named(pieces: Iterable[str | Hole]) -> Iterator[str | Hole]:
    """A text with a hole for the place of each name."""
    for piece in pieces:
        if isinstance(piece, Hole):
            yield piece
            continue
        for number, text in enumerate(piece.split(NAME)):
            if number:
                yield Hole(NAME)
            yield text


def statement_of(statement: Statement, place: str = "?") -> Read | None:
    """A tagged template as SQL; `place` is how the dialect writes a place that a value is bound to."""
    given: list[Value] = []
    pasted: list[Value] = []
    pieces = tuple(_pieces(statement, given, pasted, place, 0))
    return Read(pieces, tuple(given), tuple(pasted)) if looks_like_sql(pieces) else None


def _pieces(
    statement: Statement, given: list[Value], pasted: list[Value], place: str, depth: int
) -> Iterator[str | Hole]:
    names = iter(statement.sources)
    for part in statement.parts:
        if isinstance(part, str):
            yield part
            continue
        name = next(names, "…")
        match part:
            case Statement() if depth < _DEEPEST:
                yield from _pieces(part, given, pasted, place, depth + 1)
            case Names(given=Const(value=str() as text)):
                yield f'"{text}"' if text.isidentifier() else text
            case Names(given=Items(items=items)) if items and all(isinstance(i, Const) for i in items):
                yield ", ".join(_literal(item) for item in items if isinstance(item, Const))
            case Names(given=inner):
                given.append(inner)
                yield Hole(name)
            case Pasted(given=inner, source=source):
                pasted.append(inner)
                yield Hole(source)
            case Const(value=str() | int() | float()) if len(str(part.value)) <= _INLINE:
                yield _literal(part)
            case _:
                given.append(part)
                yield place if place == "?" else f"${len(given)}"


def _literal(constant: Const) -> str:
    value = constant.value
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def is_chosen(value: Value) -> bool:
    """Whether a value is a number, a key, escaped or one of the program's own constants, as far as can be told."""
    if isinstance(value, Opaque):
        fit = value.number or isinstance(value, Escaped)
        return fit or (value.cell is not None and value.cell.columns[-1:] == ("id",))
    return isinstance(value, Choice) or (isinstance(value, Member) and value.name in {"id", "length"})


def is_raw_text(value: Value) -> bool:
    """Whether a request decides about a text itself: by what is put in as it came, and is no number."""
    match value:
        case Text(parts=parts):
            return any(is_raw_text(part) for part in parts if not isinstance(part, str))
        case Ways(texts=texts):
            return any(map(is_raw_text, texts))
        case _:
            return is_raw(value) and not (isinstance(value, Opaque) and value.number)


def any_raw(values: Iterable[Value]) -> bool:
    """Whether some of the values come from a request as they are."""
    return any(is_raw(value) or (isinstance(value, Sequence) and is_raw(value.element)) for value in values)
