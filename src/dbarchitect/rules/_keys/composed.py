"""Rows whose primary key is put together from columns that the code takes for a key: a second row like one that is
there has its key, and is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import QueryFact

_WORD = re.compile(r"[^\W\d]\w*")
_FIELD = r"(?<![\w.]){}\s*[:=](?!=)\s*"
_OPENING, _CLOSING = "([{", ")]}"


def is_composed(table: Table, columns: Sequence[str], making: QueryFact) -> bool:
    """Whether an insert writes a primary key of one column that is made of the values of all these columns, or of what
    they are called (`id=f"{tenant_id}_{name}"`, `id: digest(team.id, user.id)`)."""
    key = table.primary_key.columns if table.primary_key is not None else ()
    value = _written(making.text, key[0]) if len(key) == 1 else None
    if value is None or not any(mark in value for mark in "({+"):
        return False
    within = {_plain(word) for word in _WORD.findall(value)}
    for name in columns:
        given = _written(making.text, name) or name
        own = {_plain(name), _plain((_WORD.findall(given) or [name])[-1] if "." not in given else name)}
        if not own & within and _squeezed(given) not in _squeezed(value):
            return False
    return True


def _written(text: str, column: str) -> str | None:
    """What a call writes into a field of a column's name."""
    parts = [re.escape(part) for part in column.split("_")]
    found = re.search(_FIELD.format("_?".join(parts)), text, re.IGNORECASE)
    if found is None:
        return None
    depth, quote, start = 0, "", found.end()
    for at in range(start, len(text)):
        character = text[at]
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'`":
            quote = character
        elif character in _OPENING:
            depth += 1
        elif (character in _CLOSING and depth == 0) or (character == "," and depth == 0):
            return text[start:at].strip()
        elif character in _CLOSING:
            depth -= 1
    return text[start:].strip()


def _plain(name: str) -> str:
    return name.replace("_", "").casefold()


def _squeezed(text: str) -> str:
    return "".join(text.split())
