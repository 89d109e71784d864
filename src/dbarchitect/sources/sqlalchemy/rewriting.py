"""Expressions with some of their parts replaced."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from typing import get_args

from dbarchitect.sources.python.expressions import Clause, Expr, FString, Keyword, Lambda, Literal, Name, Span, Unknown

_AS_TEXT = re.compile(r"\{\s*([A-Za-z_][\w.]*)\s*(?::s|!s)\s*\}\Z")


def substitute(expr: Expr, replacement: Callable[[Name], Expr | None]) -> Expr:
    """The expression with every name for which there is a replacement replaced."""
    if isinstance(expr, Name):
        return replacement(expr) or expr
    if isinstance(expr, FString):
        expr = plainly_formatted(expr)
    return rebuilt(expr, lambda part: substitute(part, replacement))


def plainly_formatted(expr: FString) -> FString:
    """An f-string with `{name:s}` and `{name!s}` read as `{name}`."""
    parts: list[str | Expr] = []
    for part in expr.parts:
        match = _AS_TEXT.match(part.text) if isinstance(part, Unknown) else None
        parts.append(Name(match[1], expr.span) if match is not None else part)
    return FString(tuple(parts), expr.span)


def rebuilt(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """The expression with each of its direct parts changed; lambdas are left as they are."""
    if isinstance(expr, (Name, Literal, Lambda, Unknown)):
        return expr
    changes: dict[str, object] = {}
    for part in fields(expr):
        value = getattr(expr, part.name)
        changed = _changed_part(value, change)
        if changed is not value:
            changes[part.name] = changed
    return replace(expr, **changes) if changes else expr  # type: ignore[arg-type]  # the fields of the same class


def _changed_part(value: object, change: Callable[[Expr], Expr]) -> object:
    match value:
        case tuple():
            parts = tuple(_changed_part(part, change) for part in value)
            return parts if any(a is not b for a, b in zip(parts, value, strict=True)) else value
        case Keyword():
            inner = change(value.value)
            return value if inner is value.value else replace(value, value=inner)
        case Clause():
            iterable = change(value.iterable)
            tests = tuple(change(test) for test in value.conditions)
            return Clause(value.targets, iterable, tests)
        case None | str() | Span():
            return value
        case _ if isinstance(value, get_args(Expr)):
            return change(value)
        case _:
            return value
