"""Columns of models and tables, and what their methods and SQL functions make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from dbarchitect.catalog.queries import Aggregate, Comparison
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.sqlalchemy.conditions import compare, exists, like, negated, shaped
from dbarchitect.sources.code.python.sqlalchemy.values import (
    UNKNOWN_CONDITION,
    Choice,
    ColumnValue,
    Condition,
    Derived,
    Exists,
    Operator,
    Quantified,
    RelationValue,
    Sort,
)
from dbarchitect.sources.code.python.values import Const, ModelClass
from dbarchitect.sources.code.python.vocabulary import Arguments
from dbarchitect.sources.code.values import Items, Value
from dbarchitect.sources.mapping import MappedModel, column_of, relation_of

AGGREGATES = frozenset(
    {"count", "sum", "avg", "min", "max", "array_agg", "string_agg", "json_agg", "jsonb_agg", "bool_or", "bool_and",
     "every", "group_concat", "stddev", "variance", "percentile_cont", "percentile_disc", "mode", "json_object_agg",
     "jsonb_object_agg", "any_value", "total", "json_group_array"}
)  # fmt: skip
_SAME = frozenset(
    {"label", "self_group", "expression", "collate", "scalar_subquery", "correlate", "over", "filter", "within_group",
     "as_scalar", "distinct", "of_type"}
)  # fmt: skip
_TYPED = frozenset({"as_string", "as_integer", "as_float", "as_boolean", "as_numeric", "as_json"})
_TEXTS = {
    "startswith": (Comparison.PREFIX, False),
    "istartswith": (Comparison.PREFIX, True),
    "endswith": (Comparison.SUFFIX, False),
    "iendswith": (Comparison.SUFFIX, True),
    "icontains": (Comparison.CONTAINS, True),
    "regexp_match": (Comparison.PATTERN, False),
    "match": (Comparison.FULL_TEXT, False),
    "bool_op": (Comparison.OTHER, False),
}
_ELEMENTS = frozenset(
    {"has_key", "has_any", "has_all", "contained_by", "overlap", "overlaps", "path_exists", "path_match", "any", "all"}
)
_SYMBOLS = {
    "@>": Comparison.CONTAINS_ELEMENT,
    "<@": Comparison.CONTAINS_ELEMENT,
    "&&": Comparison.CONTAINS_ELEMENT,
    "?": Comparison.CONTAINS_ELEMENT,
    "?|": Comparison.CONTAINS_ELEMENT,
    "?&": Comparison.CONTAINS_ELEMENT,
    "@@": Comparison.FULL_TEXT,
    "=": Comparison.EQUAL,
    "~": Comparison.PATTERN,
    "~*": Comparison.PATTERN,
    "regexp": Comparison.PATTERN,
    "similar to": Comparison.PATTERN,
    "is distinct from": Comparison.NOT_EQUAL,
    "is not distinct from": Comparison.EQUAL,
}
_CELLS = frozenset({"->", "->>", "#>", "#>>"})
_DESCENDING = {"desc": True, "asc": False}
_NULLS = frozenset({"nulls_first", "nulls_last", "nullsfirst", "nullslast"})


def attribute_of(
    models: Mapping[str, MappedModel], owner: ModelClass, name: str, documents: frozenset[Ref]
) -> ColumnValue | RelationValue | None:
    """The column or relation that an attribute of a model's class is."""
    found = column_of(models, owner.model, name)
    relation = relation_of(models, owner.model, name)
    if relation is not None:
        holder, link, way = relation
        target = models.get(link.target)
        if target is not None:
            return RelationValue(holder, link, target, way, owner.alias)
    if found is None:
        return None
    column, way = found
    return ColumnValue(
        column, name=name, reads=frozenset({column}), way=way, alias=owner.alias, json=column in documents
    )


