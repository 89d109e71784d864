"""What a test tells of names where it holds, or does not: a text, one of a list, a number."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.interpreting import Interpreting
from dbarchitect.sources.code.typescript.values import Choice, Const
from dbarchitect.sources.code.values import NUMBER, OPAQUE, Items, Opaque, Value, columns_read, is_raw
from dbarchitect.sources.code.values import Member as MemberValue
from dbarchitect.sources.typescript.syntax import Array, Binary, Call, Expr, Literal, Member, Name, Unary

_MOST_LISTED = 12
"""Constants of a list that a value is one of."""
_TESTS = {("Number", "isInteger"): True, ("Number", "isSafeInteger"): True, ("Number", "isFinite"): True}
_GLOBAL_TESTS = {"isFinite": True, "isNaN": False}


def narrowed(test: Expr, frame: Frame) -> dict[str, Value]:
    """What a name is for certain where a test holds that compares it with a text: `kind === "a"`."""
    if not isinstance(test, Binary) or test.operator not in {"===", "=="}:
        return {}
    if not isinstance(test.left, Name) or not isinstance(test.right, Literal) or not isinstance(test.right.value, str):
        return {}
    return {test.left.id: Const(test.right.value)} if frame.names.get(test.left.id) in (OPAQUE, NUMBER) else {}


def told(interpreter: Interpreting, test: Expr, frame: Frame, *, holds: bool) -> dict[str, Value]:
    """What names are, where a test holds (or does not), that are looked up in a list (`LIST.includes(name)`) or asked
    for whether they are numbers (`Number.isInteger(name)`, `typeof name === "number"`)."""
    match test:
        case Unary(operator="!", operand=inner):
            return told(interpreter, inner, frame, holds=not holds)
        case Binary(operator="&&" | "||" as operator) if (operator == "&&") is holds:
            left, right = (told(interpreter, side, frame, holds=holds) for side in (test.left, test.right))
            return {**left, **right}
    number = _number_asked(test)
    if number is not None:
        name, when = number
        value = frame.names.get(name)
        return {name: _fit(value)} if when is holds and isinstance(value, Opaque | MemberValue) else {}
    match test:
        case Call(function=Member(owner=Name() | Array() as owner, name="includes" | "has"), args=(Name(id=name),)):
            pass
        case Binary(operator="in", left=Name(id=name), right=Name() as owner):
            pass
        case _:
            return {}
    value = frame.names.get(name)
    if not holds or not isinstance(value, Opaque | MemberValue):
        return {}
    listed = interpreter.of(owner, frame)
    if is_raw(listed):
        return {}
    constants = listed.items if isinstance(listed, Items) and not listed.open else ()
    known = tuple(dict.fromkeys(item for item in constants if isinstance(item, Const)))
    if known and len(known) == len(constants) and len(known) <= _MOST_LISTED:
        return {name: Choice(known)}
    return {name: _fit(value)}


def _fit(value: Opaque | MemberValue) -> Value:
    safe = value if isinstance(value, Opaque) else Opaque(reads=columns_read(value))
    return replace(safe, raw=False, number=True)


def _number_asked(test: Expr) -> tuple[str, bool] | None:
    """The name of which a test asks whether it is a number, and what the answer is for one."""
    match test:
        case Call(function=Member(owner=Name(id=owner), name=method), args=(Name(id=name),)):
            asked = _TESTS.get((owner, method))
        case Call(function=Name(id=function), args=(Name(id=name),)):
            asked = _GLOBAL_TESTS.get(function)
        case Binary(
            operator="===" | "==" | "!==" | "!=" as operator,
            left=Unary(operator="typeof", operand=Name(id=name)),
            right=Literal(value="number" | "bigint" | "boolean"),
        ):
            asked = operator[0] == "="
        case _:
            return None
    return (name, asked) if asked is not None else None
