"""The score: zero to ten for each category, by a formula that is printed with it.

    score = 10 · n / (n + p)

n = the number of tables examined plus `GROUND`, so that one fault weighs more in a small schema than in a large
one; p = the sum over the category's findings of weight(level) · trust(precision). A category in which no rule was
evaluated has no score. The overall score is the mean of the categories that have one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import fmean

from dbarchitect.audit.model import RankedFinding, Score
from dbarchitect.finding import Category, Level, Precision

FORMULA = (
    "10·n/(n+p): n = tables + 6; p = Σ weight·trust; error 8, warning 3, info 1; trust high 1, medium 0.7, low 0.4"
)
GROUND = 6
WEIGHT = {Level.ERROR: 8.0, Level.WARNING: 3.0, Level.INFO: 1.0}
READINESS = (Category.DATA_INTEGRITY, Category.SECURITY, Category.SCALABILITY, Category.OPERATIONS)
TRUST = {Precision.HIGH: 1.0, Precision.MEDIUM: 0.7, Precision.LOW: 0.4}


def score(findings: Iterable[RankedFinding], evaluated: Iterable[Category], tables: int) -> Score:
    """The score of one application's findings, or of several applications' together."""
    judged = set(evaluated)
    penalty = dict.fromkeys(Category, 0.0)
    for item in findings:
        penalty[item.rule.category] += WEIGHT[item.level] * TRUST[item.precision]
    size = tables + GROUND
    categories: Mapping[Category, float | None] = {
        category: round(10 * size / (size + penalty[category]), 1) if category in judged else None
        for category in Category
    }
    known = [value for value in categories.values() if value is not None]
    return Score(round(fmean(known), 1) if known else None, categories)


def readiness(of: Score) -> float | None:
    """Readiness for production, apart from health: the mean of what production adds to a sound schema, the categories
    data integrity, security, scalability and operations. None unless all four were judged."""
    values = [of.categories.get(category) for category in READINESS]
    known = [value for value in values if value is not None]
    return round(fmean(known), 1) if len(known) == len(READINESS) else None


def table_score(findings: Iterable[RankedFinding]) -> float:
    """The score of one table: the same formula over the findings about it, with n = 1 + `GROUND`."""
    penalty = sum(WEIGHT[item.level] * TRUST[item.precision] for item in findings)
    size = 1 + GROUND
    return round(10 * size / (size + penalty), 1)
