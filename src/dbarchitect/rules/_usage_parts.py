"""The part of a table's rows that all queries ask for which want an index: an index of those rows alone serves them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from dbarchitect.catalog.expressions import Expression, expression
from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.rules._sql import quoted
from dbarchitect.rules._usage_columns import Worth, worth_of
from dbarchitect.rules._usage_needs import SAID, Need, Reason, score_of
from dbarchitect.rules._usage_shapes import Service


def part_of(survey: Survey, need: Need) -> tuple[Need, Expression] | None:
    """The need by the reasons that compare one flag with the same value, and that condition; None where others are
    reason enough for an index of all rows, or the column is not the time that such lists are sorted and cut by."""
    catalog, column = survey.catalog, need.table.column(need.columns[0])
    known = survey.engine.capabilities.partial_indexes and column is not None
    if not known or column is None or worth_of(catalog, need.table, column) is not Worth.TIME:
        return None
    flags = Counter(flag for reason in need.reasons for flag in _flags(catalog, need, reason))
    for name, value in sorted(flags, key=lambda flag: (-flags[flag], flag)):
        asking = tuple(r for r in need.reasons if (name, value) in _flags(catalog, need, r))
        rest = [r for r in need.reasons if r not in asking and r.served is Service.NONE]
        if score_of(rest, lambda reason: reason.wish.alone) < SAID:
            condition = quoted(name) if value == "true" else f"not {quoted(name)}"
            return replace(need, reasons=asking), expression(condition)
    return None


def _flags(catalog: Catalog, need: Need, reason: Reason) -> set[tuple[str, str]]:
    """The flags that a lookup compares with a constant whatever its caller wants."""
    if reason.lookup.sure < 1:
        return set()
    found = set()
    for name, values in reason.lookup.constants:
        column = need.table.column(name)
        if column is not None and catalog.family(column.type) is Family.BOOLEAN and values in {("true",), ("false",)}:
            found.add((name, values[0]))
    return found