def column_named(owner: ModelClass, name: str, documents: frozenset[Ref]) -> ColumnValue | None:
    """The column of a model's table by its database name, as `__table__.c.name` asks."""
    if name not in owner.model.columns.values():
        return None
    column = owner.model.table.column(name)
    return ColumnValue(column, name=name, reads=frozenset({column}), alias=owner.alias, json=column in documents)


def of_derived(owner: Derived, name: str) -> ColumnValue | None:
    """`subquery.c.name`: the column inside, where the query gives it as it is."""
    return replace(_given_by(owner, name), source=owner.draft)


def _given_by(owner: Derived, name: str) -> ColumnValue:
    selected = owner.draft.noted("selected")
    for value in selected if isinstance(selected, tuple) else ():
        if isinstance(value, ColumnValue) and value.name == name:
            plain = value.aggregate is None and not value.function and value.inner is None
            return replace(value, alias=f"derived {id(owner.draft)}") if plain else ColumnValue(name=name)
        if isinstance(value, ModelClass) and name in value.model.columns:
            column = value.model.table.column(value.model.columns[name])
            return ColumnValue(column, name=name, reads=frozenset({column}), alias=f"derived {id(owner.draft)}")
    return ColumnValue(name=name)


def applied_function(name: str, arguments: tuple[Value, ...]) -> ColumnValue:
    """`func.name(…)`, `cast(…)`: about a single column, or an expression of several."""
    made = _applied(name, arguments)
    source = next((a.source for a in arguments if isinstance(a, ColumnValue) and a.source is not None), None)
    return replace(made, source=source) if source is not None else made


def _applied(name: str, arguments: tuple[Value, ...]) -> ColumnValue:
    name = name.lower()
    given = [replace(a.key) if isinstance(a, Sort) else a for a in arguments]
    columns = [a for a in given if isinstance(a, ColumnValue)]
    for value in given:
        if isinstance(value, Choice):
            columns.extend(o for o in value.options if isinstance(o, ColumnValue))
    reads = frozenset().union(*(c.reads for c in columns)) if columns else frozenset()
    single = columns[0] if columns and len({c.column for c in columns}) == 1 and columns[0].column else None
    way = tuple(join for c in columns for join in c.way)
    if name in AGGREGATES:
        column = single.column if single is not None else None
        return ColumnValue(column, name, name=name, aggregate=Aggregate(name, column), reads=reads, way=way)
    held = next((c.aggregate for c in columns if c.aggregate is not None), None)
    if single is None:
        return ColumnValue(function=name, name=name, reads=reads, way=way, aggregate=held)
    function = name if single.function is None else f"{name} {single.function}"
    return replace(single, function=function, name=name, aggregate=held)


def combined(operator: str, values: Iterable[Value]) -> ColumnValue:
    """Arithmetic of columns."""
    return applied_function(operator, tuple(values))


def indexed(column: ColumnValue, index: Value) -> ColumnValue:
    """`column["key"]`: a part of a document, or an element of an array."""
    keys: tuple[str, ...] = ("*",)
    if isinstance(index, Const) and isinstance(index.value, str | int):
        keys = (str(index.value),)
    elif isinstance(index, Items) and index.kind in {"tuple", "list"}:
        keys = tuple(str(i.value) if isinstance(i, Const) else "*" for i in index.items)
    return replace(column, path=(*column.path, *keys), json=True)


def document_attribute(column: ColumnValue, name: str) -> ColumnValue | None:
    """`column["key"].astext` and what else changes nothing."""
    if name in {"astext", "expression", "comparator"}:
        return column
    return None


def column_call(column: ColumnValue, name: str, arguments: Arguments) -> Value | None:
    """A method of a column expression."""
    first = arguments.get(0)
    if name in _DESCENDING:
        return Sort(column, _DESCENDING[name])
    if name in _NULLS or name in _TYPED:
        return column
    if name == "label" and isinstance(first, Const):
        return replace(column, name=str(first.value))
    if name in _SAME:
        return column
    if name in {"cast", "type_coerce", "concat", "op_cast"}:
        return (
            column if column.json and column.path else applied_function("cast" if name == "cast" else name, (column,))
        )
    if name == "op" and isinstance(first, Const):
        return Operator(column, str(first.value))
    if first is None and name not in {"is_", "is_not", "isnot"}:
        return None
    return _compared(column, name, first, arguments)


