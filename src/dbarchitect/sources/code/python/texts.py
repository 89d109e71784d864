"""Texts that a program puts together: which pieces are known, and how the others are written."""

from __future__ import annotations

import re

from dbarchitect.sources.code import alternatives
from dbarchitect.sources.code.alternatives import is_fragment, is_statement_piece
from dbarchitect.sources.code.python.values import Const
from dbarchitect.sources.code.python.vocabulary import Arguments
from dbarchitect.sources.code.texts import text_or_unknown, together
from dbarchitect.sources.code.values import (
    OPAQUE,
    OWN,
    Items,
    Opaque,
    Sequence,
    Text,
    Value,
    columns_read,
    is_raw,
)
from dbarchitect.sources.python.constants import EnumMember
from dbarchitect.sources.python.expressions import (
    Attribute,
    BinOp,
    Call,
    Comprehension,
    Dict,
    Display,
    Expr,
    FString,
    Literal,
    Name,
    Starred,
    Subscript,
)

_DIRECTIONS = {"ASC", "DESC"}
_PLACE = 3
"""Pieces of the longest place for a value: `%(`, its name, `)s`."""


def written(expr: Expr) -> str:
    """An expression roughly as it is written, short, for a reader to recognise it."""
    match expr:
        case Name(id=id_):
            return id_
        case Attribute(value=inner, attr=attr):
            return f"{written(inner)}.{attr}"
        case Call(function=Name(id="enumerate" | "sorted" | "reversed" | "list" | "set" as name), args=(first, *_)):
            return f"{name}({written(first)})"
        case Call(function=function):
            return f"{written(function)}(…)"
        case Subscript(value=inner):
            return f"{written(inner)}[…]"
        case Literal(value=value):
            return repr(value)[:40]
        case Starred(value=inner):
            return f"*{written(inner)}"
        case BinOp(op=op, left=left, right=right):
            return f"{written(left)} {op} {written(right)}"[:80]
        case Display() | Dict() | Comprehension():
            return "a list"
        case FString():
            return "a text"
        case _:
            return "…"


def pieces_of(value: Value) -> list[str | Value]:
    """A value as pieces of a text."""
    match value:
        case Const(value=str(text)):
            return [text]
        case Const(value=int(number)):
            return [str(number)]
        case Const(value=EnumMember(value=str(text))):
            return [text]
        case Text(parts=parts):
            return list(parts)
        case _:
            return [value]


def sources_of(value: Value, expr: Expr) -> list[str]:
    """How the pieces of a value that are no text are written."""
    if isinstance(value, Text):
        return list(value.sources)
    return [] if isinstance(pieces_of(value)[0], str) else [written(expr)]


def _named(value: Value, source: str) -> list[str]:
    """How the pieces of a value that are no text are written, where the value itself is written so."""
    if isinstance(value, Text):
        return list(value.sources)
    return [] if isinstance(pieces_of(value)[0], str) else [source]


def text_of(pieces: list[str | Value], sources: tuple[str, ...]) -> Value:
    """A text of pieces: a constant where all are known."""
    found = text_or_unknown(together(pieces), sources)
    if isinstance(found, Text) and all(isinstance(piece, str) for piece in found.parts):
        return Const("".join(str(piece) for piece in found.parts))
    return found


def percent(left: Value, filled: list[Value], sources: tuple[str, ...]) -> Value:
    """`"… %s …" % values`: each mark replaced by its value, as far as they can be told apart."""
    pieces: list[str | Value] = []
    used: list[str] = []
    values = list(zip(filled, sources, strict=True))
    for piece in pieces_of(left):
        if not isinstance(piece, str):
            pieces.append(piece)
            continue
        position = 0
        for mark in re.finditer(r"%(?:\(\w++\))?+[-+ #0]*+[\d.]*+[sdrif]|%%", piece):
            pieces.append(piece[position : mark.start()])
            position = mark.end()
            if mark[0] == "%%":
                pieces.append("%")
                continue
            value, source = values.pop(0) if values else (OPAQUE, "…")
            pieces.extend(pieces_of(value))
            used.extend(_named(value, source))
        pieces.append(piece[position:])
    return text_of(pieces, tuple(used))


