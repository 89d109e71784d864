"""Pieces of SQL: what the functions of `sql` give, and methods of what they give."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.sources.code.typescript.builders.values import Fragment, Raw
from dbarchitect.sources.code.typescript.values import Const
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import OPAQUE, Items, Value
from dbarchitect.sources.typescript import syntax


def of_sql(name: str, first: Value | None, arguments: Arguments) -> Value | None:
    """A call of a function of `sql` by its name (`raw`, `join`); None for another."""
    match name:
        case "raw" if first is not None:
            return Fragment((Raw(first),))
        case "identifier" if isinstance(first, Const):
            return Fragment((f'"{first.value}"',))
        case "identifier" if first is not None:
            return Fragment((Raw(first),))
        case "join" if isinstance(first, Items):
            return _joined(first, arguments.get(1))
        case "join":
            return Fragment((OPAQUE,))
        case "empty":
            return Fragment(())
        case "param" | "lit":
            return first
        case "placeholder":
            return OPAQUE
        case _:
            return None


def _joined(items: Items, separator: Value | None) -> Fragment:
    parts: list[str | Value] = []
    for number, item in enumerate(items.items):
        if number and separator is not None:
            parts.append(separator)
        parts.append(item)
    return Fragment(tuple(parts) if parts or not items.open else (OPAQUE,))


def raw_of(arguments: Arguments, site: Site) -> Fragment | None:
    """`sql.raw(text)`."""
    first = arguments.get(0)
    if first is None:
        return None
    expr = site.expr
    source = ""
    if isinstance(expr, syntax.Call) and expr.args:
        source = " ".join(site.frame.module.text(expr.args[0].start, expr.args[0].end).split())
    return Fragment((Raw(first, source),))


def of_fragment(owner: Fragment, name: str, arguments: Arguments) -> Value | None:
    """A method of a piece of SQL."""
    first = arguments.get(0)
    match name:
        case "as":
            return replace(owner, name=str(first.value)) if isinstance(first, Const) else owner
        case "append" if first is not None:
            return replace(owner, parts=(*owner.parts, first))
        case "if":
            return owner
        case "mapWith" | "getSQL" | "inlineParams" | "$castTo" | "withPlugin":
            return owner
        case _:
            return None
