"""The entries of a list that a migration puts together: written out, joined, named, made by a function or a loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from dbarchitect.sources.django.field_classes import Located
from dbarchitect.sources.django.migrations.built import built_by
from dbarchitect.sources.django.migrations.substitute import as_expression, substituted
from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import ClassDef, FunctionDef, Value, is_known
from dbarchitect.sources.python.expressions import (
    BinOp,
    Call,
    Comprehension,
    Conditional,
    Dict,
    Display,
    Expr,
    Literal,
    Name,
    Starred,
)
from dbarchitect.sources.python.statements import Assign, Effect, Import, Mutate, Return, Statement

_DEEPEST = 20
MOST = 5_000
"""More entries than this no honest migration has."""

_COPIES = frozenset({"list", "tuple", "sorted", "reversed", "set", "frozenset"})


@dataclass(slots=True)
class _Via:
    """Where names are looked up, and how many more functions may be followed step by step: hostile ones ask for more
    than any time allows."""

    world: World
    functions: int = 5


def entries(located: Located, world: World) -> Iterator[Located]:
    """The entries, each with the place whose names it speaks; what cannot be taken apart comes as it is."""
    return islice(_entries(located, _Via(world), 0), MOST)


def attribute_entries(cls: ClassDef, name: str, world: World) -> tuple[Located, ...]:
    """The entries of a list that a class binds: its assignments, `+=`, `append` and the like; inherited ones too."""
    for base in world.lineage(cls):
        if any(isinstance(s, Assign) and s.target == name for s in base.body):
            return tuple(islice(_bound(base.body, name, base, _Via(world), 0), MOST))
    return ()


def returned_by(call: Call, located: Located, world: World) -> Located | None:
    """What a function of the project returns for this call, where it does nothing but return it; else None."""
    return _returned(call, located, _Via(world, functions=0))


def _bound(body: tuple[Statement, ...], name: str, owner: ClassDef | Value, via: _Via, depth: int) -> Iterator[Located]:
    """What statements make of a list, branches that are certainly not taken left out."""
    module, scope = owner.module, owner if isinstance(owner, ClassDef) else None
    found: list[Located] = []
    assigned = False
    for statement in body:
        if not isinstance(statement, (Assign, Mutate)) or statement.target != name or statement.value is None:
            continue
        runs = via.world.evaluator.holds(statement.conditions, module, scope) if statement.conditions else True
        if runs is False:
            continue
        place = Located(statement.value, module, scope)
        if isinstance(statement, Assign):
            if assigned and runs is None:
                continue  # the other branch of a test that nobody knows
            found, assigned = list(islice(_entries(place, via, depth + 1), MOST)), True
        elif statement.op in {"append", "insert"}:
            found.append(place)
        elif statement.op in {"+=", "extend"}:
            found += islice(_entries(place, via, depth + 1), MOST)
    yield from found


def _entries(located: Located, via: _Via, depth: int) -> Iterator[Located]:
    expr, module, scope = located.expr, located.module, located.scope
    if depth > _DEEPEST:
        yield located
        return
    match expr:
        case Display():
            for item in expr.items:
                place = Located(item, module, scope)
                yield from _entries(place, via, depth + 1) if isinstance(item, Starred) else (place,)
        case Starred():
            yield from _entries(Located(expr.value, module, scope), via, depth + 1)
        case BinOp(op="+"):
            for part in _joined(expr):
                yield from _entries(Located(part, module, scope), via, depth + 1)
        case Conditional():
            test = via.world.value(expr.test, module, scope)
            chosen = expr.orelse if is_known(test) and not test else expr.body
            yield from _entries(Located(chosen, module, scope), via, depth + 1)
        case Name():
            yield from _named(expr, located, via, depth)
        case Comprehension():
            yield from _looped(expr, located, via, depth)
        case Call(args=(only,)) if expr.name in _COPIES:
            yield from _entries(Located(only, module, scope), via, depth + 1)
        case Call() if (returned := _returned(expr, located, via)) is not None:
            yield from _entries(returned, via, depth + 1)
        case _:
            yield located


def _joined(expr: BinOp) -> Iterator[Expr]:
    """The sides of a chain of `+`, which may be thousands long, from left to right."""
    spine: list[Expr] = []
    left: Expr = expr
    while isinstance(left, BinOp) and left.op == "+":
        spine.append(left.right)
        left = left.left
    yield left
    yield from reversed(spine)


def _named(expr: Name, located: Located, via: _Via, depth: int) -> Iterator[Located]:
    found = via.world.resolve(located.module, expr.id, located.scope)
    if not isinstance(found, Value) or found.expr is None or found.rest:
        yield located
    elif found.owner is None and found.expr != expr:
        yield from _bound(found.module.statements, found.name, found, via, depth)
    elif isinstance(found.owner, ClassDef):
        yield from _bound(found.owner.body, found.name, found.owner, via, depth)
    else:
        yield from _entries(Located(found.expr, found.module, found.owner), via, depth + 1)


def _returned(call: Call, located: Located, via: _Via) -> Located | None:
    """What a function of the project returns for this call; None where that cannot be told."""
    function = via.world.resolve_expr(located.module, call.function, located.scope)
    if not isinstance(function, FunctionDef):
        return None
    plain = [p for p in function.parameters if not p.star]
    if len(plain) != len(function.parameters) or len(call.args) > len(plain):
        return None
    names: dict[str, Expr] = {p.name: p.default for p in plain if p.default is not None}
    names.update(zip((p.name for p in plain), call.args, strict=False))
    names.update({k.name: k.value for k in call.kwargs if k.name is not None})
    returned = _only_return(function)
    if returned is not None:
        found: Expr | None = substituted(returned, names)
    else:
        via.functions -= 1
        followed = lambda expr, place: _iterated(expr, place, via, 0)  # noqa: E731 - a method of what is followed
        found = built_by(function, names, via.world, followed) if via.functions >= 0 else None
    return Located(found, function.module, function) if found is not None else None


def _only_return(function: FunctionDef) -> Expr | None:
    """The expression of a function that does nothing but return one."""
    returns: list[Expr] = []
    for statement in function.body:
        if isinstance(statement, Return) and statement.value is not None and not statement.conditions:
            returns.append(statement.value)
        elif not (isinstance(statement, Import) or _is_text(statement)):
            return None
    return returns[0] if len(returns) == 1 else None


def _is_text(statement: Statement) -> bool:
    return isinstance(statement, Effect) and isinstance(statement.value, Literal)


def _looped(expr: Comprehension, located: Located, via: _Via, depth: int) -> Iterator[Located]:
    """`[AddField(name, …) for name in NAMES]`, one after the other; as it is where the loop cannot be followed."""
    if expr.kind == "dict" or len(expr.clauses) != 1:
        yield located
        return
    clause = expr.clauses[0]
    rows: list[Located] = []
    for item in _iterated(clause.iterable, located, via, depth):
        bound: tuple[Expr, ...] = (item,)
        if len(clause.targets) > 1:
            bound = item.items if isinstance(item, Display) else ()
        if len(bound) != len(clause.targets):
            yield located
            return
        names = dict(zip(clause.targets, bound, strict=True))
        tests = [via.world.value(substituted(t, names), located.module, located.scope) for t in clause.conditions]
        if all(not is_known(test) or test for test in tests):
            rows.append(Located(substituted(expr.element, names), located.module, located.scope))
    yield from rows


def _iterated(iterable: Expr, located: Located, via: _Via, depth: int) -> Iterator[Expr]:
    value = via.world.value(iterable, located.module, located.scope)
    written = as_expression(list(value), iterable.span) if _is_plain(value) else None
    if isinstance(written, Display):
        yield from written.items
    elif isinstance(iterable, Call) and (iterable.name or "").endswith(".items"):
        yield from _pairs(iterable, located, via)
    else:
        for entry in _entries(Located(iterable, located.module, located.scope), via, depth + 1):
            yield entry.expr


def _is_plain(value: object) -> bool:
    return isinstance(value, (list, tuple, set, frozenset, dict)) and is_known(value)


def _pairs(call: Call, located: Located, via: _Via) -> Iterator[Expr]:
    """The items of a dictionary that is written out under a name."""
    head = (call.name or "").removesuffix(".items")
    found = via.world.resolve(located.module, head, located.scope)
    if isinstance(found, Value) and isinstance(found.expr, Dict) and not found.rest:
        for key, value in found.expr.items:
            if key is not None:
                yield Display("tuple", (key, value), call.span)
