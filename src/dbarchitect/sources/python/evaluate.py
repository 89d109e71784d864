"""Constant values of expressions, found by reading; no code of the project is run.

`evaluate` knows literals, names of constants (of the module, a class, or imported), displays, arithmetic, formatting,
comprehensions, enumerations, gettext's wrappers (they give their text), one-line functions of the project, and
settings from the environment (an `Environment` with its default). What depends on anything else is UNKNOWN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dbarchitect.sources.python.arithmetic import (
    changed,
)
from dbarchitect.sources.python.constants import UNKNOWN, Constant, EnumMember, Environment
from dbarchitect.sources.python.enumerations import enum_members
from dbarchitect.sources.python.expressions import (
    Expr,
    Name,
)
from dbarchitect.sources.python.folding import Folding
from dbarchitect.sources.python.index import PythonIndex
from dbarchitect.sources.python.resolved import Value
from dbarchitect.sources.python.statements import (
    Assign,
    ClassDef,
    Condition,
    FunctionDef,
    Module,
    Mutate,
    Scope,
    Statement,
)

_DEEPEST = 60
_MOST_STEPS = 3_000  # a stranger's functions may call each other twice at every level
_FAILURES = (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError)


def evaluate(expr: Expr | None, module: Module, index: PythonIndex, scope: Scope | None = None) -> Constant:
    """The value of an expression in a module (inside the class or function `scope`), or UNKNOWN."""
    return Evaluator(index).value(expr, module, scope)


def members_of(cls: ClassDef, index: PythonIndex) -> tuple[EnumMember, ...] | None:
    """The members of an enumeration of the project, None when the class is none."""
    return Evaluator(index).members(cls)


class Evaluator:
    """Evaluates many expressions and remembers the values of names and enumerations.

    `external` gives the value of a library's name where the caller knows it (`django.conf.settings.X`), else UNKNOWN.
    """

    def __init__(self, index: PythonIndex, external: Callable[[str], Constant] | None = None) -> None:
        self.index = index
        self.external = external
        self._names: dict[tuple[str, str], Constant] = {}
        self._members: dict[ClassDef, tuple[EnumMember, ...] | None] = {}
        self.called: set[str] = set()
        """The modules of which functions were looked into for what they return."""
        self._depth = 0
        self._steps = 0

    def value(
        self,
        expr: Expr | None,
        module: Module,
        scope: Scope | None = None,
        local: Mapping[str, Constant] | None = None,
    ) -> Constant:
        """The value of an expression, UNKNOWN where it cannot be told or takes more steps than an honest one can.

        `local` are the names of a comprehension.
        """
        self._steps = self._steps + 1 if self._depth else 0
        if expr is None or self._depth >= _DEEPEST or self._steps > _MOST_STEPS:
            return UNKNOWN
        self._depth += 1
        try:
            return Folding(self, module, scope, local or {}).of(expr)
        except _FAILURES:
            return UNKNOWN
        finally:
            self._depth -= 1

    def members(self, cls: ClassDef) -> tuple[EnumMember, ...] | None:
        """The members of an enumeration, None when the class is none."""
        if cls not in self._members:
            self._members[cls] = ()  # members that refer to their own class
            self._members[cls] = enum_members(cls, self.index, lambda e, c: self.value(e, c.module, c))
        return self._members[cls]

    def name(self, module: Module, name: str, owner: ClassDef | None = None) -> Constant:
        """The value that a module's or a class's name has in the end: assignments and changes, in order.

        A branch whose test is known is taken or left. Of branches that nothing decides the first assignment counts
        and later ones do not replace it, while additions (`+=`, `append`, `x[key] = …`) are all made: the value is
        then what may be, as `INSTALLED_APPS` needs it.
        """
        key = (f"{module.path}:{owner.qualname if owner else ''}", name)
        if key not in self._names:
            self._names[key] = UNKNOWN  # a name defined by itself
            body = owner.body if owner is not None else module.statements
            self._names[key] = self._fold(name, body, module, owner)
        return self._names[key]

    def result(self, function: FunctionDef) -> Constant:
        """What a function without arguments returns: its last `return`, local names put together as by `name`."""
        self.called.add(function.module.path)
        returns = function.returns
        if not returns:
            return UNKNOWN
        value = returns[-1]
        if isinstance(value, Name) and "." not in value.id and value.id in function.members:
            return self._fold(value.id, function.body, function.module, function)
        return self.value(value, function.module, function)

    def holds(
        self,
        conditions: tuple[Condition, ...],
        module: Module,
        scope: Scope | None = None,
        local: Mapping[str, Constant] | None = None,
    ) -> bool | None:
        """Whether a statement under these conditions runs; None when that cannot be told."""
        verdict: bool | None = True
        for condition in conditions:
            found = self.value(condition.test, module, scope, local) if condition.test is not None else UNKNOWN
            if found is UNKNOWN or isinstance(found, Environment):
                verdict = None
            elif bool(found) is not condition.expected:
                return False
        return verdict

    def _fold(self, name: str, body: tuple[Statement, ...], module: Module, owner: Scope | None) -> Constant:
        result: Constant = UNKNOWN
        assigned = False
        for statement in body:
            if not isinstance(statement, (Assign, Mutate)) or statement.target != name or statement.value is None:
                continue
            runs = self.holds(statement.conditions, module, owner) if statement.conditions else True
            if runs is False:
                continue
            # `X = X + [...]` speaks of the value so far, not of the one in the end.
            value = self.value(statement.value, module, owner, {name: result} if assigned else None)
            if isinstance(statement, Assign):
                if runs or not assigned:
                    result, assigned = value, True
            else:
                key = self.value(statement.key, module, owner) if statement.key is not None else UNKNOWN
                if not assigned:  # `from base import *` first, then `INSTALLED_APPS += […]`
                    result, assigned = self._inherited(module, name), True
                result = changed(result, statement.op, key, value)
        return result

    def _inherited(self, module: Module, name: str) -> Constant:
        for star in module.stars:
            found = self.index.imported_module(module, star)
            if isinstance(found, Module):
                target = self.index.resolve(found, name)
                if isinstance(target, Value) and target.expr is not None and not target.rest:
                    return self.name(target.module, target.name, target.owner)
        return UNKNOWN
