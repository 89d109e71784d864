"""Catalogs thrown together at random, with hostile names: no rule breaks, and no fix raises another finding."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from dbarchitect.catalog.engine import POSTGRESQL, SQLITE
from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import Column, ForeignKey, Policy, UniqueKey
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.survey import Application, Survey
from dbarchitect.catalog.types import parse_type
from dbarchitect.change.apply import apply_all
from dbarchitect.finding import Finding
from dbarchitect.rules._base import Rule
from dbarchitect.rules._registry import all_rules

GROUPS = ("security", "history", "domains", "growth", "operations")
RULES = [rule() for rule in all_rules() if rule.__module__.split(".")[-2] in GROUPS]
HOSTILE = ["😀", "_", "123", 'a"b', "x'y\n", "</script>", "Order Items"]
TABLES = [
    *HOSTILE, "users", "accounts", "payments", "api_keys", "notes", "usage_logs", "organizations", "tokens", "comments",
    "post_revisions", "refunds", "posts", "audit_log",
]  # fmt: skip
COLUMNS = [
    *HOSTILE, "id", "email", "password", "password_hash", "secret", "token", "body", "title", "name", "created_at",
    "deleted_at", "is_deleted", "status", "amount", "currency", "tenant_id", "organization_id", "user_id", "is_public",
    "slug", "key", "key_hash", "expires_at", "visible", "last_login",
]  # fmt: skip
TYPES = ["text", "varchar(20)", "varchar(255)", "bigint", "timestamp", "boolean", "jsonb", "uuid", "char(64)", "text[]"]


def column(chance: random.Random, name: str, position: int) -> Column:
    default = expression("'pending'") if chance.random() < 0.1 else None
    nullable = chance.random() < 0.5
    return Column(name, parse_type(chance.choice(TYPES)), nullable=nullable, default=default, position=position)


def table(chance: random.Random, name: str) -> Table:
    names = chance.sample(COLUMNS, chance.randint(1, 10))
    policy = Policy("own rows", using=expression(f'"{names[0]}" = 1')) if names[0] not in HOSTILE else None
    return Table(
        name,
        tuple(column(chance, each, position) for position, each in enumerate(names)),
        primary_key=UniqueKey((names[0],)) if chance.random() < 0.8 else None,
        unique_keys=tuple(UniqueKey((each,)) for each in names[1:] if chance.random() < 0.2),
        policies=(policy,) if policy and chance.random() < 0.2 else (),
        row_security=chance.random() < 0.2,
    )


def catalog(seed: int) -> Catalog:
    chance = random.Random(seed)
    tables = [table(chance, name) for name in chance.sample(TABLES, chance.randint(1, 8))]
    related = []
    for each in tables:
        keys = []
        for held in each.columns:
            other = chance.choice(tables)
            if other.primary_key is not None and chance.random() < 0.3:
                keys.append(ForeignKey((held.name,), other.ref, other.primary_key.columns))
        related.append(replace(each, foreign_keys=tuple(keys)))
    return Catalog(engine=chance.choice([SQLITE, POSTGRESQL]), tables=tuple(related))


def said(survey: Survey) -> dict[tuple[str, tuple[str, ...]], tuple[Rule, Finding]]:
    speaking = [rule for rule in RULES if not rule.engines or survey.engine.name in rule.engines]
    return {(f.rule, f.object.key): (rule, f) for rule in speaking for f in rule.detect(survey)}


RAISED_RIGHTLY = {
    # a table that is closed to all says nothing by itself; once a team writes policies, it is one that was forgotten
    ("missing-row-level-security", "row-security-without-policies"),
}


@pytest.mark.parametrize("block", range(4))
def test_no_rule_breaks_and_no_fix_raises_a_finding(block: int) -> None:
    for seed in range(block * 40, block * 40 + 40):
        before = catalog(seed)
        survey = Survey(Application("random"), before)
        for rule in RULES:
            list(rule.praise(survey))
        findings = said(survey)
        for key, (rule, finding) in findings.items():
            assert finding.evidence
            assert finding.hint
            fix = rule.fix(finding, survey)
            if fix is None or not fix.changes:
                continue
            after = said(Survey(survey.application, apply_all(fix.changes, before)))
            assert key not in after or after[key][1].fingerprint != finding.fingerprint, (seed, key)
            new = set(after) - set(findings) - {key}
            assert {other for other in new if (key[0], other[0]) not in RAISED_RIGHTLY} == set(), (seed, key)
