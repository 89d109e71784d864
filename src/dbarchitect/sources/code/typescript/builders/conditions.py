"""Comparisons of columns as predicates, and queries within conditions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.queries import Comparison, Join, Operand, Predicate
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.builders.combining import all_of, sometimes
from dbarchitect.sources.code.typescript.builders.values import (
    UNKNOWN_CONDITION,
    Column,
    Condition,
    Derived,
    Fragment,
    Options,
    Pair,
    Row,
    Sort,
    Written,
    tables_of,
)
from dbarchitect.sources.code.typescript.values import Const, Undefined
from dbarchitect.sources.code.typescript.vocabulary import operand
from dbarchitect.sources.code.values import Text, Value

_FOLDING = frozenset({"lower", "upper"})
_NULLS = frozenset({Comparison.IS_NULL, Comparison.IS_NOT_NULL})
_SYMBOLS = {
    Comparison.EQUAL: "=",
    Comparison.NOT_EQUAL: "<>",
    Comparison.RANGE: ">",
    Comparison.IN: "in",
    Comparison.NOT_IN: "not in",
    Comparison.IS_NULL: "is null",
    Comparison.IS_NOT_NULL: "is not null",
}


def compared(value: Value) -> tuple[Operand, tuple[str, ...], Ref | None]:
    """How a value counts as what a column is compared with: its kind, its constants, the other column."""
    match value:
        case Draft() as draft:
            return Operand.SUBQUERY, (), _given(draft)
        case Derived(draft=draft) | Column(inner=Draft() as draft):
            return Operand.SUBQUERY, (), _given(draft)
        case Column(column=ref, reads=reads):
            return (Operand.COLUMN if reads else Operand.EXPRESSION), (), ref
        case Options():
            return Operand.COLUMN, (), None
        case Condition() | Fragment():
            return Operand.EXPRESSION, (), None
        case Row():
            return Operand.PARAMETER, (), None
        case _:
            kind, constants = operand(value)
            return (Operand.PARAMETER if kind is Operand.UNKNOWN else kind), constants, None


def _given(draft: Draft) -> Ref | None:
    """The only column that a query gives as it is."""
    fields = draft.noted("selected")
    only = fields[0][1] if isinstance(fields, tuple) and len(fields) == 1 else None
    return only.column if isinstance(only, Column) and only.plain else None


def compare(subject: Value, comparison: Comparison, value: Value, *, folded: bool = False) -> Condition:
    """A column, or an expression, compared with a value of any kind."""
    if isinstance(subject, Fragment) or (isinstance(value, Fragment) and isinstance(subject, Column)):
        found = _with_text(subject, comparison, value)
        if found is not None:
            return found
    if isinstance(subject, Options):
        columns = [o.key if isinstance(o, Sort) else o for o in subject.options]
        if len({ref.key for c in columns if isinstance(c, Column) for ref in tables_of(c)}) > 1:
            return UNKNOWN_CONDITION  # of several tables, of which the query asks one
        return sometimes(all_of(compare(c, comparison, value, folded=folded) for c in columns))
    if not isinstance(subject, Column):
        if isinstance(value, Column):
            return compare(value, comparison, subject, folded=folded)
        return UNKNOWN_CONDITION
    if subject.aggregate is not None:
        return Condition(tables=tables_of(subject))
    if isinstance(value, Column) and _is_pair(subject, comparison, value):
        return Condition(pairs=((subject, value),))
    inner = inner_condition(value)
    found_here = _predicates(subject, comparison, value, folded=folded)
    if isinstance(value, Column) and value.inner is None and value.aggregate is None:
        found_here = (*found_here, *_predicates(value, comparison, subject))
    return replace(inner, predicates=(*found_here, *inner.predicates))


def _with_text(subject: Value, comparison: Comparison, value: Value) -> Condition | None:
    """A comparison with a piece of SQL on its left; a column compared with one that holds no column is plain."""
    if not isinstance(subject, Fragment):
        holds = isinstance(value, Fragment) and any(isinstance(p, Column) for p in value.parts)
        return None if not holds else Condition(written=(_spelled(subject, comparison, value),))
    return Condition(written=(_spelled(subject, comparison, value),))


def _spelled(subject: Value, comparison: Comparison, value: Value) -> Written:
    symbol = _SYMBOLS.get(comparison, "like")
    if comparison in _NULLS:
        return Written(Fragment((subject, f" {symbol}")))
    return Written(Fragment((subject, f" {symbol} ", value)))


def _predicates(
    subject: Column, comparison: Comparison, value: Value, *, folded: bool = False
) -> tuple[Predicate, ...]:
    kind, constants, other = compared(value)
    if subject.inner is not None:
        return ()
    if subject.column is None:
        return tuple(
            Predicate(ref, Comparison.OTHER, kind, constants, function=subject.function or "expression")
            for ref in sorted(subject.reads, key=str)
        )
    if comparison in _NULLS:
        kind, constants, other = Operand.CONSTANT, ("null",), None
    elif subject.json and subject.path and comparison is not Comparison.CONTAINS_ELEMENT:
        comparison = Comparison.JSON
    return (
        Predicate(
            subject.column,
            comparison,
            kind,
            constants if kind is Operand.CONSTANT else (),
            subject.function,
            subject.path,
            folded or subject.function in _FOLDING,
            other=other,
        ),
    )


def _is_pair(subject: Column, comparison: Comparison, value: Column) -> bool:
    """Whether two columns of different tables must be equal: a join."""
    if comparison is not Comparison.EQUAL or not subject.plain or not value.plain:
        return False
    if subject.column is None or value.column is None:
        return False
    return subject.column.table_ref.key != value.column.table_ref.key or subject.alias != value.alias


def like(subject: Value, value: Value, *, folded: bool = False) -> Condition:
    """`like(column, value)`: what the pattern's ends say of it."""
    kind, constants, _ = compared(value)
    comparison = Comparison.PATTERN
    first, last = "", ""
    if kind is Operand.CONSTANT and len(constants) == 1:
        first, last = constants[0][:1], constants[0][-1:]
        if not {"%", "_"} & set(constants[0]):
            comparison = Comparison.EQUAL
            first = last = ""
        elif {"%", "_"} & set(constants[0].strip("%")):
            comparison = Comparison.CONTAINS if first in {"%", "_"} else Comparison.PREFIX
            first = last = ""
    elif isinstance(value, Text) and value.parts:
        head, tail = value.parts[0], value.parts[-1]
        first = head[:1] if isinstance(head, str) and head else "x"
        last = tail[-1:] if isinstance(tail, str) and tail else "x"
    if first or last:
        comparison = {
            (True, True): Comparison.CONTAINS,
            (True, False): Comparison.SUFFIX,
            (False, True): Comparison.PREFIX,
            (False, False): comparison,
        }[first == "%", last == "%"]
    if isinstance(subject, Fragment):
        return Condition(written=(Written(Fragment((subject, " ilike " if folded else " like ", value))),))
    return compare(subject, comparison, value, folded=folded)


