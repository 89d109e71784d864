"""Expressions: what each stands for, with the queries that evaluating it runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dbarchitect.catalog.queries import LoopFact, Use
from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.python.memory import MOST_STEPS
from dbarchitect.sources.code.python.presence import Presence
from dbarchitect.sources.code.python.texts import percent, pieces_of, sources_of, text_of, written
from dbarchitect.sources.code.python.values import (
    Const,
    Function,
    LambdaValue,
    ModuleValue,
)
from dbarchitect.sources.code.python.vocabulary import Arguments, Following, Site
from dbarchitect.sources.code.speaking import Speakers
from dbarchitect.sources.code.values import (
    OPAQUE,
    Entries,
    Items,
    Member,
    Opaque,
    Rows,
    Sequence,
    Text,
    Value,
    columns_read,
    is_raw,
    members,
    table_gone_through,
)
from dbarchitect.sources.python.constants import UNKNOWN, EnumMember, is_known
from dbarchitect.sources.python.expressions import (
    Attribute,
    BinOp,
    Call,
    Clause,
    Compare,
    Comprehension,
    Conditional,
    Dict,
    Display,
    Expr,
    FString,
    Lambda,
    Literal,
    Name,
    Slice,
    Span,
    Starred,
    Subscript,
    UnaryOp,
)
from dbarchitect.sources.python.resolved import External, Package, Resolved
from dbarchitect.sources.python.resolved import Value as Bound
from dbarchitect.sources.python.statements import Assign, ClassDef, FunctionDef, Import, Module

_DEEPEST = 80
_INNER = re.compile(rb"\n[ \t]+(?:from[ \t]|import[ \t]|(?:async[ \t]+)?def[ \t]|class[ \t])")
_COMPARING = {"==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "in": "in", "not in": "not in",
              "is": "is", "is not": "is not", "<>": "!="}  # fmt: skip


class Evaluation:
    """Evaluates the expressions of frames for one interpreter."""

    def __init__(self, interpreter: Following) -> None:
        self.interpreter = interpreter
        self._presence = Presence(interpreter)
        self._truths = Speakers(interpreter.vocabularies, "truth")
        self._operations = Speakers(interpreter.vocabularies, "operate")
        self._subscripts = Speakers(interpreter.vocabularies, "subscript")
        self.depth = 0
        self._binding: dict[FunctionDef, bool] = {}
        self._kinds: dict[type, Callable[[Any, Frame], Value]] = {  # looked up: there are hundreds of thousands
            Name: self._name,
            Call: self._call,
            Literal: lambda expr, _: Const(expr.value),
            Attribute: self._attribute,
            Compare: self._compare,
            Subscript: self._subscript,
            Display: lambda expr, frame: self._display(expr.kind, expr.items, frame),
            BinOp: self._binary,
            UnaryOp: lambda expr, frame: self._unary(expr.op, expr.operand, expr, frame),
            Dict: self._dict,
            FString: lambda expr, frame: self._text(expr.parts, frame),
            Conditional: self._conditional,
            Comprehension: self._comprehension,
            Lambda: _lambda,
            Starred: lambda expr, frame: self.of(expr.value, frame),
        }

    def of(self, expr: Expr | None, frame: Frame) -> Value:
        """What an expression stands for."""
        if expr is None:
            return Const(None)
        budget = self.interpreter.budget
        budget.spent += 1
        if self.depth >= _DEEPEST or budget.spent > MOST_STEPS:
            return OPAQUE
        self.depth += 1
        try:
            evaluate = self._kinds.get(type(expr))
            return evaluate(expr, frame) if evaluate is not None else OPAQUE
        finally:
            self.depth -= 1

    def site(self, expr: Expr | Span, frame: Frame) -> Site:
        """The place of an expression in a frame."""
        return Site(self.interpreter, frame, expr if isinstance(expr, Span) else expr.span)

    def _attribute(self, expr: Attribute, frame: Frame) -> Value:
        owner = self.of(expr.value, frame)
        return self.interpreter.objects.attribute(owner, expr.attr, Site(self.interpreter, frame, expr.span))

    def _conditional(self, expr: Conditional, frame: Frame) -> Value:
        if expr.test != expr.body:  # `rows if rows else others` loads them for more than the answer
            self.truth(expr.test, frame)
        return self.interpreter.merged(self.of(expr.body, frame), self.of(expr.orelse, frame))

    def presence(self, expr: Expr, frame: Frame) -> bool | None:
        """Whether an expression stands for something: False where it may be None as it is written (`row if found else
        None`), None where neither is known."""
        return self._presence.of(expr, frame)

    def truth(self, test: Expr, frame: Frame) -> None:
        """An expression that is tested: its parts run, and what is asked of rows is noted."""
        match test:
            case UnaryOp(op="not", operand=inner):
                self.truth(inner, frame)
            case BinOp(op="and" | "or", left=left, right=right):
                self.truth(left, frame)
                self.truth(right, frame)
            case _:
                value = self.of(test, frame)
                self.tested(value, self.site(test, frame))

    def tested(self, value: Value, site: Site) -> None:
        """A value that is tested for being there."""
        if isinstance(value, Rows) and value.record is not None:
            value.record.uses.add(Use.TESTED)
            return
        for said in self._truths[type(value)]:
            said(value, site)

    def _name(self, expr: Name, frame: Frame) -> Value:
        head, dot, rest = expr.id.partition(".")
        found = frame.lookup(head)
        if found is not None and not dot:
            return found
        parts = rest.split(".") if dot else []
        if found is None:
            found, parts = self._global(head, parts, frame)
        if parts:
            site = Site(self.interpreter, frame, expr.span)
            for part in parts:
                found = self.interpreter.objects.attribute(found, part, site)
        return found

    def _global(self, head: str, rest: list[str], frame: Frame) -> tuple[Value, list[str]]:
        """What a name means that no function binds, and the attributes that are still to be asked of it."""
        scope = frame.scope
        if scope is None and frame.function is not None and self._binds(frame.function):
            member = frame.function.members.get(head)
            scope = frame.function if isinstance(member, Import | FunctionDef | ClassDef) else None
        key = (frame.module.path, head)
        if scope is None and key in self.interpreter.memory.meant:
            return self.interpreter.memory.meant[key], rest
        index = self.interpreter.index
        found = index.resolve(frame.module, head, scope)
        name = head
        while rest and isinstance(found, Module | Package):
            name = f"{name}.{rest[0]}"
            deeper = index.resolve(frame.module, name, scope)
            if deeper is None:
                return OPAQUE, []
            found, rest = deeper, rest[1:]
        site = Site(self.interpreter, frame, Span(0, 0, 0))
        statement = frame.module.names.get(head) if scope is None and _is_of_class(found, None) else None
        if isinstance(statement, Assign):
            return self.bound_by(frame.module, statement, None, site), rest
        value = self.resolved(found, site)
        if scope is None and name == head and not isinstance(found, Module | Package | Bound):
            self.interpreter.memory.meant[key] = value
        return value, rest

    def _binds(self, function: FunctionDef) -> bool:
        """Whether a function imports, or defines others inside itself."""
        if function not in self._binding:
            found = _INNER.search(function.module.source, function.span.start, function.span.end)
            self._binding[function] = found is not None
        return self._binding[function]

    def resolved(self, found: Resolved | None, site: Site) -> Value:
        """The value of what a name was resolved to."""
        match found:
            case ClassDef():
                return self.interpreter.objects.of_class(found)
            case FunctionDef():
                return Function(found)
            case Module():
                return ModuleValue(found)
            case External(name=name):
                return self.interpreter.objects.of_library(name, site)
            case Bound():
                return self._bound(found, site)
            case _:
                return OPAQUE

    def bound_by(self, module: Module, statement: Assign, owner: ClassDef | None, site: Site) -> Value:
        """What a module or the body of a class binds to a name. An attribute of another class (`orders =
        Order.objects`) is asked of that class: a library may give it what its body does not show."""
        found = self.interpreter.index.resolve(module, statement.target, owner)
        dotted = isinstance(statement.value, Name) and "." in statement.value.id
        if dotted and _is_of_class(found, owner):
            found = Bound(module, statement.target, statement.value, (), owner)
        return self.resolved(found, site)

    def _bound(self, found: Bound, site: Site) -> Value:
        """A name of a module or class bound to an expression, evaluated once."""
        key = (found.module.path, f"{found.owner.qualname if found.owner else ''}:{found.name}")
        memory = self.interpreter.memory
        if key not in memory.bound:
            if key in memory.evaluating or found.expr is None:
                return OPAQUE
            memory.evaluating.add(key)
            try:
                value = self._module_value(found)
            finally:
                memory.evaluating.discard(key)
            memory.bound[key] = value
        value = memory.bound[key]
        for part in found.rest:
            value = self.interpreter.objects.attribute(value, part, site)
        return value

    def _module_value(self, found: Bound) -> Value:
        constant = self.interpreter.evaluator.value(found.expr, found.module, found.owner)
        if constant is not UNKNOWN and is_known(constant) and not isinstance(found.expr, Dict):
            return Const(constant)
        frame = self.interpreter.module_frame(found.module, found.owner)
        return self.of(found.expr, frame)

    def arguments(self, call: Call, frame: Frame) -> Arguments:
        """The arguments of a call, `*` and `**` of known displays unpacked."""
        args: list[Value] = []
        kwargs: dict[str, Value] = {}
        dynamic = raw = False
        optional: set[str] = set()
        sets: dict[bool | None, set[str]] = {False: set(), True: set(), None: set()}
        for arg in call.args:
            value = self.of(arg, frame)
            if isinstance(arg, Starred):
                if isinstance(value, Items):
                    args.extend(value.items)
                    dynamic = dynamic or value.open
                else:
                    if isinstance(value, Sequence):
                        args.append(value)
                    else:
                        self._unpacked(value, arg, frame)
                    dynamic = True
            else:
                args.append(value)
        for keyword in call.kwargs:
            value = self.of(keyword.value, frame)
            if keyword.name is not None:
                kwargs[keyword.name] = value
                sets[self._presence.of(keyword.value, frame)].add(keyword.name)
            elif isinstance(value, Entries):
                kwargs.update(value.entries)
                optional.update(value.optional)
                sets[False].update(value.nullable)
                sets[True].update(value.present)
                dynamic = dynamic or value.open
            else:
                dynamic = True
                raw = raw or is_raw(value)
        nullable, present = frozenset(sets[False]), frozenset(sets[True])
        return Arguments(tuple(args), kwargs, dynamic, raw, frozenset(optional), nullable, present)

    def _call(self, expr: Call, frame: Frame) -> Value:
        function = self.of(expr.function, frame)
        arguments = self.arguments(expr, frame)
        return self.interpreter.objects.call(function, arguments, Site(self.interpreter, frame, expr.span))

    def _operate(self, operator: str, operands: tuple[Value, ...], site: Site) -> Value | None:
        for said in self._operations[tuple(map(type, operands))]:
            found: Value | None = said(operator, operands, site)
            if found is not None:
                return found
        return None

    def _compare(self, expr: Compare, frame: Frame) -> Value:
        values = [self.of(operand, frame) for operand in expr.operands]
        result: Value = OPAQUE
        site = Site(self.interpreter, frame, expr.span)
        for left, op, right in zip(values, expr.ops, values[1:], strict=False):
            found = self._operate(_COMPARING.get(op, op), (left, right), site)
            if found is not None:
                result = found
            elif op in {"is", "is not", "==", "!="}:
                other = right if isinstance(left, Rows) else left
                if isinstance(other, Const) and other.value is None:
                    self.tested(left if isinstance(left, Rows) else right, site)
        return result

    def _binary(self, expr: BinOp, frame: Frame) -> Value:
        left, right = self.of(expr.left, frame), self.of(expr.right, frame)
        site = Site(self.interpreter, frame, expr.span)
        found = self._operate(expr.op, (left, right), site)
        if found is not None:
            return found
        if expr.op in {"and", "or"}:
            if expr.op == "or" and isinstance(left, Opaque | Member) and isinstance(right, Const):
                return left
            return self.interpreter.merged(left, right)
        if expr.op == "*" and isinstance(left, Const) and isinstance(left.value, str) and not isinstance(right, Const):
            return left
        if expr.op in {"+", "%"}:
            text = self._joined(expr, left, right)
            if text is not None:
                return text
            if isinstance(left, Items) and isinstance(right, Items):
                (first, more), (second, others) = members(left), members(right)
                return Items([*first, *second], left.kind, more or others)
        if expr.op == "*" and isinstance(left, Items) and not isinstance(right, Const):
            return left  # `["?"] * len(values)`
        if isinstance(left, Const) and isinstance(right, Const):
            constant = self.interpreter.evaluator.value(expr, frame.module)
            if constant is not UNKNOWN and is_known(constant):
                return Const(constant)
        number = expr.op in {"-", "/", "//", "**"} or (
            expr.op in {"+", "*"} and (_is_number(left) or _is_number(right))
        )
        return Opaque(is_raw(left) or is_raw(right), columns_read(left) | columns_read(right), number=number)

    def _joined(self, expr: BinOp, left: Value, right: Value) -> Value | None:
        """A text made by `+` or `%`; None where neither side is known to be one."""
        if expr.op == "%":
            if not (isinstance(left, Const) and isinstance(left.value, str)) and not isinstance(left, Text):
                return None
            filled = list(right.items) if isinstance(right, Items) else [right]
            if isinstance(right, Entries):
                filled = list(right.entries.values())
            written = tuple(self._written(expr.right, i, len(filled)) for i in range(len(filled)))
            return percent(left, filled, written)
        if _is_number(left) or _is_number(right):
            return None  # `2 + i` is a sum
        pieces = [*pieces_of(left), *pieces_of(right)]
        if not any(isinstance(piece, str) for piece in pieces):
            return None
        return text_of(pieces, (*sources_of(left, expr.left), *sources_of(right, expr.right)))

    def _written(self, expr: Expr, index: int, count: int) -> str:
        items = expr.items if isinstance(expr, Display) else (expr,)
        return written(items[index]) if index < len(items) == count else written(expr)

    def _text(self, parts: tuple[str | Expr, ...], frame: Frame) -> Value:
        pieces: list[str | Value] = []
        sources: list[str] = []
        for part in parts:
            if isinstance(part, str):
                pieces.append(part)
                continue
            value = self.of(part, frame)
            pieces.extend(pieces_of(value))
            sources.extend(sources_of(value, part))
        return text_of(pieces, tuple(sources))

    def _unary(self, op: str, inner: Expr, expr: Expr, frame: Frame) -> Value:
        value = self.of(inner, frame)
        found = self._operate(op, (value,), self.site(expr, frame))
        if found is not None:
            return found
        if op == "not":
            self.tested(value, self.site(expr, frame))
            return OPAQUE
        return value if op in {"+", "-"} and isinstance(value, Opaque) else OPAQUE

    def _subscript(self, expr: Subscript, frame: Frame) -> Value:
        owner = self.of(expr.value, frame)
        site = Site(self.interpreter, frame, expr.span)
        if isinstance(expr.index, Slice):
            bounds = (expr.index.lower, expr.index.upper, expr.index.step)
            index: Value = Items([self.of(b, frame) for b in bounds], "slice")
        else:
            index = self.of(expr.index, frame)
        for said in self._subscripts[type(owner)]:
            found: Value | None = said(owner, index, site)
            if found is not None:
                return found
        return self.interpreter.objects.subscript(owner, index, site)

    def _display(self, kind: str, items: tuple[Expr, ...], frame: Frame) -> Value:
        found = Items([], kind, branch=frame.branch)
        for item in items:
            value = self.of(item, frame)
            if isinstance(item, Starred):
                if isinstance(value, Items):
                    own, more = members(value)
                    found.items.extend(own)
                    found.open = found.open or more
                else:
                    found.open = True
                    turns = self._unpacked(value, item, frame)
                    if turns is not None:
                        found.items.append(turns.element)
            else:
                found.items.append(value)
        return found

    def _unpacked(self, value: Value, expr: Expr, frame: Frame) -> Sequence | None:
        """What goes out of `*rows`: a query of which nobody has asked the rows runs for it."""
        if isinstance(value, Sequence):
            return value
        if isinstance(value, Opaque | Const | Member | Entries | Text):
            return None
        turns = self.interpreter.iterated(value, self.site(expr, frame))
        return turns if turns.element is not OPAQUE else None

    def _dict(self, expr: Dict, frame: Frame) -> Value:
        found = Entries(branch=frame.branch)
        for key, item in expr.items:
            value = self.of(item, frame)
            name = self.of(key, frame) if key is not None else None
            if isinstance(name, Const) and isinstance(name.value, str | EnumMember):
                plain = name.value.value if isinstance(name.value, EnumMember) else name.value
                found.entries[str(plain)] = value
                known = self._presence.of(item, frame)
                found.nullable.update((str(plain),) if known is False else ())
                found.present.update((str(plain),) if known else ())
            elif name is None and isinstance(value, Entries):
                found.entries.update(value.entries)
                found.optional.update(value.optional)
                found.nullable |= value.nullable
                found.present |= value.present
                found.open = found.open or value.open
            elif name is not None and (called := self._key(name)) is not None:
                found.entries[called] = value
            else:
                found.open = True
                found.entries[f"?{len(found.entries)}"] = value
        return found

    def _key(self, name: Value) -> str | None:
        """What a key that is no text stands for, as the vocabularies say it."""
        return next((k for v in self.interpreter.vocabularies if (k := v.key(name)) is not None), None)

    def _comprehension(self, expr: Comprehension, frame: Frame) -> Value:
        interpreter = self.interpreter
        names, loops = dict(frame.names), frame.loops
        source: Sequence | None = None
        try:
            for clause in expr.clauses:
                found = self._clause(clause, expr, frame)
                source = source or found
            if expr.key is not None:
                self.of(expr.key, frame)
            element = self.of(expr.element, frame)
        finally:
            frame.names, frame.loops = names, loops
        if source is None:
            return OPAQUE
        if isinstance(element, Rows) and not element.many and expr.kind in {"list", "generator", "set"}:
            return Sequence(element, rows=True)
        interpreter.made(element, self.site(expr, frame))
        return Sequence(element, source.rows, source.bound, source=source.source)

    def _clause(self, clause: Clause, expr: Comprehension, frame: Frame) -> Sequence:
        interpreter = self.interpreter
        value = self.of(clause.iterable, frame)
        turns = interpreter.iterated(value, self.site(clause.iterable, frame))
        loop = LoopFact(
            "comprehension", written(clause.iterable), frame.module.origin(expr.span), turns.rows, turns.bound,
            turns.batched, table_gone_through(turns),
        )  # fmt: skip
        frame.loops = (*frame.loops, loop)
        interpreter.bind(clause.targets, turns.element, frame, expr.span)
        for condition in clause.conditions:
            interpreter.filtering(turns, condition, clause.targets)
            self.truth(condition, frame)
        return replace(turns, source=value if isinstance(value, Rows | Sequence) else turns.element)


def _lambda(expr: Lambda, frame: Frame) -> Value:
    return LambdaValue(tuple(p.partition("=")[0].strip(" *") for p in expr.parameters), expr.body, frame)


def _is_number(value: Value) -> bool:
    return isinstance(value, Const) and isinstance(value.value, int | float)


def _is_of_class(found: Resolved | None, owner: ClassDef | None) -> bool:
    """Whether a name bound in a module or in the body of `owner` leads to an attribute of another class, or out of the
    project."""
    return isinstance(found, External) or (
        isinstance(found, Bound) and found.owner is not None and found.owner is not owner
    )
