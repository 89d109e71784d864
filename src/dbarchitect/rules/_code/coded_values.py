"""The values of a column that the code knows: allowed by a form or schema, written, compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, Comparison, FieldRule, FunctionKind, Operand, QueryFact
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.rules._code.reach import is_by_hand
from dbarchitect.rules._code.written import is_of_tests, written
from dbarchitect.rules._schema.values import default_of, is_open_by_name

_VALUED = frozenset({Comparison.EQUAL, Comparison.IN, Comparison.NOT_EQUAL, Comparison.NOT_IN})
_NO_VALUES = frozenset({"null", ""})
_MOST = 60
_SENTENCE = 3
"""Spaces in a value from which on it is a sentence."""


@dataclass(frozen=True, slots=True)
class CodedValues:
    """What the code says of a column's values. `allowed` are those that layers above let in, `constants` those written
    or compared as constants in `queries`. `closed`: whatever makes or changes rows writes one of these constants, two
    or more of them no script and no seed."""

    allowed: tuple[str, ...] = ()
    rules: tuple[FieldRule, ...] = ()
    constants: tuple[str, ...] = ()
    queries: tuple[QueryFact, ...] = ()
    closed: bool = False

    @property
    def every(self) -> tuple[str, ...]:
        """All values, the allowed ones first."""
        return tuple(dict.fromkeys((*self.allowed, *self.constants)))


@dataclass(slots=True)
class _Gathered:
    written: list[str] = field(default_factory=list)
    at_work: set[str] = field(default_factory=set)
    compared: list[str] = field(default_factory=list)
    queries: list[QueryFact] = field(default_factory=list)
    rules: list[FieldRule] = field(default_factory=list)
    open: bool = False


def coded_values(code: Code | None, column: Ref) -> CodedValues:
    """The values of one column that the code knows."""
    found = _by_column(code).get(column.key) if code is not None else None
    if found is None or code is None:
        return CodedValues()
    rules = tuple(rule for rule in found.rules if rule.choices)
    allowed = tuple(dict.fromkeys(value for rule in rules for value in rule.choices))
    seen_whole = not written(code, column).unseen
    closed = seen_whole and not found.open and len(found.at_work) > 1
    constants = tuple(dict.fromkeys((*found.written, *found.compared)))
    return CodedValues(allowed, rules, constants, tuple(dict.fromkeys(found.queries)), closed)


def closed_values(survey: Survey, table: Table, column: Column) -> tuple[str, ...]:
    """The values of a text that the code keeps to a set: those that a form or schema allows, with all that code writes
    or compares besides and the default; those of a column that code writes with constants alone. Empty: no set.
    What tells rows apart by itself is none, nor are sentences, nor what something else fills in that is not seen."""
    if column.type.family is not Family.TEXT or is_open_by_name(table, column) or table.is_key((column.name,)):
        return ()
    coded = coded_values(survey.code, table.ref.column(column.name))
    default = default_of(column)
    values = tuple(dict.fromkeys((*coded.every, *((default,) if default else ()))))
    known = len(coded.allowed) > 1 or (coded.closed and not _is_beyond(survey, table, column, values))
    return values if known and 1 < len(values) <= _MOST else ()


def _is_beyond(survey: Survey, table: Table, column: Column, values: tuple[str, ...]) -> bool:
    """True for messages, and where rows are made without a value that they cannot be without: a trigger gives it."""
    left_out = written(survey.code, table.ref.column(column.name)).left_out
    given_elsewhere = bool(left_out) and not column.nullable and column.default is None
    return given_elsewhere or any(value.count(" ") >= _SENTENCE for value in values)


@lru_cache(maxsize=4)
def _by_column(code: Code) -> Mapping[tuple[str, ...], _Gathered]:
    found: dict[tuple[str, ...], _Gathered] = defaultdict(_Gathered)
    for query in code.queries:
        function = code.function(query.place)
        if is_of_tests(query.origin.path) or (function is not None and function.kind is FunctionKind.MIGRATION):
            continue
        for assignment in query.assignments:
            about = found[assignment.column.key]
            about.open = about.open or not assignment.constants or assignment.operand is Operand.UNKNOWN
            known = [value for value in assignment.constants if value not in _NO_VALUES]
            if known:
                about.written.extend(known)
                about.at_work.update(() if is_by_hand(query.place.function) else known)
                about.queries.append(query)
        for predicate in query.predicates:
            known = [value for value in predicate.constants if value not in _NO_VALUES]
            if known and predicate.comparison in _VALUED and predicate.function is None and not predicate.path:
                about = found[predicate.column.key]
                about.compared.extend(known)
                about.queries.append(query)
    for rule in code.rules:
        if rule.column is not None:
            found[rule.column.key].rules.append(rule)
    return found


def rules_of(code: Code | None, column: Ref) -> tuple[FieldRule, ...]:
    """What the layers above the database demand of a column."""
    found = _by_column(code).get(column.key) if code is not None else None
    return tuple(found.rules) if found is not None else ()
