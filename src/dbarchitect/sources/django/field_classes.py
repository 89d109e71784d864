"""What the classes of custom fields set themselves: options in `__init__`, a constant `db_type()` and the like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import ClassDef, Constant, FunctionDef, Module, plain
from dbarchitect.sources.python.expressions import Attribute, Call, Compare, Dict, Expr, Literal, Name, dotted
from dbarchitect.sources.python.statements import Condition, Effect, Mutate, Return, Scope

_EXPRESSIONS = frozenset({"base_field", "to", "output_field", "through", "on_delete"})


@dataclass(frozen=True, slots=True)
class Located:
    """An expression and the place whose names it speaks."""

    expr: Expr
    module: Module
    scope: Scope | None


def set_by_classes(
    chain: tuple[ClassDef, ...], options: Mapping[str, Located], world: World
) -> tuple[dict[str, Constant], dict[str, Constant], dict[str, Located]]:
    """What the classes of a custom field set: constants for good, constants as defaults, and for good what is no
    constant (the field inside an array, the model of a relation). The class nearest to Django decides."""
    fixed: dict[str, Constant] = {}
    defaults: dict[str, Constant] = {}
    located: dict[str, Located] = {}
    for cls in chain:
        init = cls.members.get("__init__")
        if not isinstance(init, FunctionDef):
            continue
        catchall = next((p.name for p in init.parameters if p.star == "**"), "kwargs")
        names = {p.name for p in init.parameters}
        for parameter in init.parameters:
            if parameter.default is not None and not parameter.star:
                defaults.setdefault(parameter.name, world.value(parameter.default, cls.module, cls))
        given = {name: plain(world.value(o.expr, o.module, o.scope)) for name, o in options.items()}
        for key, value, is_fixed in _set_by(init, catchall, given, world):
            if isinstance(value, Name) and value.id in names:
                continue
            if key in _EXPRESSIONS:
                located[key] = Located(value, cls.module, init)
                continue
            constant = plain(world.value(value, cls.module, init))
            if is_fixed:
                fixed[key] = constant
            else:
                defaults.setdefault(key, constant)
    return fixed, defaults, located


def _set_by(
    init: FunctionDef, catchall: str, given: Mapping[str, Constant], world: World
) -> Iterator[tuple[str, Expr, bool]]:
    """What an `__init__` does to the options: (name, value, whether for good). Branches are followed by what is given;
    what only may run makes a default."""
    for statement in init.body:
        if not isinstance(statement, (Mutate, Effect)):
            continue
        runs = world.evaluator.holds(statement.conditions, init.module, init, {catchall: dict(given)})
        if runs is False:
            continue
        certain = runs is True
        match statement:
            case Mutate(target=target, op="[]=" | "setdefault" as op, key=Literal(value=str() as key), value=value) if (
                target == catchall
            ):
                yield key, value, op == "[]=" and certain
            case Mutate(target=target, op="update", value=Dict() as changes) if target == catchall:
                for item, value in changes.items:
                    if isinstance(item, Literal) and isinstance(item.value, str):
                        yield item.value, value, certain
            case Effect(value=Call() as call) if _calls_parent(call):
                for keyword in call.kwargs:
                    taken = _taken_from(keyword.value, catchall)
                    if keyword.name is not None and taken is not None:
                        yield keyword.name, taken, False
                    elif keyword.name is not None and not _mentions(keyword.value, catchall):
                        yield keyword.name, keyword.value, certain
            case _:
                pass


def _calls_parent(call: Call) -> bool:
    function = call.function
    if isinstance(function, Attribute):
        return function.attr == "__init__" and isinstance(function.value, Call) and function.value.name == "super"
    return isinstance(function, Name) and function.id.endswith(".__init__")


def _taken_from(expr: Expr, name: str) -> Expr | None:
    """The default in `kwargs.pop("max_digits", 12)` and `kwargs.get(…)`."""
    taking = isinstance(expr, Call) and expr.name in {f"{name}.pop", f"{name}.get"}
    return expr.args[1] if isinstance(expr, Call) and taking and len(expr.args) == 2 else None


def _mentions(expr: Expr, name: str) -> bool:
    return isinstance(expr, Call) and (expr.name or "").startswith(f"{name}.")


def constant_method(chain: tuple[ClassDef, ...], name: str, world: World) -> dict[str, str | None]:
    """What a method that only returns constants returns: for each vendor it asks for, and for any other (`""`)."""
    for cls in chain:
        method = cls.members.get(name)
        if not isinstance(method, FunctionDef):
            continue
        found: dict[str, str | None] = {}
        for statement in method.body:
            if not isinstance(statement, Return) or statement.value is None:
                continue
            value = world.value(statement.value, cls.module, method)
            vendor = _vendor(statement.conditions)
            if isinstance(value, str) and vendor is not None:
                found.setdefault(vendor, value)
            elif value is None and vendor is not None:
                found.setdefault(vendor, None)
        return found
    return {}


def _vendor(conditions: tuple[Condition, ...]) -> str | None:
    """The vendor for which a branch is taken: '' for any, None when it depends on something else."""
    vendor = ""
    for condition in conditions:
        test = condition.test
        if not isinstance(test, Compare) or test.ops != ("==",):
            return None
        left, right = test.operands
        if not (dotted(left) or "").endswith(".vendor") or not isinstance(right, Literal):
            return None
        if condition.expected:
            vendor = str(right.value)
    return vendor