def _compared(column: ColumnValue, name: str, first: Value, arguments: Arguments) -> Value | None:
    match name:
        case "in_":
            return compare(column, Comparison.IN, first)
        case "not_in" | "notin_":
            return compare(column, Comparison.NOT_IN, first)
        case "is_" | "is_not_distinct_from" | "isnot_distinct_from":
            return compare(column, Comparison.EQUAL, first)
        case "is_not" | "isnot" | "is_distinct_from":
            return compare(column, Comparison.NOT_EQUAL, first)
        case "like" | "ilike":
            return like(column, first, folded=name == "ilike")
        case "not_like" | "notlike" | "not_ilike" | "notilike":
            return negated(like(column, first, folded="ilike" in name))
        case "between":
            return compare(column, Comparison.RANGE, Items([first, arguments.get(1) or Const(None)], open=True))
        case "contains":
            text = isinstance(first, Const) and isinstance(first.value, str)
            if column.json and not text:
                return compare(column, Comparison.CONTAINS_ELEMENT, first)
            return shaped(column, Comparison.CONTAINS_ELEMENT if column.json else Comparison.CONTAINS, first)
        case "any_":
            return Quantified(column, "any")
        case _ if name in _TEXTS:
            comparison, folded = _TEXTS[name]
            return shaped(column, comparison, first, folded=folded)
        case _ if name in _ELEMENTS:
            return compare(column, Comparison.CONTAINS_ELEMENT, first)
        case _:
            return None


def operated(operator: Operator, value: Value) -> Value:
    """`column.op("@>")(value)`."""
    symbol = operator.symbol.strip().lower()
    if symbol in _CELLS:
        return indexed(operator.column, value)
    if symbol in {"like", "ilike", "~~", "~~*"}:
        return like(operator.column, value, folded=symbol in {"ilike", "~~*"})
    if symbol in {"+", "-", "*", "/", "||", "%", "<->", "<=>", "<#>", "at time zone", "&", "|"}:
        return combined(symbol, (operator.column, value))
    if symbol == "%%":
        return shaped(operator.column, Comparison.CONTAINS, value)
    return shaped(operator.column, _SYMBOLS.get(symbol, Comparison.OTHER), value, folded=symbol == "~*")


def each(choice: Choice, name: str, arguments: Arguments) -> Value | None:
    """A method of a choice: of each of what it may be."""
    found = [column_call(o.key if isinstance(o, Sort) else o, name, arguments) for o in choice.options]
    known = tuple(f for f in found if isinstance(f, ColumnValue | Sort))
    if known:
        return Choice(known)
    conditions = [f for f in found if isinstance(f, Condition)]
    if not conditions:
        return None
    predicates = tuple(replace(p, optional=True) for c in conditions for p in c.predicates)
    return Condition(predicates)


def chosen(first: Value, second: Value) -> Choice | None:
    """Column expressions of which it is the one or the other."""
    options: dict[ColumnValue | Sort, None] = {}
    for value in (first, second):
        match value:
            case Choice(options=known):
                options.update(dict.fromkeys(known))
            case ColumnValue() | Sort():
                options[value] = None
            case _:
                return None
    return Choice(tuple(options)[:60])


def negation(value: Value) -> Condition | None:
    """`~value` of what is no condition yet."""
    match value:
        case Condition():
            return negated(value)
        case ColumnValue(inner=Draft() as draft) | Exists(draft=draft):
            return negated(exists(draft))
        case ColumnValue():
            return compare(value, Comparison.EQUAL, Const(False))
        case _:
            return UNKNOWN_CONDITION
