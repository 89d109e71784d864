"""Rules meet catalogs that were read from half a project: references to what is not there, hostile names."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dbarchitect.catalog.engine import MYSQL, POSTGRESQL, SQLITE, EngineInfo
from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import Action, Check, Column, Declared, ForeignKey, Index, IndexColumn, UniqueKey
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Application, Survey
from dbarchitect.catalog.types import parse_type
from dbarchitect.change.apply import apply_all
from dbarchitect.errors import DbarchitectError
from dbarchitect.rules._base import Rule
from dbarchitect.rules._registry import all_rules

MINE = [rule for rule in all_rules() if rule.code[:3] in {"IDX", "KEY", "CHK", "TYP"}]
NAMES = st.sampled_from(
    ["id", "user_id", "users", "user", "email", "price", "status", "deleted_at", "slug", "o'r\"der", "</script>", "😀",
     "content", "created_by", "starts_at", "ends_at", "currency", "tags", "object_type", "object_id", "x" * 70]
)  # fmt: skip
TYPES = st.sampled_from(["bigint", "integer", "text", "varchar(20)", "jsonb", "real", "timestamp", "uuid", "mood", ""])


@st.composite
def columns(draw: st.DrawFn) -> Column:
    default = draw(st.sampled_from([None, "'[]'", "0", "now()", "'usd'", "nonsense ( '"]))
    declared = draw(st.sampled_from([None, Declared(choices=("a", "b''c")), Declared(references="user.User"),
                                     Declared(references="any model, by object_type", minimum="x")]))  # fmt: skip
    return Column(
        draw(NAMES),
        parse_type(draw(TYPES)),
        nullable=draw(st.booleans()),
        default=None if default is None else expression(default),
        declared=declared,
    )


@st.composite
def tables(draw: st.DrawFn) -> Table:
    some = draw(st.lists(columns(), max_size=6, unique_by=lambda c: c.name))
    few = st.lists(NAMES, min_size=1, max_size=3, unique=True).map(tuple)
    keys = [
        ForeignKey(names, Ref.of_table(draw(NAMES)), draw(few), draw(st.sampled_from(list(Action))))
        for names in draw(st.lists(few, max_size=2))
    ]
    indexes = [
        Index(tuple(IndexColumn(name) for name in names), unique=draw(st.booleans()))
        for names in draw(st.lists(few, max_size=3))
    ]
    return Table(
        draw(NAMES),
        tuple(some),
        primary_key=draw(st.none() | few.map(UniqueKey)),
        unique_keys=tuple(UniqueKey(names) for names in draw(st.lists(few, max_size=2))),
        foreign_keys=tuple(keys),
        checks=tuple(Check(expression(f'"{names[0]}" > 0')) for names in draw(st.lists(few, max_size=1))),
        indexes=tuple(indexes),
    )


TWICE = Index((IndexColumn("tags"),))
"""An index that stands twice in its table, without a name."""


@pytest.mark.parametrize("rule", MINE, ids=lambda rule: rule.name())
@example([Table("users", (Column("tags", parse_type("jsonb")),), indexes=(TWICE, TWICE))], POSTGRESQL)
@given(st.lists(tables(), max_size=4, unique_by=lambda t: t.name), st.sampled_from([POSTGRESQL, SQLITE, MYSQL]))
@settings(max_examples=15, deadline=None)
def test_a_rule_never_fails(rule: type[Rule], some: list[Table], engine: EngineInfo) -> None:
    survey = Survey(Application("x"), Catalog(engine, tuple(some)))
    judge = rule()
    list(judge.praise(survey))
    findings = list(judge.detect(survey))
    assert len({finding.fingerprint for finding in findings}) == len(findings), "one finding for each object"
    for finding in findings:
        assert finding.message.endswith(".")
        assert finding.evidence
        assert finding.hint
        fix = judge.fix(finding, survey)
        if fix is None:
            continue
        assert fix.changes
        with contextlib.suppress(DbarchitectError):  # a catalog that contradicts itself may refuse
            apply_all(fix.changes, survey.catalog)
