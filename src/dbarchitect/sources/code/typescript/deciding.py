"""Tests whose outcome is known: what a caller gives decides a branch."""

from __future__ import annotations

import re
from functools import lru_cache

from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.values import Const, Function, Undefined
from dbarchitect.sources.code.values import Entries, Value
from dbarchitect.sources.typescript.syntax import Binary, Expr, Literal, Member, Name, ObjectPattern, Pattern, Unary
from dbarchitect.sources.typescript.syntax import Function as FunctionSyntax

_DECIDING = (Const, Undefined, Function, Entries)
"""What tells how a test comes out."""
_UNDEFINED = Undefined()
_EQUAL = {"===": True, "==": True, "!==": False, "!=": False}


def decided(test: Expr, frame: Frame) -> bool | None:
    """How a test of a parameter comes out that the caller gives nothing, true, false, a text, an object or a function;
    None where it is not known."""
    if frame.depth == 0 or frame.function is None:
        return None
    if isinstance(test, Unary) and test.operator == "!":
        inner = decided(test.operand, frame)
        return None if inner is None else not inner
    if isinstance(test, Binary) and test.operator in _EQUAL and isinstance(test.right, Literal | Name):
        value = _given(test.left, frame)
        other = _literal(test.right)
        if other is None or not isinstance(value, Const | Undefined):
            return None
        same = type(value) is type(other) and value == other
        if test.operator in {"==", "!="} and (_is_nothing(value) or _is_nothing(other)):
            same = _is_nothing(value) and _is_nothing(other)
        return same is _EQUAL[test.operator]
    if isinstance(test, Binary) and test.operator in {"&&", "||"}:
        sides = (decided(test.left, frame), decided(test.right, frame))
        telling = test.operator == "||"
        if telling in sides:
            return telling
        return None if None in sides else not telling
    value = _given(test, frame)
    if isinstance(value, Undefined):
        return False
    if isinstance(value, Const):
        return bool(value.value)
    return True if isinstance(value, Function | Entries) else None


def _given(expr: Expr, frame: Frame) -> Value | None:
    """What a caller gives for a parameter that the function does not bind anew, or for a member of one."""
    function = frame.function
    if isinstance(expr, Member) and isinstance(expr.owner, Name) and function is not None:
        options = _given(expr.owner, frame)
        if not isinstance(options, Entries) or options.open or expr.name in options.optional:
            return None
        found = options.entries.get(expr.name, _UNDEFINED)
        known = isinstance(found, _DECIDING) and not _is_bound_anew(function, f"{expr.owner.id}.{expr.name}")
        return found if known else None
    if not isinstance(expr, Name) or function is None:
        return None
    value = frame.names.get(expr.id)
    if not isinstance(value, _DECIDING) or all(expr.id not in names_of(p.target) for p in function.parameters):
        return None
    return None if _is_bound_anew(function, expr.id) else value


@lru_cache(maxsize=20_000)
def _is_bound_anew(function: FunctionSyntax, name: str) -> bool:
    """Whether a function assigns to a name: asked each time that it is called."""
    source = function.module.source[function.start : function.end]
    anew = rb"(?:^|[;{}\n])\s*" + re.escape(name.encode()) + rb"\s*[-+*/|&?]{0,2}=(?![=>])"
    return re.search(anew, source) is not None


def names_of(pattern: Pattern) -> frozenset[str]:
    """The names that a pattern of a parameter binds, one level deep."""
    if isinstance(pattern, Name):
        return frozenset({pattern.id})
    if isinstance(pattern, ObjectPattern):
        return frozenset(p.target.id for p in pattern.properties if isinstance(p.target, Name))
    return frozenset()


def _literal(expr: Expr) -> Const | Undefined | None:
    if isinstance(expr, Literal):
        return Const(expr.value)
    return Undefined() if isinstance(expr, Name) and expr.id == "undefined" else None


def _is_nothing(value: Value) -> bool:
    return isinstance(value, Undefined) or value == Const(None)
