"""What an operator makes of two values, and whether a value counts as true."""

from __future__ import annotations

from dbarchitect.sources.drizzle.values import (
    UNDEFINED,
    Called,
    Closure,
    Computed,
    Defined,
    Namespace,
    Obj,
    Value,
    is_constant,
    links,
)

_LONGEST = 200_000
_EQUALS = frozenset({"===", "==", "!==", "!="})


def truth(value: Value) -> bool | None:
    """Whether a value counts as true; None where that cannot be told."""
    if value is UNDEFINED or is_constant(value):
        return bool(value) and value is not UNDEFINED
    if isinstance(value, tuple | Obj | Closure | Namespace | Defined):
        return True
    if isinstance(value, Computed) and value.operator in {"||", "??"} and truth(value.right):
        return True
    return None


def computed(operator: str, left: Value, right: Value) -> Value:
    """`left operator right`: a constant where both are, else as it stands."""
    if operator == "??":
        return right if left is UNDEFINED or left is None else left if _is_known(left) else Computed("??", left, right)
    if operator in {"||", "&&"}:
        holds = truth(left)
        if holds is None:
            return Computed(operator, left, right)
        return left if holds is (operator == "||") else right
    if operator == ",":
        return right
    if operator == "?":
        shared = _shared(left, right)
        return shared if shared is not None else Computed(operator, left, right)
    if (
        operator in _EQUALS
        and UNDEFINED in (left, right)
        and all(_is_known(v) or v is UNDEFINED for v in (left, right))
    ):
        alike = left is right or (len(operator) == 2 and {left, right} == {UNDEFINED, None})
        return alike is not operator.startswith("!")
    if is_constant(left) and is_constant(right):
        found = _arithmetic(operator, left, right)
        if found is not None:
            return found
    return Computed(operator, left, right)


def _shared(left: Value, right: Value) -> Called | None:
    """The longest chain of calls that both sides of a choice begin with: `column` of `own ? column : column.unique()`,
    whichever it turns out to be."""
    known = {id(link) for link in links(left) if isinstance(link, Called)}
    return next((link for link in links(right) if isinstance(link, Called) and id(link) in known), None)


def _is_known(value: Value) -> bool:
    return is_constant(value) or isinstance(value, tuple | Obj | Closure | Namespace | Defined)


def _arithmetic(operator: str, left: Value, right: Value) -> Value | None:
    if operator in {"===", "=="}:
        return left == right
    if operator in {"!==", "!="}:
        return left != right
    if operator == "+" and (isinstance(left, str) or isinstance(right, str)):
        texts = [_spelled(value) for value in (left, right)]
        return "".join(texts) if sum(map(len, texts)) <= _LONGEST else None
    if isinstance(left, int | float) and isinstance(right, int | float):
        match operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/" if right:
                quotient = left / right
                return int(quotient) if quotient.is_integer() else quotient
            case _:
                return None
    return None


def _spelled(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)


def settled(value: Value) -> Value:
    """What holds where nothing is set: the fallback of `process.env.NAME ?? "name"`."""
    for _ in range(20):
        if not isinstance(value, Computed) or value.operator not in {"??", "||"}:
            return value
        value = value.right
    return value
