"""Texts that a program makes fit for a literal of SQL by itself."""

from __future__ import annotations

import re

from dbarchitect.sources.code.typescript.values import Const
from dbarchitect.sources.code.typescript.vocabulary import Site
from dbarchitect.sources.code.values import Escaped, Text, Value, columns_read
from dbarchitect.sources.typescript import syntax

_WRITTEN_OUT = frozenset({"toISOString", "toJSON"})
ESCAPING = _WRITTEN_OUT | {"replace", "replaceAll"}
_APOSTROPHE = re.compile(r"(?:\[(?!\^)[^\]']*+'[^\]]*+\]|\(?'\)?)\+?")
_ALL_BUT_SAFE = re.compile(
    r"\[\^(?:[A-Za-z0-9]-[A-Za-z0-9]-?|[A-Za-z0-9]|\\[wds]|\\p\{\w+\}|\\u(?!00[0-7])[0-9A-Fa-f]{4}-?|[^\x00-\x7f]-?|"
    r"\\?[_.@:,/ #+*$!?()&=|~^%]|\\-|-(?=\]))*+\]\+?"
)
"""All but letters, digits and the like: what is left holds no apostrophe."""


def escapes(method: str, site: Site) -> bool:
    """Whether a method of a text gives one in which nothing ends a literal: `.replace(/'/g, "''")`, a date."""
    if method in _WRITTEN_OUT:
        return True
    call = site.expr
    if not isinstance(call, syntax.Call) or len(call.args) != 2:
        return False
    sought, put_in = call.args
    if isinstance(put_in, syntax.Literal) and put_in.value == "'":
        return False
    if isinstance(sought, syntax.Literal):
        return method == "replaceAll" and sought.value == "'"  # `replace` changes the first one only
    if not isinstance(sought, syntax.Regex):
        return False
    flags = site.frame.module.text(sought.start, sought.end).rpartition("/")[2]
    return "g" in flags and bool(_APOSTROPHE.fullmatch(sought.pattern) or _ALL_BUT_SAFE.fullmatch(sought.pattern))


def escaped(value: Value) -> Value:
    """What escaping makes of a text: its own words stay, and what the program fills in can do no harm."""
    if isinstance(value, Const):
        return value if isinstance(value.value, str) and "'" not in value.value else Escaped()
    if isinstance(value, Text):
        return Text(tuple(p if isinstance(p, str) else escaped(p) for p in value.parts), value.sources)
    return Escaped(reads=columns_read(value))
