"""Expressions: what each stands for, with the queries that evaluating it runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from dbarchitect.catalog.queries import Use
from dbarchitect.sources.code.typescript.binding import bind
from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.interpreting import Interpreting
from dbarchitect.sources.code.typescript.missing import is_null, is_reached_through_nothing, is_undefined, may_be
from dbarchitect.sources.code.typescript.presence import Presence
from dbarchitect.sources.code.typescript.texts import filled, is_text, pieces_of, text_of
from dbarchitect.sources.code.typescript.values import (
    UNDEFINED,
    Const,
    Function,
    Undefined,
)
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import (
    OPAQUE,
    SOMEWHERE,
    Entries,
    Items,
    Library,
    Opaque,
    Rows,
    Sequence,
    Text,
    Value,
    columns_read,
    is_raw,
    members,
)
from dbarchitect.sources.code.values import Member as MemberValue
from dbarchitect.sources.typescript.syntax import (
    Array,
    Assign,
    Await,
    Binary,
    Call,
    Class,
    Conditional,
    Expr,
    Jsx,
    Literal,
    Member,
    Name,
    Object,
    Other,
    Regex,
    Spread,
    Subscript,
    Template,
    Unary,
    Yield,
)
from dbarchitect.sources.typescript.syntax import Function as FunctionSyntax

MOST_STEPS = 20_000
"""Expressions evaluated for one function and all that it calls."""
_DEEPEST = 60
_COMPARING = frozenset({"===", "!==", "==", "!=", "<", ">", "<=", ">=", "in", "instanceof"})
_GLOBALS = frozenset(
    {"JSON", "Promise", "Object", "Array", "Math", "Number", "String", "Boolean", "Date", "Map", "Set", "process",
     "console", "globalThis", "global", "crypto", "BigInt", "Symbol", "Buffer", "URL", "URLSearchParams", "Intl",
     "parseInt", "parseFloat", "setTimeout", "setInterval", "setImmediate", "queueMicrotask", "fetch",
     "structuredClone", "encodeURIComponent", "decodeURIComponent", "Error", "RegExp", "Reflect", "Proxy", "WeakMap",
     "WeakSet", "require", "import", "module", "exports", "Response", "Request", "Headers", "FormData",
     "File", "Blob", "isNaN", "atob", "btoa"}
)  # fmt: skip


class Evaluation:
    """Evaluates the expressions of frames for one interpreter."""

    def __init__(self, interpreter: Interpreting) -> None:
        self.interpreter = interpreter
        self._depth = 0
        self._presence = Presence(interpreter)
        self._kinds: dict[type, Callable[[Any, Frame], Value]] = {  # looked up: there are hundreds of thousands
            Name: self._name,
            Call: self._call,
            Literal: lambda expr, _: Const(expr.value),
            Member: self._member,
            Object: self._object,
            Array: self._array,
            FunctionSyntax: self._function,
            Await: self._await,
            Binary: self._binary,
            Conditional: self._conditional,
            Unary: self._unary,
            Template: self._template,
            Subscript: self._subscript,
            Assign: self._assign,
            Jsx: self._jsx,
            Spread: lambda expr, frame: self.of(expr.value, frame),
            Other: self._other,
            Yield: self._yield,
            Class: lambda expr, _: self.interpreter.objects.of_class(expr),
            Regex: lambda _, __: OPAQUE,
        }

    def of(self, expr: Expr | None, frame: Frame) -> Value:
        """What an expression stands for; UNDEFINED for None."""
        if expr is None:
            return UNDEFINED
        interpreter = self.interpreter
        interpreter.steps += 1
        if self._depth >= _DEEPEST or interpreter.steps > MOST_STEPS:
            return OPAQUE
        self._depth += 1
        try:
            evaluate = self._kinds.get(type(expr))
            return evaluate(expr, frame) if evaluate is not None else OPAQUE
        finally:
            self._depth -= 1

    def _name(self, expr: Name, frame: Frame) -> Value:
        name = expr.id
        found = frame.lookup(name)
        if found is not None:
            return found
        if name == "undefined":
            return UNDEFINED
        if name == "this":
            owner: Frame | None = frame
            while owner is not None and owner.this is None:
                owner = owner.closure
            return owner.this if owner is not None and owner.this is not None else OPAQUE
        if name == "super":
            return self.interpreter.objects.super(frame)
        module = frame.module
        if name in module.bound or name in module.imports:
            return self.interpreter.named(module, name)
        return Library(name) if name in _GLOBALS else OPAQUE

    def _member(self, expr: Member, frame: Frame) -> Value:
        owner = self.of(expr.owner, frame)
        return self.interpreter.objects.attribute(owner, expr.name, Site(self.interpreter, frame, expr))

    def _subscript(self, expr: Subscript, frame: Frame) -> Value:
        owner, index = self.of(expr.owner, frame), self.of(expr.index, frame)
        return self.interpreter.objects.subscript(owner, index, Site(self.interpreter, frame, expr))

    def _call(self, expr: Call, frame: Frame) -> Value:
        function = self.of(expr.function, frame)
        arguments = self._arguments(expr, frame)
        return self.interpreter.objects.call(function, arguments, Site(self.interpreter, frame, expr))

    def _arguments(self, call: Call, frame: Frame) -> Arguments:
        args: list[Value] = []
        dynamic = False
        for arg in call.args:
            value = self.of(arg, frame)
            if isinstance(arg, Spread):
                if isinstance(value, Items):
                    args.extend(value.items)
                    dynamic = dynamic or value.open
                else:
                    dynamic = True
                    if isinstance(value, Sequence):
                        args.append(value.element)
            else:
                args.append(value)
        return Arguments(tuple(args), dynamic, call.new, call.types)

    def _function(self, expr: FunctionSyntax, frame: Frame) -> Value:
        value = Function(expr, None, frame)
        self.interpreter.meet(value)
        return value

    def _await(self, expr: Await, frame: Frame) -> Value:
        return self.interpreter.awaited(self.of(expr.value, frame), Site(self.interpreter, frame, expr))

    def _yield(self, expr: Yield, frame: Frame) -> Value:
        if expr.value is not None:
            frame.results.append(self.of(expr.value, frame))
            frame.yielded = True
        return OPAQUE

    def _other(self, expr: Other, frame: Frame) -> Value:
        for part in expr.parts:
            self.of(part, frame)
        return OPAQUE

    def _jsx(self, expr: Jsx, frame: Frame) -> Value:
        site = Site(self.interpreter, frame, expr)
        given: dict[str, Value] = {}
        for entry in expr.attributes:
            value = self.of(entry.value, frame)
            self.interpreter.made(value, site)
            if isinstance(entry.key, str):
                given[entry.key] = value
        for vocabulary in self.interpreter.vocabularies:
            vocabulary.element(expr, given, site)
        for child in expr.children:
            self.interpreter.made(self.of(child, frame), site)
        return OPAQUE

    # Objects and arrays

    def _object(self, expr: Object, frame: Frame) -> Value:
        found = Entries(branch=frame.branch)
        for entry in expr.entries:
            value = self.of(entry.value, frame)
            if entry.key is None:
                self._spread(found, value, Site(self.interpreter, frame, entry.value))
            elif isinstance(entry.key, str):
                self._put(found, entry.key, value, entry.value, frame)
            else:
                key = self.of(entry.key, frame)
                if isinstance(key, Const):
                    self._put(found, str(key.value), value, entry.value, frame)
                else:
                    found.open = True
                    found.entries[f"?{len(found.entries)}"] = value
        return found

    def _put(self, found: Entries, name: str, value: Value, written: Expr, frame: Frame) -> None:
        if name in found.entries:
            found.forget(name)
        found.entries[name] = value
        if isinstance(written, Conditional | Binary):
            if not isinstance(value, Undefined) and may_be(written, is_undefined):
                found.optional[name] = SOMEWHERE
            if may_be(written, is_null):
                found.nullable.add(name)
        elif is_reached_through_nothing(written, frame):
            found.nullable.add(name)
        found.unasked[name] = partial(self._presence.of, written, frame)

    def _spread(self, found: Entries, value: Value, site: Site) -> None:
        """`...value` in an object."""
        if isinstance(value, Entries):
            for name, entry in value.entries.items():
                if name in value.optional:
                    if name not in found.entries:
                        found.optional[name] = SOMEWHERE
                    else:
                        entry = self.interpreter.merged(found.entries[name], entry)  # noqa: PLW2901 - the one put in
                    found.present.discard(name)
                    found.unasked.pop(name, None)
                else:
                    found.forget(name)
                    if name in value.unasked:
                        found.unasked[name] = value.unasked[name]
                found.entries[name] = entry
            found.nullable |= value.nullable
            found.present |= value.present - value.optional.keys()
            found.missing |= value.missing
            found.open = found.open or value.open
        elif isinstance(value, Rows) and not value.many:
            for name in value.model.columns:
                found.entries[name] = self.interpreter.objects.cell(value, name)
            for name in sorted({*value.model.relations, "_count"} - found.entries.keys()):
                part = self.interpreter.objects.attribute(value, name, site)
                if not isinstance(part, MemberValue):  # loaded along
                    found.entries[name] = part
        elif not isinstance(value, Undefined | Const):
            found.open = True
            found.entries[f"?{len(found.entries)}"] = value

    def _array(self, expr: Array, frame: Frame) -> Value:
        found = Items([], "list", branch=frame.branch)
        for item in expr.items:
            value = self.of(item, frame)
            if not isinstance(item, Spread):
                found.items.append(value)
            elif isinstance(value, Items):
                own, more = members(value)
                found.items.extend(own)
                found.open = found.open or more
            elif isinstance(value, Rows | Sequence) and len(expr.items) == 1:
                return value  # a copy: `[...rows]`
            else:
                found.open = True
                if isinstance(value, Sequence):
                    found.items.append(value.element)
        return found

    # Operators

    def _binary(self, expr: Binary, frame: Frame) -> Value:
        operator = expr.operator
        if operator == "&&":
            left = self.of(expr.left, frame)
            self.interpreter.tested(left, Site(self.interpreter, frame, expr.left))
            right = self.of(expr.right, frame)
            if isinstance(left, Undefined) or (isinstance(left, Const) and not left.value):
                return left
            return right if isinstance(left, Const) else self.interpreter.merging.sometimes(right)
        if operator in {"||", "??"}:
            left = self.of(expr.left, frame)
            right = self.of(expr.right, frame)
            if isinstance(left, Opaque) and isinstance(right, Const | Undefined):
                return left
            return self.interpreter.merged(left, right)
        if operator == ",":
            self.of(expr.left, frame)
            return self.of(expr.right, frame)
        if operator in _COMPARING and (found := self._length(expr, frame)) is not None:
            return found
        left, right = self.of(expr.left, frame), self.of(expr.right, frame)
        site = Site(self.interpreter, frame, expr)
        for vocabulary in self.interpreter.vocabularies:
            known = vocabulary.operate(operator, (left, right), site)
            if known is not None:
                return known
        if operator in _COMPARING:
            for side, other in ((left, right), (right, left)):
                if isinstance(other, Undefined) or (isinstance(other, Const) and other.value is None):
                    self.interpreter.tested(side, site)
            return OPAQUE
        if operator == "+" and (is_text(left) or is_text(right)):
            return self._joined(expr.left, left, expr.right, right, frame)
        if isinstance(left, Const) and isinstance(right, Const):
            return _computed(operator, left.value, right.value)
        number = operator != "+" or (_is_number(left) and _is_number(right))
        return Opaque(is_raw(left) or is_raw(right), columns_read(left) | columns_read(right), number=number)

    def _length(self, expr: Binary, frame: Frame) -> Value | None:
        """`rows.length === 0`: rows that are tested for being there; None for any other comparison."""
        side = expr.left
        if not isinstance(side, Member) or side.name != "length" or not isinstance(expr.right, Literal):
            return None
        if expr.right.value not in {0, 1}:
            return None
        value = self.of(side.owner, frame)
        if not isinstance(value, Rows) or value.record is None:
            return None
        value.record.uses.add(Use.TESTED)
        return OPAQUE

    def _unary(self, expr: Unary, frame: Frame) -> Value:
        value = self.of(expr.operand, frame)
        site = Site(self.interpreter, frame, expr)
        for vocabulary in self.interpreter.vocabularies:
            found = vocabulary.operate(expr.operator, (value,), site)
            if found is not None:
                return found
        if expr.operator == "!":
            self.interpreter.tested(value, site)
            return OPAQUE
        if expr.operator == "-" and isinstance(value, Const) and isinstance(value.value, int | float):
            return Const(-value.value)
        if expr.operator == "void":
            return UNDEFINED
        if expr.operator == "delete" and isinstance(expr.operand, Member):
            owner = self.of(expr.operand.owner, frame)
            if isinstance(owner, Entries):
                owner.entries.pop(expr.operand.name, None)
        return Opaque(is_raw(value), columns_read(value), number=expr.operator in {"+", "-", "++", "--"})

    def _conditional(self, expr: Conditional, frame: Frame) -> Value:
        self.truth(expr.test, frame)
        known = self.interpreter.decided(expr.test, frame)
        if known is not None:
            return self.of(expr.then if known else expr.otherwise, frame)
        number, outer = expr.test.start, frame.branch
        try:
            frame.branch = (*outer, f"{number}.0")
            first = self.of(expr.then, frame)
            frame.branch = (*outer, f"{number}.1")
            second = self.of(expr.otherwise, frame)
        finally:
            frame.branch = outer
        return self.interpreter.merged(first, second)

    def truth(self, test: Expr, frame: Frame) -> None:
        """An expression that is tested: its parts run, and what is asked of rows is noted."""
        if isinstance(test, Unary) and test.operator == "!":
            self.truth(test.operand, frame)
        elif isinstance(test, Binary) and test.operator in {"&&", "||"}:
            self.truth(test.left, frame)
            self.truth(test.right, frame)
        else:
            self.interpreter.tested(self.of(test, frame), Site(self.interpreter, frame, test))

    def _assign(self, expr: Assign, frame: Frame) -> Value:
        value = self.of(expr.value, frame)
        site = Site(self.interpreter, frame, expr)
        if expr.operator != "=":
            before = self.of(expr.target, frame)
            if expr.operator == "+=" and (is_text(before) or is_text(value)):
                value = self._joined(expr.target, before, expr.value, value, frame)
            elif expr.operator in {"??=", "||=", "&&="}:
                value = self.interpreter.merged(before, value)
            else:
                value = Opaque(is_raw(before) or is_raw(value), columns_read(before) | columns_read(value))
        bind(self.interpreter, expr.target, value, frame, site, declared=False)
        return value

    # Texts

    def _template(self, expr: Template, frame: Frame) -> Value:
        parts: list[str | Value] = []
        sources: list[str] = []
        for part in expr.parts:
            if isinstance(part, str):
                parts.append(part)
            else:
                value = self.of(part, frame)
                parts.append(value)
                sources.append(frame.module.text(part.start, part.end))
        site = Site(self.interpreter, frame, expr)
        if expr.tag is not None:
            return self.interpreter.objects.tagged(self.of(expr.tag, frame), tuple(parts), site)
        return filled(parts, sources)

    def _joined(self, left: Expr, before: Value, right: Expr, after: Value, frame: Frame) -> Value:
        """A text and what is put behind it."""
        sources = (*self._sources(left, before, frame), *self._sources(right, after, frame))
        return text_of((*pieces_of(before), *pieces_of(after)), sources)

    def _sources(self, expr: Expr, value: Value, frame: Frame) -> tuple[str, ...]:
        if isinstance(value, Text):
            return value.sources
        return () if isinstance(value, Const) else (frame.module.text(expr.start, expr.end),)


def _is_number(value: Value) -> bool:
    return (
        value.number if isinstance(value, Opaque) else isinstance(value, Const) and isinstance(value.value, int | float)
    )


def _computed(operator: str, left: object, right: object) -> Value:
    """Two constants computed; OPAQUE where that fails."""
    if not isinstance(left, int | float) or not isinstance(right, int | float) or abs(left) > 1e12 or abs(right) > 1e12:
        return OPAQUE
    if operator == "+":
        return Const(left + right)
    if operator == "-":
        return Const(left - right)
    if operator == "*":
        return Const(left * right)
    if operator == "/" and right:
        return Const(left / right)
    return OPAQUE
