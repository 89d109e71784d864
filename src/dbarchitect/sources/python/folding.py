"""How each kind of expression gets its value from those of its parts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from dbarchitect.sources.python.arithmetic import (
    MOST,
    as_text,
    binary,
    compare,
    listed_default,
    unary,
    unmixed,
)
from dbarchitect.sources.python.calls import call_builtin, call_method, environment_of
from dbarchitect.sources.python.constants import UNKNOWN, Constant, EnumMember, Environment, is_known
from dbarchitect.sources.python.enumerations import empty_label, is_django_choices
from dbarchitect.sources.python.expressions import (
    Attribute,
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
    Slice,
    Starred,
    Subscript,
    UnaryOp,
)
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.resolved import External, Resolved, Value
from dbarchitect.sources.python.statements import (
    ClassDef,
    Condition,
    Effect,
    FunctionDef,
    Import,
    Module,
    Return,
    Scope,
)


class Evaluating(Protocol):
    """What one evaluation asks of the others (`evaluate.Evaluator`)."""

    index: PythonIndex
    external: Callable[[str], Constant] | None
    called: set[str]

    def value(
        self,
        expr: Expr | None,
        module: Module,
        scope: Scope | None = None,
        local: Mapping[str, Constant] | None = None,
    ) -> Constant:
        """The value of an expression elsewhere."""

    def members(self, cls: ClassDef) -> tuple[EnumMember, ...] | None:
        """The members of an enumeration."""

    def name(self, module: Module, name: str, owner: ClassDef | None = None) -> Constant:
        """The value that a module's or a class's name has in the end."""

    def holds(
        self,
        conditions: tuple[Condition, ...],
        module: Module,
        scope: Scope | None = None,
        local: Mapping[str, Constant] | None = None,
    ) -> bool | None:
        """Whether a statement under these conditions runs."""


class Folding:
    """One evaluation: the names that count, and how each kind of expression gets its value."""

    __slots__ = ("evaluator", "index", "local", "module", "scope")

    def __init__(
        self, evaluator: Evaluating, module: Module, scope: Scope | None, local: Mapping[str, Constant]
    ) -> None:
        self.evaluator = evaluator
        self.index = evaluator.index
        self.module = module
        self.scope = scope
        self.local = local

    def of(self, expr: Expr | None) -> Constant:
        """Its value; UNKNOWN where it cannot be told. Raises what Python raises for values that do not fit."""
        match expr:
            case Literal():
                return expr.value
            case Name():
                return self._name(expr)
            case Display():
                return self._display(expr)
            case Dict():
                return self._dict(expr)
            case BinOp():
                return self._binary(expr)
            case UnaryOp():
                operand = self.of(expr.operand)
                return unary(expr.op, operand) if is_known(operand) else UNKNOWN
            case Compare():
                return self._compare(expr)
            case Conditional():
                return self._conditional(expr)
            case Subscript():
                return self._subscript(expr)
            case FString():
                return self._fstring(expr)
            case Comprehension():
                return self._comprehension(expr)
            case Attribute():
                return self._attribute(self.of(expr.value), expr.attr)
            case Call():
                return self._call(expr)
            case _:
                return UNKNOWN

    def _fstring(self, expr: FString) -> Constant:
        parts = [part if isinstance(part, str) else as_text(self.of(part)) for part in expr.parts]
        return UNKNOWN if UNKNOWN in parts else "".join(parts)

    def _conditional(self, expr: Conditional) -> Constant:
        test = self.of(expr.test)
        if test is UNKNOWN or isinstance(test, Environment):
            return UNKNOWN
        return self.of(expr.body if test else expr.orelse)

    def _name(self, expr: Name) -> Constant:
        head, *rest = expr.id.split(".")
        if head in self.local:
            value = self.local[head]
            for attr in rest:
                value = self._attribute(value, attr)
            return value
        return self._resolved(self.index.resolve(self.module, expr.id, self.scope))

    def _resolved(self, found: Resolved | None) -> Constant:
        if isinstance(found, External) and self.evaluator.external is not None:
            return self.evaluator.external(found.name)
        if not isinstance(found, Value):
            return UNKNOWN
        owner = found.owner
        rest = list(found.rest)
        if found.expr is None:  # an attribute that the class does not bind: `Status.choices`
            return self._of_class(owner, rest) if owner is not None else UNKNOWN
        if owner is not None and (members := self.evaluator.members(owner)) is not None:
            value = next((_member(m) for m in members if m.name == found.name), UNKNOWN)
            member = next((m for m in members if m.name == found.name), None)
            if rest and member is not None:
                value = _member_attribute(member, rest.pop(0))
        else:
            value = self.evaluator.name(found.module, found.name, owner)
        for attr in rest:
            value = self._attribute(value, attr)
        return value

    def _of_class(self, cls: ClassDef, rest: list[str]) -> Constant:
        members = self.evaluator.members(cls)
        if members is None or len(rest) != 1:
            return UNKNOWN
        if is_django_choices(cls, self.index):
            empty = empty_label(cls, lambda e, c: self.evaluator.value(e, c.module, c))
            first = [] if empty is None else [(None, empty)]
            match rest[0]:
                case "choices":
                    return [*first, *((m.value, m.label) for m in members)]
                case "values":
                    return [*(v for v, _ in first), *(m.value for m in members)]
                case "labels":
                    return [*(label for _, label in first), *(m.label for m in members)]
                case "names":
                    return [*("__empty__" for _ in first), *(m.name for m in members)]
        return {m.name: m for m in members} if rest[0] == "__members__" else UNKNOWN

    def _attribute(self, value: Constant, attr: str) -> Constant:
        return _member_attribute(value, attr) if isinstance(value, EnumMember) else UNKNOWN

    def _items(self, items: tuple[Expr, ...]) -> Iterator[Constant]:
        for item in items:
            if isinstance(item, Starred):
                inner = self._iterable(item.value)
                yield from inner if inner is not None else [UNKNOWN]
            else:
                yield self.of(item)

    def _display(self, expr: Display) -> Constant:
        items = list(itertools.islice(self._items(expr.items), MOST))
        if expr.kind == "set":
            return set(items)
        return tuple(items) if expr.kind == "tuple" else items

    def _dict(self, expr: Dict) -> Constant:
        result: dict[Constant, Constant] = {}
        for key, value in expr.items:
            if key is None:
                inner = self.of(value)
                result.update(inner if isinstance(inner, dict) else {UNKNOWN: UNKNOWN})
            else:
                result[self.of(key)] = self.of(value)
        return result

    def _iterable(self, expr: Expr) -> list[Constant] | None:
        """The elements of what is iterated over, None when they cannot be told; members for an enumeration."""
        if isinstance(expr, Name) and expr.id.partition(".")[0] not in self.local:
            found = self.index.resolve(self.module, expr.id, self.scope)
            if isinstance(found, ClassDef):
                members = self.evaluator.members(found)
                return list(members) if members is not None else None
        value = self.of(expr)
        if isinstance(value, (list, tuple, set, frozenset, dict, str, range)):
            return list(itertools.islice(value, MOST))
        return None

    def _binary(self, expr: BinOp) -> Constant:
        left = self.of(expr.left)
        if expr.op in {"and", "or"}:
            return self._boolean(expr.op, left, expr.right)
        right = self.of(expr.right)
        if left is UNKNOWN or right is UNKNOWN:
            return self._partly(expr.op, left, right)
        if isinstance(left, Environment) or isinstance(right, Environment):
            return self._partly(expr.op, left, right)
        return binary(expr.op, left, right)

    def _partly(self, op: str, left: Constant, right: Constant) -> Constant:
        """A list plus something unknown still holds what is known of it; one from the environment has its default."""
        left, right = listed_default(left), listed_default(right)
        if op == "+" and isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
            return [*left, *right]
        if op == "+" and isinstance(left, (list, tuple)):
            return [*left, UNKNOWN]
        if op == "+" and isinstance(right, (list, tuple)):
            return [UNKNOWN, *right]
        return UNKNOWN

    def _boolean(self, op: str, left: Constant, right: Expr) -> Constant:
        if left is UNKNOWN:
            return UNKNOWN
        if isinstance(left, Environment):
            if op == "or" and (left.default is UNKNOWN or not left.default):
                return Environment(left.name, self.of(right), left.kind)
            return left if op == "or" else UNKNOWN
        return self.of(right) if bool(left) is (op == "and") else left

    def _compare(self, expr: Compare) -> Constant:
        values = [unmixed(self.of(operand)) for operand in expr.operands]
        if not all(is_known(v) for v in values) or len(values) != len(expr.ops) + 1:
            return UNKNOWN
        return all(compare(op, a, b) for op, (a, b) in zip(expr.ops, itertools.pairwise(values), strict=True))

    def _subscript(self, expr: Subscript) -> Constant:
        name = expr.value.id if isinstance(expr.value, Name) else ""
        if isinstance(expr.value, Name) and self.index.resolve(self.module, name, self.scope) == External("os.environ"):
            key = self.of(expr.index)
            return Environment(key) if isinstance(key, str) else UNKNOWN
        value = self.of(expr.value)
        if value is UNKNOWN:
            return UNKNOWN
        if isinstance(expr.index, Slice):
            bounds = [
                self.of(b) if b is not None else None for b in (expr.index.lower, expr.index.upper, expr.index.step)
            ]
            return value[slice(*bounds)] if UNKNOWN not in bounds else UNKNOWN
        key = self.of(expr.index)
        return value[key] if is_known(key) else UNKNOWN

    def _comprehension(self, expr: Comprehension) -> Constant:
        result = list(itertools.islice(self._rows(expr, 0, dict(self.local)), MOST))
        if any(row is UNKNOWN for row in result) and len(result) == 1:
            return UNKNOWN
        if expr.kind == "dict":
            return dict(result)
        return set(result) if expr.kind == "set" else result

    def _rows(self, expr: Comprehension, depth: int, local: dict[str, Constant]) -> Iterator[Constant]:
        frame = Folding(self.evaluator, self.module, self.scope, local)
        if depth == len(expr.clauses):
            element = frame.of(expr.element)
            yield (frame.of(expr.key), element) if expr.key is not None else element
            return
        clause = expr.clauses[depth]
        items = frame._iterable(clause.iterable)
        if items is None:
            yield UNKNOWN
            return
        for item in items:
            bound = [item] if len(clause.targets) == 1 else list(item) if isinstance(item, (list, tuple)) else []
            if len(bound) != len(clause.targets):
                yield UNKNOWN
                return
            inner = {**local, **dict(zip(clause.targets, bound, strict=True))}
            tests = [Folding(self.evaluator, self.module, self.scope, inner).of(test) for test in clause.conditions]
            if any(test is UNKNOWN for test in tests):
                yield UNKNOWN
                return
            if all(tests):
                yield from self._rows(expr, depth + 1, inner)

    def _call(self, expr: Call) -> Constant:
        found: Resolved | None = None
        if isinstance(expr.function, Name) and expr.function.id.partition(".")[0] not in self.local:
            found = self.index.resolve(self.module, expr.function.id, self.scope)
        args = [v for arg in expr.args for v in self._argument(arg)]
        kwargs = {k.name: self.of(k.value) for k in expr.kwargs if k.name is not None}
        env = environment_of(expr, found, args, kwargs)
        if env is not None:
            return env
        if isinstance(found, FunctionDef):
            return self._call_function(found, args, kwargs)
        if isinstance(found, ClassDef):
            return self._call_enum(found, args)
        name = found.name if isinstance(found, External) else (expr.name or "") if found is None else ""
        result = call_builtin(name, args, kwargs)
        if result is not UNKNOWN:
            return result
        receiver, method = _receiver(expr.function)
        return call_method(self.of(receiver), method, args, kwargs) if receiver is not None else UNKNOWN

    def _argument(self, arg: Expr) -> Iterator[Constant]:
        if isinstance(arg, Starred):
            inner = self._iterable(arg.value)
            yield from inner if inner is not None else [UNKNOWN]
            return
        if isinstance(arg, Name) and arg.id.partition(".")[0] not in self.local:
            found = self.index.resolve(self.module, arg.id, self.scope)
            if isinstance(found, ClassDef):  # list(Status), len(Status), tuple(Status)
                members = self.evaluator.members(found)
                yield list(members) if members is not None else UNKNOWN
                return
        yield self.of(arg)

    def _call_enum(self, cls: ClassDef, args: list[Constant]) -> Constant:
        members = self.evaluator.members(cls)
        if members is None or len(args) != 1:
            return UNKNOWN
        return next((_member(m) for m in members if m.value == args[0]), UNKNOWN)

    def _call_function(self, function: FunctionDef, args: list[Constant], kwargs: dict[str, Constant]) -> Constant:
        """A function that returns something of its parameters and of constants, straight on or by branches."""
        self.evaluator.called.add(function.module.path)
        parameters = [p for p in function.parameters if not p.star]
        if len(parameters) != len(function.parameters) or len(args) > len(parameters):
            return UNKNOWN
        local = {p.name: self.evaluator.value(p.default, function.module) for p in parameters}
        local.update(zip((p.name for p in parameters), args, strict=False))
        local.update(kwargs)
        for statement in function.body:
            if isinstance(statement, (Import, FunctionDef, ClassDef)):
                continue
            if isinstance(statement, Effect) and isinstance(statement.value, Literal):
                continue
            if not isinstance(statement, Return):
                return UNKNOWN
            runs = self.evaluator.holds(statement.conditions, function.module, function.outer, local)
            if runs:
                return self.evaluator.value(statement.value, function.module, function.outer, local)
            if runs is None:
                return UNKNOWN
        return UNKNOWN


def _receiver(function: Expr) -> tuple[Expr | None, str]:
    if isinstance(function, Attribute):
        return function.value, function.attr
    if isinstance(function, Name) and "." in function.id:
        value, _, method = function.id.rpartition(".")
        return Name(value, function.span), method
    return None, ""


def _member(member: EnumMember) -> Constant:
    """A member as a value: itself, or its text or number when it is one."""
    return member.value if member.mixed else member


def _member_attribute(member: EnumMember, attr: str) -> Constant:
    return {"value": member.value, "name": member.name, "label": member.label}.get(attr, UNKNOWN)
