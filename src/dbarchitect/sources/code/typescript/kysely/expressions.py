"""The expression builder: `eb("age", ">", 18)`, `eb.or([…])`, `eb.fn.count("id")`."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Aggregate, Comparison
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.builders.columns import aggregated
from dbarchitect.sources.code.typescript.builders.combining import all_of, any_of, negated
from dbarchitect.sources.code.typescript.builders.comparing import compared, subject
from dbarchitect.sources.code.typescript.builders.conditions import compare, inner_condition, truth
from dbarchitect.sources.code.typescript.builders.values import (
    UNKNOWN_CONDITION,
    Column,
    Condition,
    Derived,
    Scope,
)
from dbarchitect.sources.code.typescript.kysely.values import Builder, Case, Functions
from dbarchitect.sources.code.typescript.values import UNDEFINED, Const, Function
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Entries, Items, Value

_AGGREGATES = frozenset({"count", "sum", "avg", "min", "max"})


def binary(arguments: Arguments, scope: Scope) -> Condition:
    """`(left, operator, right)`."""
    return compared(arguments.args[0], arguments.get(1), arguments.get(2) or UNDEFINED, scope)


def referred(arguments: Arguments, scope: Scope) -> Condition:
    """`(left, operator, right)` of which the right side names a column too."""
    right = subject(arguments.get(2) or UNDEFINED, scope)
    return compared(arguments.args[0], arguments.get(1), right, scope)


def condition(arguments: Arguments, scope: Scope, site: Site) -> Condition | None:
    """What `where(…)` is given: three parts, a callback, an expression; None for nothing."""
    if len(arguments.args) >= 3:
        return binary(arguments, scope)
    first = arguments.get(0)
    if isinstance(first, Function):
        first = site.interpreter.run(first, Arguments((Builder(scope),)), site)
    return truth(first) if first is not None else UNKNOWN_CONDITION


def called(scope: Scope, name: str, arguments: Arguments) -> Value | None:
    """A method of the expression builder; None for one that begins a query."""
    first = arguments.get(0)
    match name:
        case "eb" if len(arguments.args) >= 3:
            return binary(arguments, scope)
        case "and" | "or":
            return _logic(name, first, scope)
        case "not" if first is not None:
            return negated(truth(first) or Condition())
        case "exists":
            return inner_condition(first) if isinstance(first, Draft | Derived) else UNKNOWN_CONDITION
        case "ref":
            return subject(first, scope) if first is not None else None
        case "val" | "lit" | "parens" | "cast" | "selectNoFrom":
            return subject(first, scope) if name == "cast" and first is not None else first
        case "between" | "betweenSymmetric" if first is not None:
            ends = Items([arguments.get(1) or UNDEFINED, arguments.get(2) or UNDEFINED])
            return compare(subject(first, scope), Comparison.RANGE, ends)
        case "case":
            return Case(scope)
        case "unary" if first is not None:
            return arguments.get(1)
        case "fn":
            return function(scope, str(first.value) if isinstance(first, Const) else "fn", arguments)
        case "withSchema":
            return Builder(scope)
        case _:
            return None


def _logic(name: str, given: Value | None, scope: Scope) -> Condition:
    if isinstance(given, Entries):
        parts = [compare(subject(Const(n), scope), Comparison.EQUAL, v) for n, v in given.entries.items()]
        return any_of(parts) if name == "or" and parts else all_of(parts)
    if not isinstance(given, Items):
        return UNKNOWN_CONDITION
    known = [c for c in map(truth, given.items) if c is not None]
    known = [*known, UNKNOWN_CONDITION] if given.open else known
    if not known:
        return Condition()
    return all_of(known) if name == "and" else any_of(known)


def function(scope: Scope, name: str, arguments: Arguments) -> Column:
    """`fn.count("id")`, `fn("lower", ["email"])`."""
    if name == "countAll":
        return aggregated("count", None)
    args = arguments.args
    if len(args) > 1 and isinstance(args[1], Items):
        args = tuple(args[1].items)
    columns = [c for c in (subject(a, scope) for a in args) if isinstance(c, Column)]
    if name in _AGGREGATES:
        return aggregated(name, columns[0] if columns else None)
    if name == "agg":
        named = arguments.get(0)
        return aggregated(str(named.value) if isinstance(named, Const) else "agg", columns[-1] if columns else None)
    reads = frozenset().union(*(c.reads for c in columns)) if columns else frozenset()
    held: Aggregate | None = next((c.aggregate for c in columns if c.aggregate is not None), None)
    if len(columns) == 1 and columns[0].plain:
        return replace(columns[0], function=name, name=name)
    return Column(None, name, name=name, aggregate=held, reads=reads)


def of_case(owner: Case, name: str, arguments: Arguments) -> Value | None:
    """`case().when(…).then(…).else(…).end()`."""
    reads = owner.reads
    for value in arguments.args:
        found = subject(value, owner.scope) if name == "when" else value
        if isinstance(found, Column):
            reads |= found.reads
        elif isinstance(found, Condition):
            reads |= {p.column for p in found.predicates}
    if name in {"end", "endCase"}:
        return Column(None, "case", name="case", reads=reads)
    return Case(owner.scope, reads) if name in {"when", "then", "else", "elseRef", "thenRef"} else None


def of_functions(owner: Functions, name: str, arguments: Arguments) -> Column:
    """A method of `fn`."""
    return function(owner.scope, name, arguments)
