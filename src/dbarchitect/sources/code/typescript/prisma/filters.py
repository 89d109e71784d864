"""The conditions that one column is asked for: `equals`, `in`, `contains`, `has`, `path` …"""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Comparison, Operand, Predicate
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.predicates import UPPER_ENDS
from dbarchitect.sources.code.typescript.prisma.models import Models
from dbarchitect.sources.code.typescript.prisma.reading import (
    compared,
    entry,
    is_false,
    is_null,
    is_open,
    known_as,
    text,
)
from dbarchitect.sources.code.typescript.prisma.values import FieldReference
from dbarchitect.sources.code.typescript.values import Const
from dbarchitect.sources.code.values import Entries, Items, Value
from dbarchitect.sources.mapping import MappedModel

_COMPARISONS = {
    "equals": Comparison.EQUAL,
    "not": Comparison.NOT_EQUAL,
    "in": Comparison.IN,
    "notIn": Comparison.NOT_IN,
    "lt": Comparison.RANGE,
    "lte": Comparison.RANGE,
    "gt": Comparison.RANGE,
    "gte": Comparison.RANGE,
    "contains": Comparison.CONTAINS,
    "startsWith": Comparison.PREFIX,
    "endsWith": Comparison.SUFFIX,
    "search": Comparison.FULL_TEXT,
    "has": Comparison.CONTAINS_ELEMENT,
    "hasSome": Comparison.CONTAINS_ELEMENT,
    "hasEvery": Comparison.CONTAINS_ELEMENT,
    "string_contains": Comparison.JSON,
    "string_starts_with": Comparison.JSON,
    "string_ends_with": Comparison.JSON,
    "array_contains": Comparison.CONTAINS_ELEMENT,
    "array_starts_with": Comparison.JSON,
    "array_ends_with": Comparison.JSON,
}
OPERATORS = frozenset({*_COMPARISONS, "isEmpty", "isSet", "path", "mode"})
_TURNED = {
    Comparison.EQUAL: Comparison.NOT_EQUAL,
    Comparison.IN: Comparison.NOT_IN,
    Comparison.IS_NULL: Comparison.IS_NOT_NULL,
    Comparison.NOT_EQUAL: Comparison.EQUAL,
    Comparison.NOT_IN: Comparison.IN,
    Comparison.IS_NOT_NULL: Comparison.IS_NULL,
}
_NULL = ("null",)


class Filters:
    """Reads the conditions of single columns."""

    def __init__(self, models: Models) -> None:
        self.models = models

    def of_column(self, model: MappedModel, name: str, value: Value) -> tuple[tuple[Predicate, ...], bool]:
        """The predicates of what a column is asked for; whether all of it is known."""
        column = model.table.column(model.columns[name])
        if not isinstance(value, Entries) or _is_document(value, is_json=self.models.is_json(column)):
            return (self._plain(model, name, Comparison.EQUAL, value),), True
        predicates, known = [], not is_open(value)
        path = _path(entry(value, "path"))
        insensitive = text(entry(value, "mode")) == "insensitive"
        for operator, given, optional in known_as(value):
            if operator in {"path", "mode"}:
                continue
            found, certain = self._operator(model, name, operator, given)
            known = known and certain
            for predicate in found:
                inside = path if predicate.comparison not in {Comparison.IS_NULL, Comparison.IS_NOT_NULL} else ()
                predicates.append(
                    replace(
                        predicate,
                        path=inside,
                        comparison=Comparison.JSON if inside else predicate.comparison,
                        case_insensitive=predicate.case_insensitive or insensitive,
                        optional=predicate.optional or optional,
                    )
                )
        return tuple(predicates), known

    def _operator(
        self, model: MappedModel, name: str, operator: str, value: Value
    ) -> tuple[tuple[Predicate, ...], bool]:
        column = model.table.column(model.columns[name])
        if operator == "not" and isinstance(value, Entries):
            found, known = self.of_column(model, name, value)
            if len(found) == 1 and found[0].comparison in _TURNED:
                return (replace(found[0], comparison=_TURNED[found[0].comparison]),), known
            return tuple(replace(p, negated=not p.negated) for p in found), known
        if operator == "isEmpty":
            empty = Comparison.NOT_EQUAL if is_false(value) else Comparison.EQUAL
            return (Predicate(column, empty, Operand.CONSTANT, ("{}",)),), True
        if operator == "isSet":
            there = Comparison.IS_NULL if is_false(value) else Comparison.IS_NOT_NULL
            return (Predicate(column, there, Operand.CONSTANT, _NULL),), True
        comparison = _COMPARISONS.get(operator)
        if comparison is None:
            return (), False
        found_here = self._plain(model, name, comparison, value)
        return (replace(found_here, upto=True) if operator in UPPER_ENDS else found_here,), True

    def _plain(self, model: MappedModel, name: str, comparison: Comparison, value: Value) -> Predicate:
        column = model.table.column(model.columns[name])
        if is_null(value) and comparison in {Comparison.EQUAL, Comparison.NOT_EQUAL}:
            there = Comparison.IS_NULL if comparison is Comparison.EQUAL else Comparison.IS_NOT_NULL
            return Predicate(column, there, Operand.CONSTANT, _NULL)
        kind, known = compared(self.models, model, name, value)
        other: Ref | None = value.column if isinstance(value, FieldReference) else None
        return Predicate(column, comparison, kind, known, other=other)


def _is_document(value: Entries, *, is_json: bool) -> bool:
    """Whether an object is compared as it is."""
    return is_json and bool(value.entries) and not any(name in OPERATORS for name in value.entries)


def _path(value: Value | None) -> tuple[str, ...]:
    """The keys inside a document: an array of them, or `$.a.b` in MySQL."""
    if isinstance(value, Items):
        return tuple(str(item.value) if isinstance(item, Const) else "*" for item in value.items)
    written = text(value)
    if written is not None:
        return tuple(part for part in written.removeprefix("$").split(".") if part)
    return () if value is None else ("*",)
