"""A report by hand that has everything a report can have, and the same with every free text replaced."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from dbarchitect.report.document import (
    Application,
    Column,
    Diagnostic,
    Domain,
    Evidence,
    Examined,
    Fact,
    Finding,
    Fix,
    Index,
    Inventory,
    Location,
    NotEvaluated,
    ObjectName,
    Phase,
    PlanStep,
    Reference,
    Report,
    Rule,
    Score,
    SkippedPath,
    Strength,
    Suppressed,
    Table,
    Target,
    Tool,
    Unseen,
    UnusedSuppression,
)

T = TypeVar("T")
CATEGORIES = (
    "schema design", "data integrity", "query patterns", "transactions", "error handling",
    "performance", "security", "scalability", "operations", "maintainability",
)  # fmt: skip
SCORE = Score(6.5, {name: None if number in {2, 3} else 9.0 - number for number, name in enumerate(CATEGORIES)})
EXAMINED = Examined(
    4, 14, 2, 7, 3, 20,
    (NotEvaluated("bloated-table", "needs statistics"), NotEvaluated("unused-index", "needs statistics")),
    (SkippedPath("vendor/lib.py", "vendored code"),),
)  # fmt: skip
MODELS = Location("app/models.py", 12, 5)
MANUAL = """Money as float

## What it finds
Amounts in `real`; see <b>sums</b> & https://example.org/money.

## References
- [the standard](https://example.org/iso) and [a trap](javascript:alert(1))
"""


def finding(
    priority: int,
    *,
    level: str = "warning",
    rule: str = "money-as-float",
    category: str = "data integrity",
    phase: str = "two-weeks",
    table: str = "payment",
    application: str = "shop",
    suppressed: Suppressed | None = None,
) -> Finding:
    """A finding with evidence and a fix of two statements."""
    return Finding(
        rule, "TYP001", application, level, "high", category, priority, phase, "1 statement", "writers wait",
        "exact sums",
        ObjectName("column", None, table, ("amount",)), MODELS,
        f"{table}.amount number {priority} is a float", "Make it numeric.",
        (Evidence("catalog", "it is real", MODELS), Evidence("code", "sum(amount)")),
        Fix("unsafe", ("AlterColumn",), (f"ALTER TABLE {table}\n  ALTER amount TYPE numeric", "ANALYZE"),
            ("ALTER TABLE back",), "rows are rewritten"),
        None, suppressed, "new", f"{priority:016x}",
    )  # fmt: skip


def table(name: str, *, references: tuple[str, ...] = (), findings: tuple[int, ...] = (), **values: Any) -> Table:
    """A table with a key, two columns, and a foreign key to each of these tables."""
    columns = (Column("id", "bigint", False), Column("amount", "real", True, "0", None, "in cents"))
    columns += tuple(Column(f"{each}_id", "bigint", False) for each in references)
    return Table(
        name,
        columns=columns,
        primary_key=("id",),
        unique_keys=(("amount",),),
        references=tuple(
            Reference((f"{each}_id",), None, each, ("id",), "cascade", f"fk_{each}") for each in references
        ),
        indexes=(Index(("amount desc",), f"ix_{name}", False, "btree", "amount > 0"),),
        checks=("amount >= 0",),
        findings=findings,
        location=MODELS,
        **values,
    )


def shop(*extra: Table) -> Application:
    """An application of four tables and these."""
    tables = (
        table("customer", domain="people", score=9.1, rows=1200, bytes=81920, strengths=("names are required",)),
        table("orders", references=("customer", "orders"), domain="sales"),
        table("payment", references=("orders",), findings=(1, 2, 3), domain="sales", score=3.0),
        table("note"),
    )
    plan = (
        Phase(
            "now",
            "Now",
            (PlanStep("open-secret", "Secrets", (1,), "a day", "none", "safety", "no secret in the code"),),
            7.5,
        ),
        Phase(
            "two-weeks",
            "In two weeks",
            (PlanStep("money-as-float", "Money", (2,), "two days", "a lock", "right sums", "no float"),),
        ),
    )
    inventory = Inventory(
        (Fact("Django", "5.2", Location("requirements.txt", 3)),), {"tables": 4}, (Domain("sales", ("orders",)),)
    )
    return Application(
        "shop", "shop", "django", "postgresql", "16.4", (Target("models", "shop"),), SCORE, EXAMINED,
        (Unseen("pg_stat_statements", "GRANT pg_read_all_stats TO auditor"),),
        "It holds money as float.\n\nBut has keys.", 4.5, inventory, (*tables, *extra), plan,
    )  # fmt: skip


def report(*extra: Table) -> Report:
    """A report of one application."""
    application = shop(*extra)
    findings = (
        finding(1, level="error", rule="open-secret", category="security", phase="now"),
        finding(2),
        finding(3, level="info", rule="missing-comment", category="maintainability", phase="later"),
        finding(4, level="warning", table="orders"),
        finding(
            5, table="orders", suppressed=Suppressed("cents are enough", "2027-01-01", Location("pyproject.toml", 7))
        ),
    )
    rules = (
        Rule("money-as-float", "TYP001", "Money as float", "dba explain money-as-float", "data integrity", MANUAL),
        Rule("open-secret", "SEC001", "A secret in the code", "dba explain open-secret", "security", "A secret"),
        Rule("missing-comment", "DOC001", "No comment", "dba explain missing-comment", "maintainability"),
        Rule("never-spoke", "NEV001", "Silent", "dba explain never-spoke", "security"),
    )
    strength = Strength("money-as-float", "shop", ObjectName("table", None, "customer"), "keys are declared",
                        (Evidence("catalog", "all of them", MODELS),))  # fmt: skip
    return Report(
        1, Tool("dbarchitect", "0.1.0"), "2026-11-20T08:00:00+00:00", {"targets": ["."], "fail_on": "warning"},
        (application,), SCORE, EXAMINED, rules, findings, (strength,),
        (Diagnostic("shop", Location("app/broken.py", 7), "cannot read this class"),), "10·n/(n+p)",
        (UnusedSuppression("dba: ignore[x] y", MODELS, "silences nothing"),),
    )  # fmt: skip


# Words of the schema, not of the audited application: they stay.
_FIXED = {"level", "precision", "category", "phase", "fingerprint", "kind", "applicability", "generated_at"}


def with_texts(value: T, change: Callable[[str], str]) -> T:
    """The same report with every free text changed; equal texts stay equal."""
    if isinstance(value, str):
        return change(value)  # type: ignore[return-value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {
            item.name: getattr(value, item.name)
            if item.name in _FIXED
            else with_texts(getattr(value, item.name), change)
            for item in dataclasses.fields(value)
        }
        return type(value)(**fields)  # type: ignore[return-value]
    if isinstance(value, tuple):
        return tuple(with_texts(item, change) for item in value)  # type: ignore[return-value]
    if isinstance(value, Mapping):
        return {key: with_texts(item, change) for key, item in value.items()}  # type: ignore[return-value]
    return value
