"""What names mean at the top level of modules: evaluated when somebody asks, once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from dbarchitect.sources.code.typescript.binding import bind
from dbarchitect.sources.code.typescript.frames import Frame
from dbarchitect.sources.code.typescript.interpreting import Interpreting
from dbarchitect.sources.code.typescript.values import (
    UNDEFINED,
    ClassValue,
    EnumValue,
    Function,
    ModuleValue,
    Table,
    Undefined,
)
from dbarchitect.sources.code.typescript.vocabulary import Site
from dbarchitect.sources.code.values import OPAQUE, Library, Value
from dbarchitect.sources.code.values import Member as MemberValue
from dbarchitect.sources.typescript.syntax import (
    Assign,
    Bind,
    Block,
    Class,
    Define,
    Do,
    Enum,
    Expr,
    External,
    Found,
    If,
    Literal,
    Member,
    Module,
    Name,
    Statement,
    Try,
)


class Names:
    """Evaluates the names of modules for one interpreter.

    What the names of the module that is followed now mean to itself is evaluated as a part of it, and what they mean to
    others is not: neither decides about the other one, so that no module depends on which were followed before.
    """

    def __init__(self, interpreter: Interpreting) -> None:
        self.interpreter = interpreter
        self._frames: dict[str, Frame] = {}
        self._values: dict[str, dict[str, Value]] = {}
        self._own_frame: Frame | None = None
        self._own_values: dict[str, Value] = {}
        self._evaluating: set[tuple[bool, str, str]] = set()

    def frame(self, module: Module) -> Frame:
        """The frame of a module's own statements."""
        if self.interpreter.is_current(module):
            if self._own_frame is None:
                self._own_frame = Frame(module, f"{module.path}:<module>")
            return self._own_frame
        known = self._frames.get(module.path)
        if known is None or known.module is not module:
            known = self._frames[module.path] = Frame(module, f"{module.path}:<module>")
        return known

    def forget(self) -> None:
        """Another module is followed from now on."""
        self._own_frame, self._own_values = None, {}

    def _known(self, module: Module) -> dict[str, Value]:
        if self.interpreter.is_current(module):
            return self._own_values
        return self._values.setdefault(module.path, {})

    def named(self, module: Module, name: str) -> Value:
        """What a name means at the top level of a module."""
        known = self._known(module)
        if name in known:
            return known[name]
        key = (self.interpreter.is_current(module), module.path, name)
        if key in self._evaluating:
            return OPAQUE
        self._evaluating.add(key)
        try:
            value = self._found(self.interpreter.index.resolve(module, name), module, name, key)
        finally:
            self._evaluating.discard(key)
        known[name] = value
        return value

    def exported(self, module: Module, name: str) -> Value:
        """What a module exports by a name."""
        return self._found(self.interpreter.index.exported(module, name), module, name, None)

    def imported(self, module: Module, specifier: str) -> Value:
        """What `require(specifier)` gives."""
        target = self.interpreter.index.target(module, specifier)
        if isinstance(target, Module):
            return ModuleValue(target)
        return Library(f"{target}:*") if target is not None else OPAQUE

    def _found(
        self, found: Found | External | None, module: Module, name: str, asked: tuple[bool, str, str] | None
    ) -> Value:
        """What was found for a name; `asked` is what is being evaluated for it already."""
        if isinstance(found, External):
            site = Site(self.interpreter, self.frame(module), Name(0, 0, name))
            return self.interpreter.of_library(f"{found.package}:{found.name}", site)
        if found is None:
            return OPAQUE
        if found.name == "*":
            return ModuleValue(found.module)
        key = (self.interpreter.is_current(found.module), found.module.path, found.name)
        known = self._known(found.module)
        if found.name in known:
            return known[found.name]
        if key in self._evaluating and key != asked:
            return OPAQUE
        self._evaluating.add(key)
        try:
            value = self._bound(found)
        finally:
            if key != asked:
                self._evaluating.discard(key)
        known[found.name] = value
        return value

    def _bound(self, found: Found) -> Value:
        """The value that a statement at the top level of a module gives a name."""
        model = self.interpreter.models.get(f"{found.module.path}:{found.name}")
        if model is not None:
            return Table(model)
        statement = found.module.bound.get(found.name)
        match statement:
            case Define(value=Class() as cls):
                return ClassValue(cls)
            case Define(value=function):
                return Function(function, None, None) if not isinstance(function, Class) else OPAQUE
            case Enum():
                return EnumValue(statement)
            case Bind() if self.interpreter.is_current(found.module):
                return self._declared(statement, found)
            case Bind():
                return self.interpreter.apart(partial(self._declared, statement, found))
            case _:
                return OPAQUE

    def _declared(self, statement: Bind, found: Found) -> Value:
        frame = self.frame(found.module)
        value: Value = UNDEFINED
        if statement.value is not None:
            value = self.interpreter.of(statement.value, frame)
            if not isinstance(statement.target, Name):
                site = Site(self.interpreter, frame, statement.value)
                bind(self.interpreter, statement.target, value, frame, site)
                return frame.names.pop(found.name, OPAQUE)
        if isinstance(value, Undefined) or _is_nothing(statement.value):
            assigned = next(_assigned(found.module.statements, found.name), None)
            value = self.interpreter.of(assigned, frame) if assigned is not None else OPAQUE
        if isinstance(statement.value, Member) and _is_unknown(value):
            value = self._kept(statement.value, found.module, frame, value)
        if statement.type and _is_unknown(value):
            promised = self.interpreter.promised(statement.type, frame)
            return promised if promised is not None else value
        return value

    def _kept(self, member: Member, module: Module, frame: Frame, value: Value) -> Value:
        """What a module puts into an object that outlives it, and takes from there: `globalThis.db = drizzle(…)`."""
        owner = _written(member.owner)
        if owner is None:
            return value
        assigned = next(_assigned_member(module.statements, owner, member.name), None)
        return self.interpreter.of(assigned, frame) if assigned is not None else value


def _is_unknown(value: Value) -> bool:
    """Whether nobody knows a value: a member of something of the language is not known either."""
    return value == OPAQUE or isinstance(value, MemberValue) or (isinstance(value, Library) and ":" not in value.name)


def _written(expr: Expr) -> str | None:
    """`globalThis.cache` for that expression; None for anything but names."""
    match expr:
        case Name(id=name):
            return name
        case Member(owner=owner, name=name):
            before = _written(owner)
            return f"{before}.{name}" if before is not None else None
        case _:
            return None


def _assigned_member(statements: Iterable[Statement], owner: str, name: str) -> Iterator[Expr]:
    """What statements assign to a member of an object that is named."""
    for statement in statements:
        match statement:
            case Do(value=Assign(target=Member(owner=of, name=put), value=value)) if put == name:
                if _written(of) == owner:
                    yield value
            case If(then=then, otherwise=otherwise):
                yield from _assigned_member((*then, *otherwise), owner, name)
            case Block(body=body) | Try(body=body):
                yield from _assigned_member(body, owner, name)
            case _:
                continue


def _is_nothing(expr: Expr | None) -> bool:
    return isinstance(expr, Literal) and expr.value is None


def _assigned(statements: Iterable[Statement], name: str) -> Iterator[Expr]:
    """What statements assign to a name."""
    for statement in statements:
        match statement:
            case Do(value=Assign(target=Name(id=target), value=value)) if target == name:
                yield value
            case If(then=then, otherwise=otherwise):
                yield from _assigned((*then, *otherwise), name)
            case Block(body=body) | Try(body=body):
                yield from _assigned(body, name)
            case _:
                continue
