"""Whether an expression stands for None, as it is written: `row if found else None` may, a text never does.

A parameter with None as its default, or `X | None` as its type, may be None until it is tested; one of another type is
what it says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.python.vocabulary import Following
from dbarchitect.sources.python.body import Bind, Branch, Do, Leave, Loop, Step, Try, With, within
from dbarchitect.sources.python.expressions import (
    BinOp,
    Call,
    Compare,
    Comprehension,
    Conditional,
    Dict,
    Display,
    Expr,
    FString,
    Literal,
    Name,
    Subscript,
    UnaryOp,
)
from dbarchitect.sources.python.statements import Assign, ClassDef, FunctionDef, Module

_MOST = 2_000
"""Functions of which it is kept what is None in them."""
_NOTHING = Literal(None)
_MAKING = frozenset(
    {"str", "int", "float", "bool", "bytes", "len", "list", "dict", "set", "tuple", "frozenset", "sorted", "sum",
     "round", "abs", "repr", "now", "utcnow", "today", "uuid1", "uuid4", "uuid7", "token_hex", "token_urlsafe", "strip",
     "lower", "upper", "format", "join", "replace", "isoformat", "encode", "decode", "hexdigest", "slugify", "dumps"}
)  # fmt: skip
"""What is called to make a value: the language's types, methods of its texts, the time, numbers that nobody guesses."""
_ANYTHING = frozenset({"Any", "object", "None"})
_LOGIC = frozenset({"and", "or"})


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of a function that may be None in it, those that are something, and the places (from, to) where a test
    says that one is."""

    doubtful: frozenset[str]
    there: frozenset[str]
    tested: tuple[tuple[str, int, int], ...]

    def presence(self, name: str, at: int) -> bool | None:
        """Whether a name is something at a place: False where it may be None, None where that is not known."""
        if name in self.there or any(n == name and start <= at <= end for n, start, end in self.tested):
            return True
        return False if name in self.doubtful else None


class Presence:
    """Looks at expressions for one interpreter."""

    def __init__(self, interpreter: Following) -> None:
        self.interpreter = interpreter
        self._known: dict[FunctionDef, _Names] = {}

    def of(self, expr: Expr, frame: Frame) -> bool | None:
        """Whether an expression stands for something: False where it may be None as it is written, None where neither
        is known. Of the constant None nothing is said."""
        match expr:
            case Conditional(test=test, body=body, orelse=orelse):
                if _NOTHING in (body, orelse):
                    return False
                known = isinstance(body, Name) and body.id in _told(test, there=True)
                return _both(True if known else self.of(body, frame), self.of(orelse, frame))
            case BinOp(op="or", right=right):
                return False if right == _NOTHING else self.of(right, frame)
            case Name(id=name):
                return self._named(name, expr, frame)
            case _:
                return _written(expr)

    def _named(self, name: str, expr: Name, frame: Frame) -> bool | None:
        head, _, attribute = name.partition(".")
        function = frame.function
        if function is None or "." in attribute:
            return None
        if not attribute:
            return self._of(function).presence(name, expr.span.start)
        if head == "self":
            return False if self._is_field(attribute, function) else None
        given = next((p for p in function.parameters if p.name == head), None)
        return self._declared(given.annotation, attribute, frame.module) if given is not None else None

    def _is_field(self, name: str, function: FunctionDef) -> bool:
        """`self.user` of an object whose `__init__` takes it, with None as the default."""
        owner = function.outer
        found = self.interpreter.index.attribute(owner, "__init__") if isinstance(owner, ClassDef) else None
        init = found[1] if found is not None else None
        if not isinstance(init, FunctionDef) or init is function:
            return False
        return any(
            isinstance(step, Bind)
            and (f"self.{name}",) in step.targets
            and isinstance(step.value, Name)
            and self._of(init).presence(step.value.id, step.value.span.start) is False
            for step in within(self.interpreter.program(init))
        )

    def _declared(self, annotation: Expr | None, name: str, module: Module) -> bool | None:
        """A member of a parameter whose class says of what type it is (`order_create.currency`)."""
        found = self.interpreter.index.resolve(module, annotation.id) if isinstance(annotation, Name) else None
        member = self.interpreter.index.attribute(found, name) if isinstance(found, ClassDef) else None
        return _of_type(member[1].annotation) if member is not None and isinstance(member[1], Assign) else None

    def _of(self, function: FunctionDef) -> _Names:
        known = self._known.get(function)
        if known is None:
            if len(self._known) >= _MOST:
                self._known.clear()
            known = self._known[function] = _names(function, self.interpreter.program(function))
        return known


def _both(one: bool | None, other: bool | None) -> bool | None:
    return False if False in (one, other) else True if one and other else None


def _written(expr: Expr) -> bool | None:
    """What an expression says by its form alone: a text, a number, a list are something."""
    match expr:
        case Literal(value=None):
            return None
        case Literal() | FString() | Display() | Dict() | Comprehension() | Compare() | UnaryOp(op="not"):
            return True
        case BinOp(op=op):
            return None if op in _LOGIC else True
        case Call() if _is_looked_up(expr):
            return False
        case Call():
            last = (expr.name or "").rpartition(".")[2]
            return True if last in _MAKING or last[:1].isupper() else None
        case _:
            return None


def _names(function: FunctionDef, steps: tuple[Step, ...]) -> _Names:
    every = tuple(within(steps))
    bound = {target[0]: step for step in every if isinstance(step, Bind) for target in step.targets if len(target) == 1}
    typed = {p.name: _of_type(p.annotation) for p in function.parameters if not p.star}
    doubtful = {p.name for p in function.parameters if p.default == _NOTHING or typed.get(p.name) is False}
    for step in every:
        if isinstance(step, Bind) and (step.value == _NOTHING or _is_looked_up(step.value)):
            doubtful.update(target[0] for target in step.targets if len(target) == 1)
    asserted = set(_asserted(steps))
    there = {name for name, known in typed.items() if known and name not in bound and name not in doubtful} | asserted
    tested: list[tuple[str, int, int]] = []
    for step in every:
        if isinstance(step, Branch):
            for body, holds in ((step.body, True), (step.orelse, False)):
                if body:
                    place = (body[0].span.start, body[-1].span.end)
                    tested.extend((name, *place) for name in _told(step.test, there=holds))
    return _Names(frozenset(doubtful - set(_settled(steps))), frozenset(there), tuple(tested))


def _asserted(steps: tuple[Step, ...]) -> Iterator[str]:
    """The names without which the function does not go on: `if order is None: raise …`, `assert order`."""
    for step in steps:
        match step:
            case Do(value=value):
                yield from _told(value, there=True)
            case Branch(test=test, body=body) if body and isinstance(body[-1], Leave):
                yield from _told(test, there=False)
            case With(body=body) | Try(body=body) | Loop(body=body):
                yield from _asserted(body)


def _settled(steps: tuple[Step, ...]) -> Iterator[str]:
    """The names that are no longer in doubt: asserted, bound anew in any case, or where they were None."""
    yield from _asserted(steps)
    for step in steps:
        match step:
            case Bind(targets=targets, value=value) if value != _NOTHING and not _is_looked_up(value):
                yield from (target[0] for target in targets if len(target) == 1)
            case Branch(test=test, body=body):
                yield from set(_told(test, there=False)) & set(_settled(body))
            case With(body=body) | Try(body=body) | Loop(body=body):
                yield from _settled(body)


def _told(test: Expr, *, there: bool) -> Iterator[str]:
    """The names that a test tells to be something where it holds (`there`), or where it does not."""
    match test:
        case Name(id=name) if there and "." not in name:
            yield name
        case UnaryOp(op="not", operand=inner):
            yield from _told(inner, there=not there)
        case Compare(operands=(Name(id=name), Literal(value=None)), ops=(("is not",) | ("!=",))) if there:
            yield name
        case Compare(operands=(Name(id=name), Literal(value=None)), ops=(("is",) | ("==",))) if not there:
            yield name
        case Call(function=Name(id="isinstance"), args=(Name(id=name), *_)) if there:
            yield name
        case BinOp(op="and", left=left, right=right) if there:
            yield from (*_told(left, there=True), *_told(right, there=True))
        case BinOp(op="or", left=left, right=right) if not there:
            yield from (*_told(left, there=False), *_told(right, there=False))


def _is_looked_up(expr: Expr) -> bool:
    """`data.get("name")`: a key that may be missing, with nothing to stand in for it; a setting of the environment."""
    if not isinstance(expr, Call) or len(expr.args) != 1 or expr.kwargs or not isinstance(expr.args[0], Literal):
        return False
    return isinstance(expr.args[0].value, str) and (expr.name or "").endswith(".get")


def _of_type(annotation: Expr | None) -> bool | None:
    """Whether a type leaves room for None: `str` does not, `X | None` and `Optional[X]` do."""
    match annotation:
        case BinOp(op="|", left=left, right=right):
            return False if _NOTHING in (left, right) else _both(_of_type(left), _of_type(right))
        case Subscript(value=Name(id=outer), index=index):
            last = outer.rpartition(".")[2]
            if last == "Optional" or (last == "Union" and isinstance(index, Display) and _NOTHING in index.items):
                return False
            first = index.items[0] if isinstance(index, Display) and index.items else index
            return _of_type(first) if last in {"Annotated", "Mapped", "Required"} else True
        case Name(id=name):
            last = name.rpartition(".")[2]
            return None if last in _ANYTHING or len(last) == 1 else True
        case _:
            return None
