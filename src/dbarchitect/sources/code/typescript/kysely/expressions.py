"""The expression builder: `eb("age", ">", 18)`, `eb.or([…])`, `eb.fn.count("id")`."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Aggregate, Comparison
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.predicates import UPPER_ENDS, up_to
from dbarchitect.sources.code.typescript.drizzle.combining import all_of, any_of, negated
from dbarchitect.sources.code.typescript.drizzle.conditions import compare, inner_condition, like, truth
from dbarchitect.sources.code.typescript.drizzle.expressions import aggregated
from dbarchitect.sources.code.typescript.drizzle.values import (
    UNKNOWN_CONDITION,
    Column,
    Condition,
    Derived,
    Fragment,
    Sort,
)
from dbarchitect.sources.code.typescript.kysely.names import column_named
from dbarchitect.sources.code.typescript.kysely.values import Builder, Case, Functions, Scope
from dbarchitect.sources.code.typescript.values import UNDEFINED, Const, Function, Undefined
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import OPAQUE, Entries, Items, Opaque, Value

_OPERATORS = {
    "=": Comparison.EQUAL, "==": Comparison.EQUAL, "!=": Comparison.NOT_EQUAL, "<>": Comparison.NOT_EQUAL,
    "<": Comparison.RANGE, "<=": Comparison.RANGE, ">": Comparison.RANGE, ">=": Comparison.RANGE,
    "in": Comparison.IN, "not in": Comparison.NOT_IN, "is": Comparison.EQUAL, "is not": Comparison.NOT_EQUAL,
    "is distinct from": Comparison.NOT_EQUAL, "is not distinct from": Comparison.EQUAL,
    "@>": Comparison.CONTAINS_ELEMENT, "<@": Comparison.CONTAINS_ELEMENT, "&&": Comparison.CONTAINS_ELEMENT,
    "?": Comparison.CONTAINS_ELEMENT, "?|": Comparison.CONTAINS_ELEMENT, "?&": Comparison.CONTAINS_ELEMENT,
    "@@": Comparison.FULL_TEXT, "~": Comparison.PATTERN, "~*": Comparison.PATTERN, "similar to": Comparison.PATTERN,
}  # fmt: skip
_AGGREGATES = frozenset({"count", "sum", "avg", "min", "max"})


def subject(value: Value, scope: Scope) -> Value:
    """What stands on the left of a comparison, or where a column is meant: a text names a column."""
    if isinstance(value, Const) and isinstance(value.value, str):
        return column_named(value.value, scope) or UNDEFINED
    return value


def compared(left: Value, operator: Value | None, right: Value, scope: Scope) -> Condition:
    """`left operator right`; both sides as values (a reference on the right is a column already)."""
    column = subject(left, scope)
    if isinstance(column, Undefined | Opaque):
        return UNKNOWN_CONDITION
    symbol = str(operator.value).lower() if isinstance(operator, Const) else ""
    if symbol in {"is", "is not"} and isinstance(right, Const) and right.value is None:
        return compare(column, Comparison.IS_NULL if symbol == "is" else Comparison.IS_NOT_NULL, right)
    if symbol in {"like", "ilike", "not like", "not ilike"}:
        found = like(column, right, folded="ilike" in symbol)
        return negated(found) if symbol.startswith("not") else found
    found = compare(column, _OPERATORS.get(symbol, Comparison.OTHER), right)
    if symbol in UPPER_ENDS and isinstance(column, Column):
        return replace(found, predicates=up_to(found.predicates, column.column))
    return found


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


def keys(value: Value, scope: Scope, way: Value | None) -> tuple[Value, ...]:
    """What `orderBy` is given as columns with a direction."""
    if isinstance(value, Items):
        return tuple(key for item in value.items for key in keys(item, scope, None))
    descending = isinstance(way, Const) and str(way.value).lower().startswith("desc")
    if isinstance(value, Const) and isinstance(value.value, str):
        name, _, rest = value.value.strip().partition(" ")
        descending = descending or rest.strip().lower().startswith("desc")
        found = column_named(name, scope)
        return (Sort(found or Column(name=name), descending),)
    if isinstance(value, Column | Fragment):
        return (Sort(value, descending),)
    return (value if value is not None else OPAQUE,)