def formatted(owner: Const | Text, arguments: Arguments) -> Value:
    """`"…{}…".format(values)`: each pair of braces replaced by its value."""
    pieces: list[str | Value] = []
    sources: list[str] = list(owner.sources) if isinstance(owner, Text) else []
    values = list(arguments.args)
    for piece in pieces_of(owner):
        if not isinstance(piece, str):
            pieces.append(piece)
            continue
        head, *rest = piece.replace("{{", "\0").replace("}}", "\1").split("{")
        pieces.append(_braces(head))
        for part in rest:
            name, _, after = part.partition("}")
            key = name.partition(":")[0].partition("!")[0]
            value: Value = arguments.kwargs.get(key, OPAQUE) if key and not key.isdigit() else OPAQUE
            if not key and values:
                value = values.pop(0)
            elif key.isdigit() and int(key) < len(arguments.args):
                value = arguments.args[int(key)]
            pieces.extend(pieces_of(value))
            sources.extend(_named(value, key or "…"))
            pieces.append(_braces(after))
    return text_of(pieces, tuple(sources))


def joined(owner: Const, inner: Value) -> Value:
    """`", ".join(pieces)`: a constant where every piece is one (`"?"` for each of the values), the program's own where
    each is a place for a value (`f":{name}"`) or one of its texts."""
    pieces = inner.items if isinstance(inner, Items) else [inner.element] if isinstance(inner, Sequence) else []
    texts = [p.value for p in pieces if isinstance(p, Const) and isinstance(p.value, str)]
    if texts and len(texts) == len(pieces):
        return Const(str(owner.value).join(texts))
    if isinstance(inner, Items) and any(isinstance(p, Text) and is_statement_piece(p) for p in pieces):
        listed = [Text(tuple(pieces_of(p)), tuple(_named(p, "…"))) for p in pieces]
        more = [Text((OPAQUE,), ("…",))] if inner.open else []
        return alternatives.joined((*listed, *more), str(owner.value))
    if pieces and all(isinstance(p, Const) or (isinstance(p, Opaque) and p.own) or _is_place(p) for p in pieces):
        return OWN
    return Opaque(is_raw(inner), columns_read(inner))


def one_text(first: Value, second: Value) -> Value | None:
    """A text that is the one or the other, as the program decides; None where neither is a piece of SQL."""
    if isinstance(first, Const) and isinstance(second, Const):
        either = (first.value, second.value)
        if not isinstance(first.value, str) or not isinstance(second.value, str) or first.value == second.value:
            return None
        if set(either) != _DIRECTIONS and not is_fragment(first.value) and not is_fragment(second.value):
            return None
        return alternatives.one_of(Text((first.value,)), Text((second.value,)))
    one, other = _whole(first), _whole(second)
    if one is None or other is None or one == other:
        return None
    return alternatives.one_of(one, other) if is_statement_piece(one) or is_statement_piece(other) else None


def perhaps(value: Value) -> Value | None:
    """A piece of SQL that is there on some ways through the code only; None for anything else."""
    text = _whole(value)
    return alternatives.sometimes(text) if text is not None and is_statement_piece(text) else None


def _whole(value: Value) -> Text | None:
    if isinstance(value, Text):
        return value
    return Text((value.value,)) if isinstance(value, Const) and isinstance(value.value, str) else None


def _is_place(value: Value) -> bool:
    """Whether a text is a place for a value with a name: `:name`, `%(name)s`, `$1`, `@name`."""
    if not isinstance(value, Text) or not 2 <= len(value.parts) <= _PLACE:
        return False
    before, after = value.parts[0], value.parts[2:]
    return (before in {":", "$", "@"} and not after) or (before == "%(" and after == (")s",))


def _braces(text: str) -> str:
    return text.replace("\0", "{").replace("\1", "}")
