"""What the library's functions make of columns and values: operators, aggregates, directions."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Comparison
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.predicates import UPPER_ENDS, up_to
from dbarchitect.sources.code.typescript.builders.columns import aggregated
from dbarchitect.sources.code.typescript.builders.combining import all_of, any_of, negated
from dbarchitect.sources.code.typescript.builders.conditions import compare, inner_condition, like, truth
from dbarchitect.sources.code.typescript.builders.fragments import of_sql
from dbarchitect.sources.code.typescript.builders.values import (
    UNKNOWN_CONDITION,
    Column,
    Condition,
    Derived,
    Fragment,
    Options,
    Sort,
    column,
)
from dbarchitect.sources.code.typescript.drizzle.values import Directions
from dbarchitect.sources.code.typescript.values import UNDEFINED, Const, Table
from dbarchitect.sources.code.typescript.vocabulary import Arguments
from dbarchitect.sources.code.values import OPAQUE, Items, Library, Value

COMPARISONS = {
    "eq": Comparison.EQUAL,
    "ne": Comparison.NOT_EQUAL,
    "gt": Comparison.RANGE,
    "gte": Comparison.RANGE,
    "lt": Comparison.RANGE,
    "lte": Comparison.RANGE,
    "inArray": Comparison.IN,
    "notInArray": Comparison.NOT_IN,
    "isNull": Comparison.IS_NULL,
    "isNotNull": Comparison.IS_NOT_NULL,
    "between": Comparison.RANGE,
    "notBetween": Comparison.RANGE,
    "arrayContains": Comparison.CONTAINS_ELEMENT,
    "arrayContained": Comparison.CONTAINS_ELEMENT,
    "arrayOverlaps": Comparison.CONTAINS_ELEMENT,
}
_PATTERNS = {"like": (False, False), "ilike": (True, False), "notLike": (False, True), "notIlike": (True, True)}
AGGREGATES = {
    "count": "count", "countDistinct": "count", "sum": "sum", "sumDistinct": "sum", "avg": "avg", "avgDistinct": "avg",
    "max": "max", "min": "min",
}  # fmt: skip
_DISTANCES = frozenset(
    {"l2Distance", "l1Distance", "innerProduct", "cosineDistance", "hammingDistance", "jaccardDistance"}
)
_UNIONS = frozenset({"union", "unionAll", "intersect", "intersectAll", "except", "exceptAll"})
_LOGIC = frozenset({"and", "or", "not", "exists", "notExists"})
NAMES = (
    frozenset({*COMPARISONS, *_PATTERNS, *AGGREGATES, "asc", "desc", "alias", "aliasedTable"})
    | frozenset({"getTableColumns", "getColumns", "getViewSelectedFields"})
    | _DISTANCES | _UNIONS | _LOGIC
)  # fmt: skip


def short_name(library: str) -> str | None:
    """The name of something of the library (`eq`, `sql.raw`); None for other packages."""
    package, _, name = library.partition(":")
    return name if package == "drizzle-orm" or package.startswith("drizzle-orm/") else None


def concerns(value: Value) -> bool:
    """Whether a value is of the library, so that a function of an unknown package that is given it may be too."""
    return isinstance(value, Column | Condition | Fragment | Options | Table | Derived | Draft)


def columns_of(table: Table, documents: frozenset[Ref]) -> dict[str, Value]:
    """All columns of a table by the names that the program has for them."""
    return {name: column_of(table, name, documents) or OPAQUE for name in table.model.columns}


def column_of(table: Table, name: str, documents: frozenset[Ref]) -> Column | None:
    """`table.name`."""
    found = table.model.columns.get(name)
    if found is None:
        return None
    ref = table.model.table.column(found)
    return column(ref, name, table.alias, json=ref in documents)


def of_derived(owner: Derived, name: str, documents: frozenset[Ref]) -> Column:
    """`subquery.name`: the column inside, where the query gives it as it is."""
    alias = f"derived {owner.name}"
    fields = owner.draft.noted("selected")
    for label, value in fields if isinstance(fields, tuple) else ():
        if label == name and isinstance(value, Column):
            return replace(value, alias=alias, name=name) if value.plain else Column(name=name)
    if not fields and owner.draft.model is not None:
        found = column_of(Table(owner.draft.model), name, documents)
        if found is not None:
            return replace(found, alias=alias)
    return Column(name=name)


def called(name: str, arguments: Arguments, documents: frozenset[Ref]) -> Value | None:
    """A call of a function of the library by its short name; None for one that does something else."""
    first = arguments.get(0)
    if name in _LOGIC:
        return _logic(name, arguments)
    if name in COMPARISONS and first is not None:
        return _compared(name, first, arguments)
    if name in _PATTERNS and first is not None:
        folded, turned = _PATTERNS[name]
        found = like(first, arguments.get(1) or UNDEFINED, folded=folded)
        return negated(found) if turned else found
    if name in {"asc", "desc"} and first is not None:
        return directed(first, name == "desc")
    if name in AGGREGATES:
        return aggregated(AGGREGATES[name], first)
    if name in _DISTANCES and isinstance(first, Column):
        return replace(first, function=name)
    if name in {"alias", "aliasedTable"} and isinstance(first, Table):
        return Table(first.model, _text(arguments.get(1)) or "alias")
    if name in {"getTableColumns", "getColumns", "getViewSelectedFields"} and isinstance(first, Table):
        from dbarchitect.sources.code.values import Entries

        return Entries(columns_of(first, documents))
    if name in {
        "sql.raw",
        "sql.lit",
        "sql.identifier",
        "sql.param",
        "sql.placeholder",
        "sql.join",
        "sql.empty",
        "placeholder",
    }:
        return of_sql(name.removeprefix("sql."), first, arguments)
    return None


def _logic(name: str, arguments: Arguments) -> Condition | None:
    flat = [v for a in arguments.args for v in (a.items if isinstance(a, Items) else (a,))]
    if name in {"exists", "notExists"}:
        found = (
            inner_condition(flat[0])
            if flat and isinstance(flat[0], Draft | Derived)
            else truth(flat[0])
            if flat
            else None
        )
        found = found if found is not None else UNKNOWN_CONDITION
        return negated(found) if name == "notExists" else found
    known = [c for c in map(truth, flat) if c is not None]
    opened = arguments.dynamic or any(isinstance(a, Items) and a.open for a in arguments.args)
    if opened:
        known.append(UNKNOWN_CONDITION)
    if not known:
        return Condition()
    if name == "not":
        return negated(all_of(known))
    return all_of(known) if name == "and" else any_of(known)


def _compared(name: str, first: Value, arguments: Arguments) -> Condition:
    comparison = COMPARISONS[name]
    second = arguments.get(1)
    if name in {"between", "notBetween"}:
        both_ends = Items([second or UNDEFINED, arguments.get(2) or UNDEFINED])
        found = compare(first, comparison, both_ends)
        return negated(found) if name == "notBetween" else found
    found = compare(first, comparison, second if second is not None else UNDEFINED)
    column = first.column if isinstance(first, Column) and name in UPPER_ENDS else None
    return replace(found, predicates=up_to(found.predicates, column)) if column is not None else found


def directed(value: Value, descending: bool) -> Value:
    """`asc(value)`, `desc(value)`."""
    match value:
        case Sort(key=key):
            return Sort(key, descending)
        case Column() | Fragment():
            return Sort(value, descending)
        case Options(options=options):
            return Options(tuple(Sort(o.key if isinstance(o, Sort) else o, descending) for o in options))
        case _:
            return value


def either_way(value: Value) -> Value:
    """A key of which the program decides the direction."""
    found: list[Column | Sort] = []
    for way in (directed(value, False), directed(value, True)):
        found.extend(way.options if isinstance(way, Options) else [way] if isinstance(way, Sort) else [])
    return Options(tuple(found)) if found else value


def merged(first: Value, second: Value) -> Value | None:
    """Column expressions, directions, of which it is the one or the other."""
    if isinstance(first, Library) and isinstance(second, Library):
        names = {short_name(first.name), short_name(second.name)}
        return Directions() if names == {"asc", "desc"} else None
    options: list[Column | Sort] = []
    for value in (first, second):
        match value:
            case Options(options=known):
                options.extend(o for o in known if o not in options)
            case Column() | Sort():
                if value not in options:
                    options.append(value)
            case _:
                return None
    return options[0] if len(options) == 1 else Options(tuple(options[:60]))


def _text(value: Value | None) -> str | None:
    return value.value if isinstance(value, Const) and isinstance(value.value, str) else None
