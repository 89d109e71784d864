"""Calls that were followed already: which arguments make two calls of a function the same."""

from __future__ import annotations

from collections.abc import Hashable

from dbarchitect.sources.code.python.values import (
    ClassValue,
    Const,
    Function,
    Instance,
    LambdaValue,
    ModelClass,
    ModuleValue,
)
from dbarchitect.sources.code.python.vocabulary import Arguments
from dbarchitect.sources.code.remembered import DEEPEST, NotTold, fields_key, shared_key
from dbarchitect.sources.code.sql import looks_like_sql
from dbarchitect.sources.code.values import Value
from dbarchitect.sources.python.constants import EnumMember

_PLAIN = (str, int, float, bool, EnumMember, type(None))


def call_key(function: Function, arguments: Arguments) -> Hashable | None:
    """What makes a call the same as another one; None where that cannot be told."""
    try:
        return (
            id(function.function),
            value_key(function.owner),
            tuple(map(value_key, arguments.args)),
            tuple((name, value_key(value)) for name, value in arguments.kwargs.items()),
            arguments.dynamic,
        )
    except NotTold:
        return None


def value_key(value: Value, depth: int = 0) -> Hashable:
    """What makes a value the same as another. Raises `NotTold` for what cannot be compared."""
    if depth > DEEPEST:
        raise NotTold
    match value:
        case None:
            return None
        case Const(value=known):
            if isinstance(known, str) and looks_like_sql(known):
                raise NotTold  # a query is told of each place that hands in its text
            if isinstance(known, _PLAIN):
                return "constant", type(known).__name__, repr(known)
            raise NotTold
        case ModelClass():
            return "model", value.model.key, value.alias
        case ClassValue(cls=cls):
            return "class", id(cls)
        case ModuleValue(module=module):
            return "module", module.path
        case Function(function=function, owner=owner, closure=None):
            return "function", id(function), value_key(owner, depth + 1)
        case Instance(cls=cls, fields=fields):
            return "instance", id(cls), fields_key(fields, depth, value_key)
        case LambdaValue() | Function():
            raise NotTold
        case _:
            return shared_key(value, depth, value_key)
