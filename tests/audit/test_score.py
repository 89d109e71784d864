"""The score's formula, by numbers worked out by hand."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dbarchitect.audit.score import score
from dbarchitect.finding import Category, Level, Precision


def item(level: Level, precision: Precision, category: Category = Category.PERFORMANCE) -> SimpleNamespace:
    return SimpleNamespace(level=level, precision=precision, rule=SimpleNamespace(category=category))


@pytest.mark.parametrize(
    ("findings", "tables", "expected"),
    [
        ([], 4, 10.0),
        ([item(Level.WARNING, Precision.HIGH)] * 4, 6, 5.0),  # n = 12, p = 12
        ([item(Level.ERROR, Precision.HIGH)], 10, 6.7),  # 16 / 24
        ([item(Level.INFO, Precision.LOW)] * 10, 6, 7.5),  # 12 / 16
    ],
)
def test_by_hand(findings: list[SimpleNamespace], tables: int, expected: float) -> None:
    assert score(findings, [Category.PERFORMANCE], tables).categories[Category.PERFORMANCE] == expected


def test_overall_is_the_mean_of_the_judged_categories() -> None:
    judged = [Category.PERFORMANCE, Category.SECURITY]
    result = score([item(Level.WARNING, Precision.HIGH)] * 4, judged, 6)
    assert result.overall == 7.5
    assert result.categories[Category.OPERATIONS] is None


def test_the_same_fault_weighs_less_in_a_larger_schema() -> None:
    fault = [item(Level.WARNING, Precision.HIGH)]
    small = score(fault, [Category.PERFORMANCE], 3).overall
    large = score(fault, [Category.PERFORMANCE], 300).overall
    assert small is not None
    assert large is not None
    assert small < large < 10
