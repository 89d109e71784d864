"""What goes with the time that queries sort and cut by: the part of the rows that all of them ask for, which an index
may hold alone, or the state that all of them compare, which goes before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from dbarchitect.catalog.expressions import Expression, expression
from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.rules._sql import literal, quoted
from dbarchitect.rules._usage.columns import Worth, worth_of
from dbarchitect.rules._usage.needs import SAID, Need, Reason, score_of
from dbarchitect.rules._usage.shapes import Service

_Part = tuple[str, str]


def part_of(survey: Survey, need: Need) -> tuple[Need, Expression] | None:
    """The need by the reasons that compare one flag or state with the same value, and that condition; None where others
    are reason enough for an index of all rows, or the column is not the time that such lists are sorted and cut by."""
    catalog = survey.catalog
    if not survey.engine.capabilities.partial_indexes:
        return None
    found = _asked_with(survey, need, lambda reason: _values(catalog, need, reason))
    return (found[0], expression(_condition(catalog, need, *found[1]))) if found is not None else None


def state_of(survey: Survey, need: Need) -> tuple[Need, str] | None:
    """The need by the reasons that compare one state, each with a value of its own, and that column; None as above."""
    found = _asked_with(survey, need, lambda reason: _states(survey.catalog, need, reason))
    return (found[0], found[1][0]) if found is not None else None


def _asked_with(survey: Survey, need: Need, parts: Callable[[Reason], set[_Part]]) -> tuple[Need, _Part] | None:
    """The need by the reasons that have a part in common, and that part, unless the rest are reason enough."""
    column = need.table.column(need.columns[0])
    if column is None or worth_of(survey.catalog, need.table, column) is not Worth.TIME:
        return None
    common = Counter(part for reason in need.reasons for part in parts(reason))
    for part in sorted(common, key=lambda each: (-common[each], each)):
        asking = tuple(r for r in need.reasons if part in parts(r))
        rest = [r for r in need.reasons if r not in asking and r.served is Service.NONE]
        if score_of(rest, lambda reason: reason.wish.alone) < SAID:
            return replace(need, reasons=asking), part
    return None


def _values(catalog: Catalog, need: Need, reason: Reason) -> set[_Part]:
    """The flags and states that a lookup compares with one constant whatever its caller wants."""
    if reason.lookup.sure < 1:
        return set()
    found = set()
    for name, values in reason.lookup.constants:
        column = need.table.column(name)
        if column is None or len(values) != 1 or name not in reason.lookup.equal:
            continue
        if catalog.family(column.type) is Family.BOOLEAN:
            found |= {(name, values[0])} if values[0] in {"true", "false"} else set()
        elif _is_state(catalog, need, name) and values[0] != "null":
            found.add((name, values[0]))
    return found


def _states(catalog: Catalog, need: Need, reason: Reason) -> set[_Part]:
    """The states that a lookup compares with one value whatever its caller wants."""
    lookup = reason.lookup
    if lookup.sure < 1:
        return set()
    apart = {*lookup.among, *lookup.nulls, *lookup.joined}
    return {(name, "") for name in lookup.equal if name not in apart and _is_state(catalog, need, name)}


def _is_state(catalog: Catalog, need: Need, name: str) -> bool:
    column = need.table.column(name)
    return column is not None and worth_of(catalog, need.table, column) is Worth.STATE


def _condition(catalog: Catalog, need: Need, name: str, value: str) -> str:
    column = need.table.column(name)
    family = catalog.family(column.type) if column is not None else Family.TEXT
    if family is Family.BOOLEAN:
        return quoted(name) if value == "true" else f"not {quoted(name)}"
    return f"{quoted(name)} = {literal(value, family)}"
