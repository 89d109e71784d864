"""`&`, `|`, `~` and arithmetic between conditions, querysets and expressions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dbarchitect.sources.code.draft import either as either_draft
from dbarchitect.sources.code.python.django.querysets import combined
from dbarchitect.sources.code.python.django.values import Computed, Condition, FieldPath, QuerySet
from dbarchitect.sources.code.values import Items, Value

_ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "**", "//"})


def operated(operator: str, operands: tuple[Value, ...]) -> Value | None:
    """What an operator makes of conditions, querysets and expressions; None for anything else."""
    if len(operands) == 1:
        (only,) = operands
        if operator != "~":
            return None
        if isinstance(only, Condition):
            return replace(only, negated=not only.negated)
        return Condition((only,), negated=True) if isinstance(only, Computed) else None
    left, right = operands
    if operator in {"&", "|", "^"}:
        if isinstance(left, QuerySet) and isinstance(right, QuerySet):
            return _querysets(operator, left, right)
        if isinstance(left, Condition | Computed) or isinstance(right, Condition | Computed):
            return joined(left, right, either=operator == "|")
        return None
    if operator in _ARITHMETIC and (isinstance(left, FieldPath | Computed) or isinstance(right, FieldPath | Computed)):
        return Computed(operator, tuple(_no_text(v) for v in operands))
    return None


def _no_text(value: Value) -> Value:
    """Something in arithmetic: a text there is no name of a field."""
    return value if isinstance(value, FieldPath | Computed) else Computed("value", (value,))


def _querysets(operator: str, left: QuerySet, right: QuerySet) -> QuerySet:
    if operator == "|":
        return replace(left, draft=combined(left.draft, right.draft))
    others = (p for p in right.draft.predicates if p not in left.draft.predicates)
    draft = left.draft.using(*right.draft.tables).where(*others)
    return replace(left, draft=draft.join(*right.draft.joins))


def joined(left: Value, right: Value, *, either: bool) -> Value:
    """`left & right`, `left | right`; an empty one leaves the other."""
    if isinstance(left, Condition) and not left.parts and not left.open:
        return right
    if isinstance(right, Condition) and not right.parts and not right.open:
        return left
    parts: list[Value] = []
    for side in (left, right):
        same = isinstance(side, Condition) and side.either == either and not side.negated and not side.optional
        if isinstance(side, Condition) and same and not side.open:
            parts.extend(side.parts)
        else:
            parts.append(side)
    return Condition(tuple(parts), either=either)


def merged(first: Value, second: Value) -> Value | None:
    """A condition or queryset that is the one or the other."""
    if isinstance(first, QuerySet) and isinstance(second, QuerySet):
        return _either_queryset(first, second)
    if isinstance(first, QuerySet) and isinstance(second, Items):
        return first
    if isinstance(first, Items) and isinstance(second, QuerySet):
        return second
    if isinstance(first, Condition) and isinstance(second, Condition):
        return _either_condition(first, second)
    return None


def _either_queryset(first: QuerySet, second: QuerySet) -> QuerySet:
    one, other = first.draft, second.draft
    if other.noted("none"):
        return first
    if one.noted("none"):
        return second
    begun = second if (second.draft.origin.start or 0) < (first.draft.origin.start or 0) else first
    if one.table == other.table:
        builders = (*one.builders, *other.builders)
        if one.origin != other.origin:
            builders = (*builders, first.draft.origin if begun is second else other.origin)
        origin = begun.draft.origin
        draft = either_draft(replace(one, origin=origin), replace(other, origin=origin))
        draft = draft.but(builders=tuple(dict.fromkeys(b for b in builders if b != origin))).note("at", origin)
    else:
        draft = one.unknown("where")
    return replace(first, draft=draft, kind=first.kind if first.kind == second.kind else second.kind)


def _either_condition(first: Condition, second: Condition) -> Condition:
    one, other = list(_parts(first)), list(_parts(second))
    if first.either and not first.negated and all(any(p is q for q in one) for p in other):
        return first  # `test |= …`, taken or not
    if second.either and not second.negated and all(any(p is q for q in other) for p in one):
        return second
    shared = [p for p in one if any(p is q for q in other)]
    extra = [p for p in (*one, *other) if not any(p is q for q in shared)]
    return Condition((*shared, *(Condition((p,), optional=True) for p in extra)))


def _parts(condition: Condition) -> Iterator[Value]:
    """What a condition puts side by side; one that is negated stands as a whole."""
    if condition.negated or condition.optional or condition.open:
        yield condition
    else:
        yield from condition.parts
