"""Columns whose values lie in a known range, and pairs of columns that stand in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Precision
from dbarchitect.rules._names import phrases, words
from dbarchitect.rules._schema.quantities import is_amount, is_consumed, is_number
from dbarchitect.rules._schema.shape import is_copy

_SHARES = phrases("percent, percentage, pct, progress pct, progress percent, progress percentage")
_FRACTIONS = phrases("fee, tax, vat, commission, interest, rate, royalty")
"""Shares that are hardly ever whole percents: an integer is likely to count hundredths of a percent."""
_POSITIVE = phrases("calorie, serving, age, duration minute, duration second, duration day, trial day, retention day")
_WHOLE_POSITIVE = phrases("day, age, height cm, weight kg")
_KNOWN = (
    (phrases("latitude, lat"), "-90", "90", "degrees of latitude"),
    (phrases("longitude, lon, lng"), "-180", "180", "degrees of longitude"),
    (phrases("day of week, weekday, week day"), "0", "7", "days of the week, counted from 0 or from 1"),
    (phrases("day of month"), "1", "31", "days of a month"),
    (phrases("hour of day"), "0", "23", "hours of a day"),
    (phrases("month of year"), "1", "12", "months of a year"),
)
_IN_ORDER = (
    ("start", "end"),
    ("starts", "ends"),
    ("begin", "end"),
    ("begins", "ends"),
    ("from", "to"),
    ("from", "until"),
    ("from", "till"),
    ("from", "through"),
)
_MOMENTS = {Family.DATE, Family.TIMESTAMP}
_SIGNED_SHARES = phrases("change, growth, difference, delta, return, profit, pnl, gain, loss, deviation, risk, markup")


@dataclass(frozen=True, slots=True)
class Range:
    """The bounds that a column's values keep, None where a side is open, and how that is known."""

    column: Column
    low: str | None
    high: str | None
    why: str
    precision: Precision = Precision.MEDIUM

    def __str__(self) -> str:
        """`0 to 100`, `0 or more`."""
        if self.low is None:
            return f"at most {self.high}"
        return f"{self.low} to {self.high}" if self.high is not None else f"{self.low} or more"


def ranges(catalog: Catalog, table: Table) -> Iterator[Range]:
    """The columns of a table whose range is known, without those that are amounts."""
    for column in table.ordered_columns:
        if (
            is_copy(table)
            or not is_number(catalog, column)
            or any(column.name in key.columns for key in table.foreign_keys)
        ):
            continue
        found = _declared(table, column) or _named(catalog, column)
        if found is not None:
            yield found


def _declared(table: Table, column: Column) -> Range | None:
    declared = column.declared
    if declared is None or (declared.minimum is None and declared.maximum is None):
        return None
    if declared.maximum is None and (is_consumed(table, column) or is_amount(table, column)):
        return None
    return Range(column, declared.minimum, declared.maximum, "the model's validators say so")


def _named(catalog: Catalog, column: Column) -> Range | None:
    name, family = column.name, catalog.family(column.type)
    if _SIGNED_SHARES.within(name):
        return None
    if _FRACTIONS.within(name) and family is Family.INTEGER:
        return None
    if _SHARES.ends(name) or (name.lower() == "progress" and family is Family.INTEGER):
        sure = Precision.MEDIUM if family is Family.INTEGER else Precision.LOW
        return Range(column, "0", "100", "it is a share in percent", sure)
    for vocabulary, low, high, why in _KNOWN:
        if vocabulary.ends(name) and "days" not in words(name):
            return Range(column, low, high, why)
    if _POSITIVE.ends(name) or _WHOLE_POSITIVE.whole(name):
        return Range(column, "0", None, "there is no fewer than none", Precision.LOW)
    return None


@dataclass(frozen=True, slots=True)
class Order:
    """Two columns of which the first comes no later than the second."""

    first: Column
    second: Column


def orders(catalog: Catalog, table: Table) -> Iterator[Order]:
    """The pairs of a table that stand in order: a start and an end, both dates or both moments."""
    by_words = {words(column.name): column for column in table.columns}
    seen: set[frozenset[str]] = set()
    for column in table.ordered_columns:
        own = words(column.name)
        for low, high in _IN_ORDER:
            if low not in own:
                continue
            at = own.index(low)
            other = by_words.get((*own[:at], high, *own[at + 1 :]))
            if other is None or frozenset((column.name, other.name)) in seen:
                continue
            families = {catalog.family(column.type), catalog.family(other.type)}
            if len(families) == 1 and families <= _MOMENTS:
                seen.add(frozenset((column.name, other.name)))
                yield Order(column, other)
