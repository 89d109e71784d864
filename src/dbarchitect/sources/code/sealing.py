"""Values that were hashed or encrypted on their way to the database."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dbarchitect.sealed_names import opens, seals
from dbarchitect.sources.code.values import Library, Member, Opaque, Sealed, Text, Value, columns_read, inside, is_raw

_MADE_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]{0,11}(?:[_-][A-Za-z0-9]{1,11}){0,2}[_-]")
"""What a key begins with that is handed out (`sk_`, `acme_live_`), so that people and scanners know it."""


def after_call(function: Value, name: str, given: Iterable[Value], result: Value) -> Value:
    """What a call of a function of this name gives: sealed where it seals, or spells out what is sealed
    (`digest.hexdigest()`, `base64.b64encode(digest)`)."""
    if not isinstance(result, Opaque | Text | Member | Library) or isinstance(result, Sealed):
        return result
    return Sealed(is_raw(result), columns_read(result)) if seals(name) or _spells(function, name, given) else result


def _spells(function: Value, name: str, given: Iterable[Value]) -> bool:
    """Whether a library spells out what is sealed."""
    if isinstance(function, Member):
        return isinstance(function.owner, Sealed) and not opens(name)
    if not isinstance(function, Library) or opens(name):
        return False
    return any(isinstance(part, Sealed) for value in given for part in inside(value))


def put_together(operator: str, operands: Iterable[Value]) -> Value | None:
    """`cipher.update(text) + cipher.final()`; None for what has nothing sealed in it."""
    if operator != "+" or not any(isinstance(value, Sealed) for value in operands):
        return None
    return Sealed()


def is_sealed(value: Value) -> bool:
    """Whether a value was hashed or encrypted, or is a text with such a part (`f"{salt}:{digest}"`)."""
    match value:
        case Sealed():
            return True
        case Text(parts=(str(first), *_)) if _MADE_KEY.fullmatch(first) and not seals(first):
            return False  # `sk_${sha256(…)}`: whoever is given the key is given this very text
        case Text(parts=parts):
            return any(isinstance(part, Sealed) for part in parts)
        case Member(owner=owner):
            return isinstance(owner, Sealed)
        case _:
            return False
