"""Whether an expression is something, neither null nor undefined, as it is written and typed.

A template, a list, what is made with `new` is; so is a parameter whose type has no null, and what the function goes on
with only where it is there (`if (!teamId) throw …`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.interpreting import Interpreting
from dbarchitect.sources.code.typescript.promises import Typed
from dbarchitect.sources.code.typescript.types import strings_of
from dbarchitect.sources.typescript.syntax import (
    Array,
    Binary,
    Block,
    Call,
    Expr,
    Function,
    If,
    Leave,
    Literal,
    Loop,
    Member,
    Module,
    Name,
    Object,
    ObjectPattern,
    Parameter,
    Return,
    Statement,
    Switch,
    Template,
    Throw,
    Try,
    Unary,
)

_MOST = 2_000
"""Functions of which it is kept what is something in them."""
_PLAIN = re.compile(r"(?:readonly\s+)?(?:string|number|boolean|bigint|Date|Buffer|Uint8Array)(?:\[\])*\Z")
_UNDEFINED = re.compile(r"\|\s*+undefined\s*\Z")
_MAKING = frozenset(
    {"String", "Number", "BigInt", "Boolean", "randomUUID", "uuidv4", "uuidv7", "nanoid", "cuid", "createId", "ulid",
     "toString", "toISOString", "toLowerCase", "toUpperCase", "trim", "replace", "slice", "stringify", "hash",
     "digest", "slugify", "now", "parseInt", "parseFloat", "join", "map", "filter"}
)  # fmt: skip
"""What is called to make a value: of the language, methods of its texts and lists, numbers that nobody guesses."""
_SUMS = frozenset({"+", "-", "*", "/", "%", "**", "===", "!==", "==", "!=", "<", ">", "<=", ">="})
_NOTHINGS = frozenset({"null", "undefined"})


@dataclass(frozen=True, slots=True)
class _Here:
    """What is something in a function: its parameters by name, members of objects handed in as they are written
    (`input.teamId`), and the places (from, to) where a test says that something is there."""

    names: frozenset[str]
    tested: tuple[tuple[str, int, int], ...]

    def has(self, text: str, at: int) -> bool:
        """Whether an expression, as it is written, is something at a place."""
        return text in self.names or any(t == text and start <= at <= end for t, start, end in self.tested)


class Presence:
    """Looks at expressions for one interpreter."""

    def __init__(self, interpreter: Interpreting) -> None:
        self.interpreter = interpreter
        self._known: dict[Function, _Here] = {}
        self._types: dict[Function, dict[str, bool | None]] = {}

    def of(self, expr: Expr, frame: Frame) -> bool | None:
        """Whether an expression is something; False where its type says that it may be undefined, None where nothing
        tells."""
        match expr:
            case Template() | Array() | Object() | Function():
                return True
            case Literal(value=value):
                return value is not None or None
            case Binary(operator=operator, right=right):
                return operator in _SUMS or (operator in {"??", "||"} and self.of(right, frame)) or None
            case Call(function=Member(name="stringify"), args=args) if args:
                return self.of(args[0], frame)  # of nothing it makes nothing
            case Call(function=called, new=new):
                last = called.id if isinstance(called, Name) else called.name if isinstance(called, Member) else ""
                return new or last in _MAKING or None
            case Name() | Member():
                return self._is_here(expr, frame)
            case _:
                return None

    def _is_here(self, expr: Name | Member, frame: Frame) -> bool | None:
        text = _called(expr)
        if text is None:
            return None
        around: Frame | None = frame
        while around is not None:
            if around.function is not None and self._of(around.function).has(text, expr.start):
                return True
            around = around.closure
        holder = frame.holder(text.partition(".")[0])
        return self._typed(holder).get(text) if holder is not None else None

    def _typed(self, frame: Frame) -> dict[str, bool | None]:
        """By what a function's parameters bind, and by members of them, whether their types leave no room for null;
        False where they leave room for undefined."""
        function = frame.function
        if function is None:
            return {}
        known = self._types.get(function)
        if known is None:
            if len(self._types) >= _MOST:
                self._types.clear()
            known = self._types[function] = {}
            for parameter in function.parameters:
                known.update(self._bound(parameter, function.module))
        return known

    def _bound(self, parameter: Parameter, module: Module) -> Iterator[tuple[str, bool | None]]:
        if not parameter.type or parameter.rest:
            return
        target = parameter.target
        promised = self.interpreter.promised(parameter.type, self.interpreter.module_frame(module))
        members = dict(promised.members) if isinstance(promised, Typed) else {}
        if isinstance(target, Name):
            optional = module.text(target.end, target.end + 1) == "?"
            yield target.id, _leaves_nothing(f"{parameter.type}{' | undefined' * optional}")
            for name, text in members.items():
                yield f"{target.id}.{name}", _leaves_nothing(text)
        elif isinstance(target, ObjectPattern):
            for part in target.properties:
                if isinstance(part.key, str) and isinstance(part.target, Name) and part.default is None:
                    yield part.target.id, _leaves_nothing(members.get(part.key, ""))

    def _of(self, function: Function) -> _Here:
        known = self._known.get(function)
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            tested = tuple(
                (text, body[0].start, body[-1].end)
                for step in _within(function.body)
                if isinstance(step, If)
                for body, holds in ((step.then, True), (step.otherwise, False))
                if body
                for text in _told(step.test, there=holds)
            )
            known = self._known[function] = _Here(frozenset(_asserted(function.body)), tested)
        return known


def _leaves_nothing(text: str) -> bool | None:
    """Whether a type has no room for null (True), or has some for undefined (False)."""
    return False if _UNDEFINED.search(text) is not None else is_plain(text) or None


def is_plain(text: str) -> bool:
    """Whether a type is one of the language's own, or some strings, with no room for null."""
    return bool(text) and (_PLAIN.match(text) is not None or bool(strings_of(text)))


