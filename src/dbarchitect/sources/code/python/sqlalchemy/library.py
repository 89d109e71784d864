"""Functions and classes of the library by their names: `select`, `func.lower`, `joinedload`, `sessionmaker` …"""

from __future__ import annotations

from collections.abc import Callable

from dbarchitect.catalog.queries import Verb
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.sqlalchemy.column_properties import column_property
from dbarchitect.sources.code.python.sqlalchemy.columns import applied_function, column_call, each
from dbarchitect.sources.code.python.sqlalchemy.conditions import all_of, any_of, negated, truth
from dbarchitect.sources.code.python.sqlalchemy.joining import joined
from dbarchitect.sources.code.python.sqlalchemy.loading import LOADERS, loader
from dbarchitect.sources.code.python.sqlalchemy.sessions import ROOTS, made
from dbarchitect.sources.code.python.sqlalchemy.statements import Statements, inserted, united
from dbarchitect.sources.code.python.sqlalchemy.values import (
    LIBRARY,
    Choice,
    Clause,
    ColumnValue,
    Condition,
    Derived,
    Exists,
    Quantified,
    RowOf,
    Session,
    Sort,
)
from dbarchitect.sources.code.python.values import Const, ModelClass
from dbarchitect.sources.code.python.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Items, Opaque, Value

_DIRECTED = frozenset({"asc", "desc", "nulls_first", "nulls_last", "nullsfirst", "nullslast", "label", "collate"})
_WRITES = {"insert": Verb.INSERT, "update": Verb.UPDATE, "delete": Verb.DELETE, "Insert": Verb.INSERT,
           "Update": Verb.UPDATE, "Delete": Verb.DELETE}  # fmt: skip
_CONSTANTS = {"null": None, "true": True, "false": False}
_UNIONS = frozenset({"union", "union_all", "intersect", "except_", "intersect_all", "except_all"})


def short_name(dotted: str) -> str | None:
    """The name of something of the library, `func.` before a SQL function's; None for other libraries."""
    parts = dotted.split(".")
    if parts[0] not in ROOTS:
        return None
    if len(parts) > 2 and "func" in parts[1:-1]:
        return f"func.{parts[-1]}"
    return parts[-1]


