"""`F`, functions, aggregates and subqueries: what they stand for in a query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dbarchitect.catalog.queries import Aggregate, Operand, Predicate
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.django.paths import Paths
from dbarchitect.sources.code.python.django.values import Computed, Condition, FieldPath, QuerySet
from dbarchitect.sources.code.python.values import Const, LambdaValue
from dbarchitect.sources.code.python.vocabulary import operand as plain_operand
from dbarchitect.sources.code.values import (
    Entries,
    Items,
    Library,
    Rows,
    Sequence,
    Value,
    inside,
)

AGGREGATES = {
    "count": "count", "sum": "sum", "avg": "avg", "min": "min", "max": "max", "stddev": "stddev",
    "variance": "variance", "arrayagg": "array_agg", "stringagg": "string_agg", "jsonbagg": "jsonb_agg",
    "booland": "bool_and", "boolor": "bool_or", "anyvalue": "any_value",
}  # fmt: skip
_DEEPEST = 6


class Expressions:
    """Reads expressions in the light of a query."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.where: Callable[[Draft, Condition], Draft] | None = None

    def annotation(self, draft: Draft, name: str) -> Value | None:
        """What `annotate` or `alias` called so."""
        noted = draft.noted("annotations")
        return noted.get(name) if isinstance(noted, dict) else None

    def is_aggregate(self, value: Value, depth: int = 0) -> bool:
        """Whether an aggregate of this very query stands in an expression."""
        if not isinstance(value, Computed) or depth > _DEEPEST or value.function in {"subquery", "exists"}:
            return False
        return value.function in AGGREGATES or any(self.is_aggregate(arg, depth + 1) for arg in value.args)

    def path_of(self, value: Value) -> str | None:
        """The path that a value names: `F("a__b")`, or the text "a__b" where a function takes one."""
        match value:
            case FieldPath(path=path, outer=False):
                return path
            case Const(value=str(path)):
                return path
            case _:
                return None

    def column_under(self, draft: Draft, value: Value) -> tuple[Ref, str] | None:
        """The one column that a function is applied to, and the function: `Lower("name")`."""
        if not isinstance(value, Computed) or self.is_aggregate(value) or not value.args:
            return None
        path = self.path_of(value.args[0])
        if path is None or value.function in {"value", "subquery", "exists", "case", "when", "rawsql"}:
            return None
        _, reached = self.paths.follow(draft, path)
        return (reached.column, value.function) if reached is not None and not reached.rest else None

    def used(self, draft: Draft, value: Value, *, depth: int = 0) -> tuple[Draft, bool]:
        """The query with what an expression reads: joins, subqueries; False where part of it is not known."""
        if depth > _DEEPEST:
            return draft, False
        match value:
            case FieldPath(outer=True) | Const():
                return draft, True
            case FieldPath(path=path):
                head = path.partition("__")[0]
                if self.annotation(draft, head) is not None:
                    return draft, True
                found, reached = self.paths.follow(draft, path, outer=True)
                return found, reached is not None
            case QuerySet(draft=inner):
                return self.nested(draft, inner), True
            case Condition():
                if self.where is None:
                    return draft, False
                tested = self.where(draft, value)  # what a conditional expression tests does not narrow the query
                return replace(tested, predicates=draft.predicates, dynamic=draft.dynamic), True
            case Computed():
                return self._used_by(draft, value, depth)
            case _:
                return draft, False

    def _used_by(self, draft: Draft, value: Computed, depth: int) -> tuple[Draft, bool]:
        known = value.function not in {"rawsql", "func"}
        names = value.function not in {"value", "subquery", "exists", "case", "when", "concatenated", "rawsql"}
        several = value.function in {"concat", "coalesce", "greatest", "least"}
        for number, arg in enumerate(value.args):
            named = isinstance(arg, Const) and isinstance(arg.value, str) and names and (number == 0 or several)
            read = FieldPath(str(arg.value)) if named and isinstance(arg, Const) else arg
            draft, found = self.used(draft, read, depth=depth + 1)
            known = known and (found or not isinstance(read, FieldPath))
        if value.filter is not None:
            draft, _ = self.used(draft, value.filter, depth=depth + 1)
        return draft, known

    def nested(self, draft: Draft, inner: Draft) -> Draft:
        """The query with a subquery: its tables and conditions stand in it as well."""
        new: list[Predicate] = []
        for asked in inner.predicates:
            predicate = asked
            if asked.other is not None and asked.other.kind is Kind.QUERY:
                draft, reached = self.paths.follow(draft, asked.other.name or "")
                predicate = replace(asked, other=reached.column if reached is not None else None)
            if predicate not in draft.predicates:
                new.append(predicate)
        merged = draft.using(*inner.tables).where(*new)
        return replace(
            merged,
            joins=(*merged.joins, *(j for j in inner.joins if j not in merged.joins)),
            dynamic=tuple(dict.fromkeys((*merged.dynamic, *inner.dynamic))),
            raw_input=merged.raw_input or inner.raw_input,
            builders=tuple(dict.fromkeys((*merged.builders, inner.origin, *inner.builders))),
        )

    def aggregate(self, draft: Draft, value: Computed) -> tuple[Draft, tuple[Aggregate, ...]]:
        """The query with what an aggregate reads, and the aggregates in the expression."""
        if value.function not in AGGREGATES:
            found: list[Aggregate] = []
            for arg in value.args:
                if isinstance(arg, Computed):
                    draft, inner = self.aggregate(draft, arg)
                    found.extend(inner)
            return draft, tuple(found)
        name = AGGREGATES[value.function]
        if value.filter is not None:
            draft, _ = self.used(draft, value.filter)
        path = self.path_of(value.args[0]) if value.args else None
        if path is None or path == "*":
            if value.args:
                draft, _ = self.used(draft, value.args[0])
            return draft, (Aggregate(name),)
        if self.annotation(draft, path.partition("__")[0]) is not None:
            return draft, (Aggregate(name),)
        draft, reached = self.paths.follow(draft, path, outer=True)
        return draft, (Aggregate(name, reached.column if reached is not None else None),)

    def operand(self, draft: Draft, value: Value) -> tuple[Draft, Operand, tuple[str, ...], Ref | None]:
        """What a column is compared with: (the query with what that reads, kind, constants, other column)."""
        match value:
            case FieldPath(path=path, outer=True):
                return draft, Operand.COLUMN, (), Ref(Kind.QUERY, name=path)
            case FieldPath(path=path):
                if self.annotation(draft, path.partition("__")[0]) is not None:
                    return draft, Operand.EXPRESSION, (), None
                draft, reached = self.paths.follow(draft, path, outer=True)
                return draft, Operand.COLUMN, (), reached.column if reached is not None else None
            case Computed(function="value", args=(Const() as inner, *_)):
                kind, constants = plain_operand(inner)
                return draft, kind, constants, None
            case Computed(function="value"):
                return draft, Operand.PARAMETER, (), None
            case Computed():
                draft, _ = self.used(draft, value)
                kind = Operand.SUBQUERY if value.function in {"subquery", "exists"} else Operand.EXPRESSION
                return draft, kind, (), None
            case QuerySet(draft=inner):
                return self.nested(draft, inner), Operand.SUBQUERY, (), None
            case Rows() | Entries() | Sequence() | Library() | LambdaValue():
                return draft, Operand.PARAMETER, (), None
            case Items():
                for part in inside(value):
                    if isinstance(part, FieldPath | Computed):
                        return draft, Operand.EXPRESSION, (), None
                kind, constants = plain_operand(value)
                return draft, kind, constants, None
            case _:
                kind, constants = plain_operand(value)
                return draft, Operand.PARAMETER if kind is Operand.UNKNOWN else kind, constants, None