def inner_condition(value: Value) -> Condition:
    """What a query inside another demands: it belongs to the one around it."""
    match value:
        case Draft():
            draft = value
        case Derived(draft=draft) | Column(inner=Draft() as draft):
            pass
        case _:
            return Condition()
    unknown = "where" in draft.dynamic
    return Condition(draft.predicates, (), draft.joins, draft.tables, (), unknown, built_of(draft))


def built_of(draft: Draft) -> tuple[Origin, ...]:
    """The places where a query is written: its beginning, and where others are that it took in."""
    found = draft.noted("within")
    return (draft.origin, *(found if isinstance(found, tuple) else ()))


def holding(draft: Draft, places: tuple[Origin, ...]) -> Draft:
    """A draft that holds queries written at some places."""
    found = draft.noted("within")
    known = found if isinstance(found, tuple) else ()
    new = tuple(p for p in places if p not in known and p != draft.origin)
    return draft.note("within", (*known, *new)[:20]) if new else draft


def truth(value: Value) -> Condition | None:
    """A value used as a condition; None for what says nothing (`undefined`, `true`)."""
    match value:
        case Condition():
            return value
        case Undefined() | Const(value=None) | Const(value=bool()):
            return None
        case Fragment(parts=parts):
            return (
                Condition(written=(Written(value),))
                if "".join(p for p in parts if isinstance(p, str)).strip() or any(not isinstance(p, str) for p in parts)
                else None
            )
        case Draft() | Derived() | Column(inner=Draft()):
            return inner_condition(value)
        case Column():
            return compare(value, Comparison.EQUAL, Const(True))
        case _:
            return UNKNOWN_CONDITION


def joined_pairs(
    draft: Draft,
    pairs: Iterable[Pair],
    *,
    outer: bool = False,
    target: Ref | None = None,
    inner: Draft | None = None,
) -> Draft:
    """A draft with joins on pairs of columns, the table that is new to it (`target`) on the second side; `inner` is the
    query that stands for it."""
    computed = (target,) if target is not None and inner is not None and inner.computed else ()
    known = {ref.key for ref in draft.tables}
    turned: dict[tuple[tuple[str, ...], tuple[str, ...]], list[tuple[Ref, Ref]]] = {}
    for left, right in pairs:
        if left.column is None or right.column is None:
            continue
        one, other = left.column, right.column
        new = target is not None and one.table_ref.key == target.key and other.table_ref.key != target.key
        if new or (other.table_ref.key in known and one.table_ref.key not in known):
            one, other = other, one
        turned.setdefault((one.table_ref.key, other.table_ref.key), []).append((one, other))
    for together in turned.values():
        draft = draft.join(Join(tuple(dict.fromkeys(together)), outer, computed))
    return draft