class LibraryCalls:
    """What calls of the library's functions give."""

    def __init__(self, statements: Statements, table_named: Callable[[str, str], Value | None]) -> None:
        self.statements = statements
        self.table_named = table_named

    def call(self, name: str, arguments: Arguments, site: Site) -> Value | None:
        """A call of something of the library, by its short name."""
        if name.startswith("func."):
            return applied_function(name[5:], arguments.args)
        first = arguments.get(0)
        if name in {"select", "Select"}:
            return self.statements.select(arguments.args, site)
        if name in _WRITES and first is not None:
            return inserted(_WRITES[name], first, site)
        if name in {"and_", "or_", "not_"}:
            return self._logic(name, arguments)
        if name in LOADERS:
            return loader(name, arguments)
        if name in _CONSTANTS:
            return Const(_CONSTANTS[name])
        if name in _DIRECTED and first is not None:
            return self._directed(name, first, arguments)
        if name in _UNIONS:
            return united(arguments.args, site)
        if name == "column_property" and first is not None:
            return column_property(first, site)
        return self._expression(name, first, arguments, site) or self._thing(name, first, arguments, site)

    def _logic(self, name: str, arguments: Arguments) -> Condition:
        flat = [v for a in arguments.args for v in (a.items if isinstance(a, Items) else (a,))]
        known = [c for c in (truth(v) for v in flat if not isinstance(v, Clause)) if c is not None]
        if any(isinstance(v, Clause) for v in flat) or arguments.dynamic:
            known.append(Condition(unknown=True))
        if name == "and_":
            return all_of(known)
        return any_of(known) if name == "or_" else negated(all_of(known))

    def _directed(self, name: str, first: Value, arguments: Arguments) -> Value:
        rest = Arguments(arguments.args[1:], arguments.kwargs)
        if isinstance(first, ColumnValue):
            return column_call(first, name, rest) or first
        if isinstance(first, Sort):
            return first if "null" in name else Sort(first.key, name == "desc")
        if isinstance(first, Choice):
            return each(first, name, rest) or first
        if isinstance(first, Const) and isinstance(first.value, str) and name in {"asc", "desc"}:
            return Const(f"{first.value} {name}")
        return first

    def _expression(self, name: str, first: Value | None, arguments: Arguments, site: Site) -> Value | None:
        match name:
            case "cast" | "type_coerce" | "Cast":
                if isinstance(first, ColumnValue):
                    return column_call(first, "cast", Arguments()) if name == "cast" else first
                return first
            case "try_cast" | "extract":
                return applied_function(name, arguments.args[1:] if name == "extract" else arguments.args[:1])
            case "case":
                return self._case(arguments)
            case (
                "literal"
                | "bindparam"
                | "literal_column"
                | "Bundle"
                | "col"
                | "column"
                | "custom_op"
                | "remote"
                | "foreign"
            ):
                return self._literal(name, first, arguments)
            case "text":
                return Clause(first) if first is not None else None
            case "distinct":
                return applied_function("distinct", arguments.args) if isinstance(first, ColumnValue) else first
            case "any_" | "all_":
                return Quantified(first, name.rstrip("_")) if first is not None else None
            case "tuple_" | "Tuple":
                return RowOf(tuple(a for a in arguments.args if isinstance(a, ColumnValue)))
            case "between" if isinstance(first, ColumnValue):
                return column_call(first, "between", Arguments(arguments.args[1:]))
            case "over" | "within_group" | "funcfilter" | "array" | "array_agg" | "aggregate_order_by":
                return first if isinstance(first, ColumnValue) else applied_function(name, arguments.args)
            case "exists":
                return (
                    Exists(first) if isinstance(first, Draft) else Exists(self.statements.select(arguments.args, site))
                )
            case _:
                return None

    def _literal(self, name: str, first: Value | None, arguments: Arguments) -> Value:
        if name in {"col", "remote", "foreign"} and first is not None:
            return first
        if name == "literal" and first is not None:
            return first
        if name in {"literal_column", "column"}:
            return ColumnValue(name=str(first.value) if isinstance(first, Const) else None)
        return applied_function(name, arguments.args[1:]) if name == "Bundle" else Opaque()

    def _case(self, arguments: Arguments) -> ColumnValue:
        reads: list[ColumnValue] = []
        for value in arguments.values():
            for part in _parts(value):
                if isinstance(part, ColumnValue):
                    reads.append(part)
                elif isinstance(part, Condition):
                    columns = frozenset(p.column for p in part.predicates)
                    reads.append(ColumnValue(reads=columns))
        every = frozenset().union(*(r.reads for r in reads)) if reads else frozenset()
        held = next((r.aggregate for r in reads if r.aggregate is not None), None)
        return ColumnValue(function="case", name="case", reads=every, aggregate=held)

    def _thing(self, name: str, first: Value | None, arguments: Arguments, site: Site) -> Value | None:
        match name:
            case "aliased" | "alias":
                if isinstance(first, ModelClass):
                    return ModelClass(first.model, LIBRARY, f"{site.frame.module.path}:{site.span.start}")
                if isinstance(first, Derived | Draft):
                    return first if isinstance(first, Derived) else Derived(first)
                return None
            case "lateral" | "subquery" | "cte":
                return Derived(first) if isinstance(first, Draft) else first
            case "with_polymorphic":
                return first
            case "table" | "Table" | "TableClause":
                if isinstance(first, Const) and isinstance(first.value, str):
                    return self.table_named(first.value, site.frame.module.path)
                return None
            case "join" | "outerjoin":
                return self._join(name, arguments, site)
            case "Query":
                values = first.items if isinstance(first, Items) else [first] if first is not None else []
                return self.statements.select(tuple(values), site, "query")
            case _:
                session = made(name)
                if session is not None:
                    return Session("session") if session.kind == "maker" and name == "scoped_session" else session
                return None

    def _join(self, name: str, arguments: Arguments, site: Site) -> Value | None:
        """`join(A, B, condition)` as something to select from."""
        first, second = arguments.get(0), arguments.get(1)
        if first is None or second is None:
            return None
        draft = first.draft if isinstance(first, Derived) else self.statements.select((first,), site)
        condition = arguments.get(2, "onclause")
        outer = name == "outerjoin" or "isouter" in arguments.kwargs
        models, links = site.interpreter.models, self.statements.links
        return Derived(joined(draft, second, condition, links, models, outer=outer))


def _parts(value: Value) -> list[Value]:
    if isinstance(value, Items):
        return [part for item in value.items for part in _parts(item)]
    return [value]
