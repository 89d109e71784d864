"""Calls that were followed already: which arguments make two calls of a function the same."""

from __future__ import annotations

from collections.abc import Hashable

from dbarchitect.sources.code.remembered import DEEPEST, NotTold, fields_key, shared_key
from dbarchitect.sources.code.sql import Hole, looks_like_sql
from dbarchitect.sources.code.typescript.checked import Checked
from dbarchitect.sources.code.typescript.texts import ways_of
from dbarchitect.sources.code.typescript.values import (
    ClassValue,
    Const,
    EnumValue,
    Function,
    Instance,
    ModuleValue,
)
from dbarchitect.sources.code.typescript.vocabulary import Arguments
from dbarchitect.sources.code.values import Entries, Text, Value


def call_key(function: Function, arguments: Arguments) -> Hashable | None:
    """What makes a call the same as another one; None where that cannot be told, or where a text of SQL is handed on:
    its query is that of the place that calls."""
    if any(_is_sql(value) for value in arguments.args):
        return None
    if function.closure is not None and function.closure.function is not None:
        return None
    try:
        given = tuple(map(value_key, arguments.args))
        return id(function.function), value_key(function.this), given, arguments.dynamic
    except NotTold:
        return None


def _is_sql(value: Value) -> bool:
    match value:
        case Const(value=str() as text):
            return looks_like_sql(text)
        case Text():
            parts = ways_of(value)[0].parts
            return looks_like_sql(tuple(part if isinstance(part, str) else Hole("…") for part in parts))
        case Entries(entries=entries):
            return any(isinstance(entry, Const | Text) and _is_sql(entry) for entry in entries.values())
        case _:
            return False


def value_key(value: Value, depth: int = 0) -> Hashable:
    """What makes a value the same as another. Raises `NotTold` for what cannot be compared."""
    if depth > DEEPEST:
        raise NotTold
    match value:
        case None:
            return None
        case Checked(rule=rule):
            return "checked", rule
        case Const(value=known):
            return "constant", type(known).__name__, known
        case ClassValue(cls=cls):
            return "class", id(cls)
        case EnumValue(enum=enum):
            return "enum", id(enum)
        case ModuleValue(module=module):
            return "module", module.path
        case Function(function=function, this=this, closure=closure):
            if closure is not None and closure.function is not None:
                raise NotTold
            return "function", id(function), value_key(this, depth + 1)
        case Instance(cls=cls, fields=fields):
            return "instance", id(cls), fields_key(fields, depth, value_key)
        case _:
            return shared_key(value, depth, value_key)
