"""Texts of which a program decides what stands in them: conditions that are put to a statement under a test, one of two
orders. The texts that they may come to are read one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from dbarchitect.sources.code.texts import together
from dbarchitect.sources.code.values import Text, Value, Ways

MOST_WAYS = 4
"""Texts that are read of one: with all that may stand in it, with as little as possible, and others between."""
_MOST_PIECES = 60
"""Pieces of the longest text whose ways are told apart."""
_DEEPEST = 6
_WORDS = "select|insert|update|delete|with|from|where|and|or|order|group|having|limit|offset|join|left|inner|cross|set|"
_WORDS += "values|create|drop|alter|merge|replace|returning|union|on|as|asc|desc"
_SQL = re.compile(
    rf"\s*(?:\(\s*)?(?:{_WORDS}|{_WORDS.upper()})\s+\S|.*\s(?:=|<|>|<=|>=|<>|!=|IN|LIKE|ILIKE|in|like)\s"
    r"|\w[\w.]*\s+(?:asc|desc|ASC|DESC)\b",
    re.DOTALL,
)

Named = tuple[str | Value, str]
"""A piece of a text, and how it is written where it is none."""
EMPTY = Text(("",))


def is_fragment(text: str) -> bool:
    """Whether a text is SQL, or a part of it."""
    return _SQL.match(text) is not None


def is_statement_piece(text: Text) -> bool:
    """Whether a text that is put together holds SQL, or a part of it."""
    return any(
        is_fragment(part)
        if isinstance(part, str)
        else isinstance(part, Ways) and any(map(is_statement_piece, part.texts))
        for part in text.parts
    )


def one_of(first: Text, second: Text) -> Text | None:
    """A text that is the one or the other, as the program decides: what both begin and end with stands in it once.

    None where too much would have to be told apart.
    """
    left, right = list(_named(first)), list(_named(second))
    if len(left) + len(right) > _MOST_PIECES:
        return None
    before: list[Named] = []
    while left and right and left[0] == right[0]:
        before.append(left.pop(0))
        right.pop(0)
    _cut(left, right, before, at_end=False)
    after: list[Named] = []
    while left and right and left[-1] == right[-1]:
        after.insert(0, left.pop())
        right.pop()
    _cut(left, right, after, at_end=True)
    either = _ways((_text(left), _text(right)))
    if _depth(either) > _DEEPEST:
        return None
    return _text((*before, (either, "…"), *after))


def sometimes(text: Text) -> Text:
    """A text that is there on some ways through the program only."""
    return Text((_ways((text, EMPTY)),), ("…",))


def joined(texts: Iterable[Text], separator: str) -> Text:
    """Texts with a separator between; beside one that is there on some ways only, the separator is there with it."""
    listed = list(texts)
    certain = next((number for number, text in enumerate(listed) if _optional(text) is None), len(listed))
    pieces: list[Named] = []
    for number, text in enumerate(listed):
        optional = _optional(text)
        if optional is None or certain == len(listed):
            pieces.extend([(separator, "")] if number and (number > certain or certain == len(listed)) else [])
            pieces.extend(_named(text))
        elif number < certain:
            pieces.append((_ways((_text((*_named(optional), (separator, ""))), EMPTY)), "…"))
        else:
            pieces.append((_ways((_text(((separator, ""), *_named(optional))), EMPTY)), "…"))
    return _text(pieces)


def ways_through(text: Text, choice: Callable[[Value], Sequence[str] | None] = lambda _: None) -> tuple[Text, ...]:
    """The texts that a text may come to: the first with all that may stand in it, the last with as little as possible.

    `choice` tells of a value that is one of several texts of the program which they are.
    """
    count = min(_most(text, choice), MOST_WAYS)
    return tuple(_each_once(_text(_taken(text, number, choice)) for number in range(count)))


def _named(text: Text) -> Iterator[Named]:
    names = iter(text.sources)
    for part in text.parts:
        yield (part, "") if isinstance(part, str) else (part, next(names, "…"))


def _text(pieces: Iterable[Named]) -> Text:
    listed = list(pieces)
    parts = together(piece for piece, _ in listed if piece != "")
    return Text(tuple(parts), tuple(source for piece, source in listed if not isinstance(piece, str)))


def _ways(texts: tuple[Text, ...]) -> Ways:
    flat: list[Text] = []
    for text in texts:
        only = text.parts[0] if len(text.parts) == 1 else None
        flat.extend(only.texts if isinstance(only, Ways) else (text,))
    return Ways(tuple(sorted(_each_once(flat), key=_length, reverse=True)))


def _each_once(texts: Iterable[Text]) -> list[Text]:
    """Texts without those that are there already; what is put into them may be no key of a dictionary."""
    found: list[Text] = []
    for text in texts:
        if text not in found:
            found.append(text)
    return found


def _length(text: Text) -> int:
    return sum(
        len(part) if isinstance(part, str) else max(map(_length, part.texts)) if isinstance(part, Ways) else 1
        for part in text.parts
    )


def _depth(ways: Ways) -> int:
    inner = [part for text in ways.texts for part in text.parts if isinstance(part, Ways)]
    return 1 + max(map(_depth, inner), default=0)


def _cut(left: list[Named], right: list[Named], shared: list[Named], *, at_end: bool) -> None:
    """Take from two texts the words that both begin (or end) with."""
    at = -1 if at_end else 0
    if not left or not right:
        return
    one, other = left[at][0], right[at][0]
    if not isinstance(one, str) or not isinstance(other, str):
        return
    length = _shared_end(one, other) if at_end else _shared_start(one, other)
    if not length:
        return
    if at_end:
        shared.insert(0, (one[len(one) - length :], ""))
        left[at], right[at] = (one[: len(one) - length], ""), (other[: len(other) - length], "")
    else:
        shared.append((one[:length], ""))
        left[at], right[at] = (one[length:], ""), (other[length:], "")


def _shared_start(one: str, other: str) -> int:
    """Characters of the whole words that two texts begin with."""
    length = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        length += 1
    while length and not (_ends_word(one, length) and _ends_word(other, length)):
        length -= 1
    return length


def _shared_end(one: str, other: str) -> int:
    return _shared_start(one[::-1], other[::-1])


def _ends_word(text: str, length: int) -> bool:
    return length == len(text) or text[length].isspace() or text[length - 1].isspace()


def _optional(text: Text) -> Text | None:
    """What a text is where it is there at all; None for one that is there in any case."""
    only = text.parts[0] if len(text.parts) == 1 else None
    if isinstance(only, Ways) and len(only.texts) == 2 and not _length(only.texts[1]):
        return only.texts[0]
    return None


def _most(text: Text, choice: Callable[[Value], Sequence[str] | None]) -> int:
    most = 1
    for part in text.parts:
        if isinstance(part, Ways):
            most = max(most, len(part.texts), *(_most(inner, choice) for inner in part.texts))
        elif not isinstance(part, str):
            most = max(most, len(choice(part) or ()))
    return most


def _taken(text: Text, number: int, choice: Callable[[Value], Sequence[str] | None]) -> Iterator[Named]:
    """The pieces of a text where of each that is one of several that one is taken."""
    for part, source in _named(text):
        if isinstance(part, Ways):
            yield from _taken(part.texts[min(number, len(part.texts) - 1)], number, choice)
        elif not isinstance(part, str) and (texts := choice(part)):
            yield texts[min(number, len(texts) - 1)], ""
        else:
            yield part, source
