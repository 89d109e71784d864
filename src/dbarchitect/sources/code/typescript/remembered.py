"""Calls that were followed already: which arguments make two calls of a function the same."""

from __future__ import annotations

from collections.abc import Hashable
from copy import copy
from dataclasses import replace

from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.checked import Checked
from dbarchitect.sources.code.typescript.values import (
    ClassValue,
    Const,
    EnumValue,
    Function,
    Instance,
    ModuleValue,
)
from dbarchitect.sources.code.typescript.vocabulary import Arguments
from dbarchitect.sources.code.values import Entries, Items, Member, Opaque, Rows, Sequence, Text, Value

_DEEPEST = 4
_MOST = 12


class NotTold(Exception):  # noqa: N818 - the fact, not the noun
    """A value of which nothing tells whether it equals another."""


def call_key(function: Function, arguments: Arguments) -> Hashable | None:
    """What makes a call the same as another one; None where that cannot be told."""
    if function.closure is not None and function.closure.function is not None:
        return None
    try:
        given = tuple(map(value_key, arguments.args))
        return id(function.function), value_key(function.this), given, arguments.dynamic
    except NotTold:
        return None


def value_key(value: Value, depth: int = 0) -> Hashable:  # noqa: C901 - one case for each kind of value
    """What makes a value the same as another. Raises `NotTold` for what cannot be compared."""
    if depth > _DEEPEST:
        raise NotTold
    match value:
        case None:
            return None
        case Checked(rule=rule):
            return "checked", rule
        case Opaque():
            return "opaque", value.raw
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
        case Member(owner=owner, name=name):
            return "member", value_key(owner, depth + 1), name
        case Instance(cls=cls, fields=fields):
            if len(fields) > _MOST:
                raise NotTold
            return "instance", id(cls), tuple((n, value_key(v, depth + 1)) for n, v in sorted(fields.items()))
        case Rows():
            if value.pending:
                raise NotTold
            record = id(value.record) if value.record is not None else None
            return "rows", value.model.key, value.many, record, value.loaded
        case Items(items=items):
            if len(items) > _MOST:
                raise NotTold
            return value.open, tuple(value_key(item, depth + 1) for item in items)
        case Sequence(element=element):
            return "sequence", value.rows, value_key(element, depth + 1)
        case Draft() | Entries() | Text():
            raise NotTold
        case _:
            return _own_key(value)


def _own_key(value: Value) -> Hashable:
    """Of a vocabulary's value: itself where it can be hashed by what it holds."""
    try:
        hash(value)
    except TypeError as error:
        raise NotTold from error
    return type(value).__name__, value


def again(value: Value) -> Value:
    """A remembered result for another caller: what callers may change is theirs alone."""
    match value:
        case Rows():
            return replace(value, pending=list(value.pending))
        case Items():
            own = copy(value)
            own.items = list(value.items)
            return own
        case Entries():
            return Entries(dict(value.entries), value.open, value.branch, dict(value.optional))
        case _:
            return value