def _asserted(body: tuple[Statement, ...]) -> Iterator[str]:
    """What a function does not go on without: `if (!teamId) throw …`, `if (team === null) return`."""
    for step in body:
        match step:
            case If(test=test, then=then) if then and isinstance(then[-1], Return | Throw | Leave):
                yield from _told(test, there=False)
            case Try(body=inner) | Block(body=inner) | Loop(body=inner):
                yield from _asserted(inner)


def _told(test: Expr, *, there: bool) -> Iterator[str]:
    """What a test tells to be something where it holds (`there`), or where it does not."""
    match test:
        case Name() | Member() if there and (text := _called(test)) is not None:
            yield text
        case Unary(operator="!", operand=inner):
            yield from _told(inner, there=not there)
        case Binary(operator="===" | "==" | "!==" | "!=", left=left, right=right) if _is_nothing(right):
            if (test.operator[0] == "!") is there and (text := _called(left)) is not None:
                yield text
        case Binary(operator="&&", left=left, right=right) if there:
            yield from (*_told(left, there=True), *_told(right, there=True))
        case Binary(operator="||", left=left, right=right) if not there:
            yield from (*_told(left, there=False), *_told(right, there=False))


def _called(expr: Expr) -> str | None:
    """`name`, `owner.name`; None for what is more than that."""
    if isinstance(expr, Name):
        return expr.id
    return f"{expr.owner.id}.{expr.name}" if isinstance(expr, Member) and isinstance(expr.owner, Name) else None


def _is_nothing(expr: Expr) -> bool:
    return (isinstance(expr, Literal) and expr.value is None) or (isinstance(expr, Name) and expr.id in _NOTHINGS)


def _within(body: tuple[Statement, ...]) -> Iterator[Statement]:
    for step in body:
        yield step
        match step:
            case If(then=then, otherwise=otherwise):
                yield from _within((*then, *otherwise))
            case Try(body=inner, handler=handler, last=last):
                yield from _within((*inner, *(handler or ()), *last))
            case Block(body=inner) | Loop(body=inner):
                yield from _within(inner)
            case Switch(cases=cases):
                for case in cases:
                    yield from _within(case.body)
