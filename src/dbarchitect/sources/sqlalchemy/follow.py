"""What an expression stands for: names followed to their values, calls of small functions replaced by what they return.

Nothing is run. A `Frame` says where an expression is written and what the parameters of the function around it are;
`Names.follow` goes from `email_column()` to the `Column(…)` inside that function, `Names.invocation` says what is
called with which arguments, `Names.constant` gives values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from dbarchitect.sources.python.constants import UNKNOWN, Constant, EnumMember, Environment
from dbarchitect.sources.python.evaluate import Evaluator
from dbarchitect.sources.python.expressions import (
    Attribute,
    BinOp,
    Call,
    Conditional,
    Dict,
    Display,
    Expr,
    FString,
    Keyword,
    Literal,
    Name,
    Starred,
)
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.resolved import External, Resolved, Value
from dbarchitect.sources.python.statements import Assign, ClassDef, FunctionDef, Import, Module
from dbarchitect.sources.sqlalchemy.computed import computed
from dbarchitect.sources.sqlalchemy.located import Frame, Invocation, Located, Target
from dbarchitect.sources.sqlalchemy.rewriting import substitute
from dbarchitect.sources.sqlalchemy.vocabulary import canonical_name, unresolved_name

_DEEPEST = 24
_MOST_STEPS = 5_000
"""Names and calls followed for one question: hostile input must not keep us for ever."""


class Names:
    """Follows names and calls through a project."""

    def __init__(self, index: PythonIndex) -> None:
        self.index = index
        self.evaluator = Evaluator(index)
        self._depth = 0
        self._nesting = 0
        self._steps = 0

    def follow(self, expr: Expr, frame: Frame) -> Target:
        """What an expression stands for in the end: an expression that is no name, or a class, a library's name …"""
        if self._depth > _DEEPEST or not self._enter():
            return None
        self._depth += 1
        try:
            match expr:
                case Name():
                    return self._name(expr, frame)
                case Call(function=Name()):
                    return self._returned(expr, frame)
                case Conditional():
                    test = self.constant(frame.at(expr.test))
                    unknown = test is UNKNOWN or isinstance(test, Environment)
                    return self.follow(expr.body if unknown or test else expr.orelse, frame)
                case _:
                    return frame.at(expr)
        finally:
            self._depth -= 1
            self._nesting -= 1

    def _enter(self) -> bool:
        """Begin a step of a question; False once the question has taken more of them than an honest one can.

        Whoever got True takes one from `_nesting` when done.
        """
        if self._nesting == 0:
            self._steps = 0
        self._steps += 1
        if self._steps > _MOST_STEPS:
            return False
        self._nesting += 1
        return True

    def _name(self, expr: Name, frame: Frame) -> Target:
        head, _, rest = expr.id.partition(".")
        if head in frame.local:
            bound = frame.local[head]
            target: Target = self.follow(bound.expr, bound.frame) if isinstance(bound, Located) else bound
            return self._member(target, rest.split(".")) if rest else target
        if isinstance(frame.scope, FunctionDef) and not rest:
            inner = frame.scope.members.get(head)
            if isinstance(inner, Assign) and inner.value is not None:
                return self.follow(inner.value, frame)
        found = self.index.resolve(frame.module, expr.id, frame.scope)
        if isinstance(found, Value) and found.expr is not None and _encloses(found, expr, frame):
            found = self._before(found, expr, frame)
        elif isinstance(found, ClassDef) and _follows(found, expr, frame):
            found = self._imported(expr, frame) or found
        if found is None and (name := unresolved_name(expr.id)) is not None:
            return External(f"sqlalchemy.{name}")
        return self._resolved(found)

    def _before(self, found: Value, expr: Name, frame: Frame) -> Resolved | None:
        """Of `registry = registry(…)` in a class, or `Column = partial(Column, …)`: what the name meant before."""
        if found.owner is not None:
            return self.index.resolve(frame.module, expr.id, found.owner.outer)
        return self._imported(expr, frame)

    def _imported(self, expr: Name, frame: Frame) -> Resolved | None:
        """What a name means by what the module imports, or by a class written before it."""
        head, _, rest = expr.id.partition(".")
        for statement in frame.module.statements:
            if isinstance(statement, ClassDef) and statement.name == head and statement.span.end < expr.span.start:
                return statement if not rest else None
            if isinstance(statement, Import) and statement.bound == head and statement.name is not None:
                source = self.index.imported_module(frame.module, statement)
                name = f"{statement.name}.{rest}" if rest else statement.name
                if isinstance(source, External):
                    return External(f"{source.name}.{name}")
                return self.index.resolve(source, name) if isinstance(source, Module) else None
        return None

    def _resolved(self, found: Resolved | None) -> Target:
        if isinstance(found, Value) and found.expr is not None and not found.rest:
            return self.follow(found.expr, Frame(found.module, found.owner))
        return found

    def _member(self, target: Target, rest: list[str]) -> Target:
        if not isinstance(target, ClassDef):
            return None
        if rest[0] == "__name__":
            return Frame(target.module).at(Literal(target.name, target.span)) if len(rest) == 1 else None
        found = self.index.attribute(target, rest[0])
        if found is None or len(rest) > 1:
            return self.index.resolve(target.module, ".".join([target.name, *rest])) if target.outer is None else None
        owner, statement = found
        if isinstance(statement, FunctionDef):
            local = {statement.parameters[0].name: target} if statement.parameters else {}
            if len(statement.returns) == 1 and statement.decorators:
                return self.follow(statement.returns[0], Frame(owner.module, statement, local))
            return statement
        return self._resolved(self.index.resolve(owner.module, rest[0], owner))

    def _returned(self, call: Call, frame: Frame) -> Target:
        """The value of a call: what a function of the project with one `return` returns, else the call itself."""
        target = self.follow(call.function, frame)
        if not isinstance(target, FunctionDef) or len(target.returns) != 1:
            return frame.at(call)
        local = self.parameters(target, self.arguments(call, frame))
        found = self.follow(target.returns[0], Frame(target.module, target, local))
        return replace(found, site=frame.at(call)) if isinstance(found, Located) else found

    def arguments(self, call: Call, frame: Frame) -> Invocation:
        """The arguments of a call, whatever it calls."""
        args, kwargs = tuple(self._unpacked(call.args, frame)), dict(self._keywords(call.kwargs, frame))
        return Invocation("", args, kwargs, frame.at(call))

    def parameters(self, function: FunctionDef, call: Invocation) -> Mapping[str, Located | ClassDef | None]:
        """What the parameters of a function stand for in a call of it."""
        names = [p.name for p in function.parameters if not p.star]
        if isinstance(function.outer, ClassDef):  # a static method keeps all, a method or class method loses one
            static = any(isinstance(d, Name) and d.id == "staticmethod" for d in function.decorators)
            names = names if static else names[1:]
        home = Frame(function.module, function.outer)
        local: dict[str, Located | ClassDef | None] = {
            p.name: home.at(p.default) if p.default is not None else None for p in function.parameters if not p.star
        }
        local.update(zip(names, call.args, strict=False))
        local.update({name: value for name, value in call.kwargs.items() if name in names})
        frame, span = call.location.frame, call.location.span
        for parameter in function.parameters:
            if parameter.star == "*":
                local[parameter.name] = frame.at(Display("tuple", tuple(a.expr for a in call.args[len(names) :]), span))
            elif parameter.star == "**":
                extra = tuple((Literal(k), v.expr) for k, v in call.kwargs.items() if k not in names)
                local[parameter.name] = frame.at(Dict(extra, span))
        return local

    def name_of(self, expr: Expr, frame: Frame) -> str | None:
        """The canonical name of a library's thing; None for anything else."""
        return self.canonical(self.follow(expr, frame))

    def canonical(self, target: Target) -> str | None:
        """The canonical name of what `follow` found, `Model` for `db.Model`; None for what is the project's own."""
        match target:
            case External(name=name):
                return canonical_name(name)
            case Value(expr=Call() as maker, rest=rest) if rest:
                made = self.invocation(maker, Frame(target.module, target.owner))
                if made is None:
                    return None
                if made.name in {"SQLAlchemy", "flask_sqlalchemy.SQLAlchemy"}:
                    return canonical_name(".".join(("sqlalchemy", *rest)))
                return f"{made.name}.{'.'.join(rest)}"
            case Value(expr=None, rest=("metadata",)):
                return "Base.metadata"
            case _:
                return None

    def invocation(self, expr: Expr, frame: Frame) -> Invocation | None:
        """The call that an expression stands for, None when it stands for no call."""
        found = self.follow(expr, frame)
        if not isinstance(found, Located) or not isinstance(found.expr, Call) or self._depth > _DEEPEST:
            return None
        self._depth += 1
        try:
            made = self._invoked(found.expr, found.frame)
            return replace(made, location=found.site) if made is not None and found.site is not None else made
        finally:
            self._depth -= 1

    def _invoked(self, call: Call, frame: Frame) -> Invocation | None:
        given = self.arguments(call, frame)
        args, kwargs = given.args, given.kwargs
        target = self.follow(call.function, frame)
        if isinstance(target, Located) and isinstance(target.expr, Call):
            inner = self.invocation(target.expr, target.frame)
            if inner is not None and inner.name == "functools.partial" and inner.args:
                partial = Call(inner.args[0].expr, (), (), call.span)
                whole = self._invoked(partial, inner.args[0].frame)
                if whole is not None:
                    merged = {**inner.kwargs, **kwargs}
                    return replace(whole, args=(*inner.args[1:], *args), kwargs=merged, location=frame.at(call))
            return None
        if isinstance(target, ClassDef):
            return replace(given, name=self.library_base(target) or "", cls=target)
        name = self.canonical(target)
        return replace(given, name=name) if name is not None else None

    def library_base(self, cls: ClassDef) -> str | None:
        """The construct of SQLAlchemy that a class of the project specialises: `Column`, `Table`, `SQLAlchemy` …"""
        for base in self.index.external_bases(cls):
            name = canonical_name(base)
            if name in _SPECIALISED:
                return name
        return None

    def _unpacked(self, args: tuple[Expr, ...], frame: Frame) -> Iterator[Located]:
        for arg in args:
            if isinstance(arg, Starred):
                yield from self.items(arg.value, frame) or ()
            else:
                yield frame.at(arg)

    def items(self, expr: Expr, frame: Frame) -> tuple[Located, ...] | None:
        """The elements of a tuple or list, additions and unpackings taken apart; None when it is none."""
        found = self.follow(expr, frame)
        if not isinstance(found, Located) or not self._enter():
            return None
        try:
            return self._elements(found)
        finally:
            self._nesting -= 1

    def _elements(self, found: Located) -> tuple[Located, ...] | None:
        match found.expr:
            case Display(items=items):
                return tuple(self._unpacked(items, found.frame))
            case BinOp(op="+", left=left, right=right):
                first, second = self.items(left, found.frame), self.items(right, found.frame)
                return (*(first or ()), *(second or ())) if first is not None or second is not None else None
            case Call(args=(inner,)) if self.name_of(found.expr.function, found.frame) in _COPIES:
                return self.items(inner, found.frame)
            case _:
                value = self.constant(found)
                if isinstance(value, (list, tuple)) and all(_is_plain(v) for v in value):
                    return tuple(found.frame.at(Literal(v, found.span)) for v in value)
                return None

    def entries(self, expr: Expr, frame: Frame) -> dict[str, Located] | None:
        """The entries of a dictionary with constant keys, None when it is none."""
        found = self.follow(expr, frame)
        if not isinstance(found, Located):
            return None
        if isinstance(found.expr, Call) and self.name_of(found.expr.function, found.frame) == "builtins.dict":
            return dict(self._keywords(found.expr.kwargs, found.frame))
        if not isinstance(found.expr, Dict):
            return None
        entries: dict[str, Located] = {}
        for key, value in found.expr.items:
            if key is None:
                entries.update(self.entries(value, found.frame) or {})
            elif isinstance(name := self.constant(found.frame.at(key)), str):
                entries[name] = found.frame.at(value)
        return entries

    def _keywords(self, kwargs: tuple[Keyword, ...], frame: Frame) -> Iterator[tuple[str, Located]]:
        for keyword in kwargs:
            if keyword.name is not None:
                yield keyword.name, frame.at(keyword.value)
            else:
                yield from (self.entries(keyword.value, frame) or {}).items()

    def constant(self, located: Located | None) -> Constant:
        """The value of an expression, UNKNOWN where it cannot be told."""
        if located is None:
            return UNKNOWN
        if isinstance(located.expr, Literal):
            return located.expr.value
        if not self._enter():
            return UNKNOWN
        try:
            return self._value(located.expr, located.frame)
        finally:
            self._nesting -= 1

    def _value(self, expr: Expr, frame: Frame) -> Constant:
        values: dict[str, Constant] = {}
        if frame.local or isinstance(expr, FString):
            expr = substitute(expr, lambda name: self._local(name, frame, values))
        value = self.evaluator.value(expr, frame.module, frame.scope, values)
        if value is UNKNOWN and isinstance(expr, (Call, BinOp, FString, Conditional)):
            return computed(self.evaluator, expr, frame.module, frame.scope, values)
        return value

    def member(self, located: Located) -> EnumMember | None:
        """The member of an enumeration that an expression names, None when it names none."""
        if not isinstance(located.expr, Name):
            return None
        found = self.index.resolve(located.frame.module, located.expr.id, located.frame.scope)
        if not isinstance(found, Value) or found.owner is None or found.rest:
            return None
        members = self.evaluator.members(found.owner) or ()
        return next((m for m in members if m.name == found.name), None)

    def _local(self, name: Name, frame: Frame, values: dict[str, Constant]) -> Expr | None:
        """A parameter's value under a name of its own, so that the evaluator finds it; what is asked of it stays."""
        parts = name.id.split(".")
        if parts[0] not in frame.local:
            return self._variable(name, frame, values)
        for size in range(len(parts), 0, -1):
            found = self.follow(Name(".".join(parts[:size]), name.span), frame)
            value = self.constant(found) if isinstance(found, Located) else UNKNOWN
            if value is not UNKNOWN or size == 1:
                break
        key = f"<{':'.join(parts[:size])}>"
        values[key] = value
        result: Expr = Name(key, name.span)
        for attribute in parts[size:]:
            result = Attribute(result, attribute, name.span)
        return result

    def _variable(self, name: Name, frame: Frame, values: dict[str, Constant]) -> Expr | None:
        """The value of a variable of the function that is read."""
        bound = frame.scope.members.get(name.id) if isinstance(frame.scope, FunctionDef) else None
        if not isinstance(bound, Assign) or bound.value is None or self._depth > _DEEPEST:
            return None
        self._depth += 1
        try:
            value = self.constant(frame.at(bound.value))
        finally:
            self._depth -= 1
        if value is UNKNOWN:
            return None
        values[f"<{name.id}>"] = value
        return Name(f"<{name.id}>", name.span)


_SPECIALISED = frozenset({"Column", "Table", "SQLAlchemy", "MetaData", "registry", "ForeignKey", "Index"})
_COPIES = frozenset({"builtins.tuple", "builtins.list", "builtins.sorted", "builtins.set"})


def _encloses(found: Value, expr: Name, frame: Frame) -> bool:
    """Whether a name stands inside the very expression that it is bound to."""
    span = found.expr.span if found.expr is not None else expr.span
    return found.module is frame.module and span.start <= expr.span.start and expr.span.end < span.end


def _follows(found: ClassDef, expr: Name, frame: Frame) -> bool:
    """Whether a class is written only after the name that should mean it (in code that runs in order)."""
    in_order = not isinstance(frame.scope, FunctionDef)
    return in_order and found.module is frame.module and found.span.start > expr.span.start


def _is_plain(value: Constant) -> bool:
    return isinstance(value, (str, int, float, bool)) or value is None
