"""Operators on known values, within bounds: what a stranger wrote must not exhaust us."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable

from dbarchitect.sources.python.constants import UNKNOWN, Constant, EnumMember, Environment, is_known

MOST = 20_000
"""The most elements or characters that an evaluated value may have."""

_WIDTH = re.compile(r"%[-+ #0]*(?:\*|\d{3})|\.\d{3}|\.\*")

_BINARY: dict[str, Callable[[Constant, Constant], Constant]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "|": operator.or_, "&": operator.and_, "^": operator.xor,
    "<<": operator.lshift, ">>": operator.rshift,
}  # fmt: skip
_COMPARE: dict[str, Callable[[Constant, Constant], Constant]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "in": lambda a, b: a in b, "not in": lambda a, b: a not in b,
    "is": lambda a, b: a is b or a == b, "is not": lambda a, b: not (a is b or a == b),
}  # fmt: skip
_UNARY: dict[str, Callable[[Constant], Constant]] = {
    "-": operator.neg, "+": operator.pos, "~": operator.invert, "not": operator.not_,
}  # fmt: skip


def binary(op: str, left: Constant, right: Constant) -> Constant:
    """`left op right` of two known values; UNKNOWN where it would be too large."""
    left, right = unmixed(left), unmixed(right)
    if op not in _BINARY or not _is_small(op, left, right):
        return UNKNOWN
    return _BINARY[op](left, right)


def unary(op: str, operand: Constant) -> Constant:
    """`op operand` of a known value."""
    return _UNARY[op](unmixed(operand)) if op in _UNARY else UNKNOWN


def compare(op: str, left: Constant, right: Constant) -> Constant:
    """One comparison of two known values."""
    return _COMPARE[op](left, right) if op in _COMPARE else UNKNOWN


def unmixed(value: Constant) -> Constant:
    """A member of `StrEnum`, `TextChoices` … as the text or number that it is."""
    return value.value if isinstance(value, EnumMember) and value.mixed else value


def as_text(value: Constant) -> Constant:
    """`str(value)` of a known value, else UNKNOWN."""
    value = unmixed(value)
    return UNKNOWN if not is_known(value) or isinstance(value, EnumMember) else str(value)


def listed_default(value: Constant) -> Constant:
    """The default of a list that the environment may replace; any other value as it is."""
    if isinstance(value, Environment) and isinstance(value.default, (list, tuple)):
        return value.default
    return value


def changed(value: Constant, op: str, key: Constant, given: Constant) -> Constant:
    """A value after `op` (`+=`, `append`, `[]=` …); what does not apply to it leaves it as it was."""
    given = listed_default(given) if op in {"+=", "extend"} else given
    match op, value:
        case "+=" | "extend", list() | tuple():
            more = list(given) if isinstance(given, (list, tuple)) else [UNKNOWN]
            return (*value, *more) if isinstance(value, tuple) else [*value, *more]
        case "append" | "insert", list():
            position = key if op == "insert" and isinstance(key, int) else len(value)
            return [*value[:position], given, *value[position:]]
        case "remove", list():
            return [item for item in value if item != given]
        case "[]=" | "setdefault", dict() if is_known(key):
            return {**value, key: given} if op == "[]=" else {key: given, **value}
        case "update" | "|=", dict():
            return {**value, **given} if isinstance(given, dict) else {**value, UNKNOWN: UNKNOWN}
        case "+=", str() if isinstance(given, str):
            return value + given
        case "+=" | "extend" | "append", _ if value is UNKNOWN:
            return [UNKNOWN, *(given if isinstance(given, (list, tuple)) and op != "append" else [given])]
        case _:
            return value


def _is_small(op: str, left: Constant, right: Constant) -> bool:
    if op == "**":
        return bool(abs(right) <= 128 and abs(left) <= 2**64)
    if op == "<<":
        return bool(right <= 128)
    if op == "*":
        for many, times in ((left, right), (right, left)):
            if isinstance(many, (str, bytes, list, tuple)) and isinstance(times, int):
                return len(many) * times <= MOST
        return not isinstance(left, int) or abs(left) < 2**512
    if op == "%" and isinstance(left, str):
        return is_known(right) and len(left) < MOST and not _WIDTH.search(left)
    return True
