"""What a method is called on, of which nobody knows what it is."""

from __future__ import annotations

from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.values import Choice, Const, EnumValue, Setting, Table
from dbarchitect.sources.code.values import Items, Library, Member, Rows, Sequence, Text, Value

_OTHERS = (Const, Choice, Text, Items, Rows, Sequence, Draft, Table, Setting, EnumValue)
"""What is certainly no database."""


def is_open(value: Value) -> bool:
    """Whether nothing says that a value is no database: it is one, or nobody knows what it is."""
    match value:
        case Member(owner=owner):
            return is_open(owner) or isinstance(owner, Items)
        case Library(name=name):
            return ":" in name  # of a package; `Object.values` is the language's
        case _:
            return not isinstance(value, _OTHERS)
