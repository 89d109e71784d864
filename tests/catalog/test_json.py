"""Everything of the model survives the way through JSON, what does not count in comparisons too."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dbarchitect.catalog.engine import EngineInfo
from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.facts import ColumnFacts, Facts, IndexFacts, StatementFacts, TableFacts, Unseen
from dbarchitect.catalog.json import from_json, to_json
from dbarchitect.catalog.members import Column, UniqueKey
from dbarchitect.catalog.objects import Catalog, Grant, Role, Setting, Table
from dbarchitect.catalog.refs import Diagnostic, Origin, Ref
from dbarchitect.catalog.survey import Application, ConfiguredEngine, Need, SkippedPath, Survey
from dbarchitect.catalog.types import parse_type
from dbarchitect.change.diff import diff
from dbarchitect.change.operations import Change, RunSql
from dbarchitect.errors import SettingsError
from dbarchitect.testing.strategies import catalogs, changed

FEW = settings(
    max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.reuse, Phase.generate]
)
TABLE = Table("t", (Column("a", parse_type("int"), default=expression("1::int")),), primary_key=UniqueKey(("a",)))
FACTS = Facts(
    captured_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    is_replica=True,
    tables=MappingProxyType({TABLE.ref.key: TableFacts(rows=5, last_vacuum=datetime(2026, 1, 1, tzinfo=UTC))}),
    indexes=MappingProxyType({TABLE.ref.key: IndexFacts(scans=0)}),
    columns=MappingProxyType({TABLE.ref.column("a").key: ColumnFacts(null_fraction=0, distinct=-0.5)}),
    statements=(StatementFacts("select 1", 2, 3.5, 1.75, 2),),
)
SURVEY = Survey(
    Application("app", targets=(("database", "shop"),)),
    Catalog(
        EngineInfo("postgresql", "17.2"),
        (TABLE,),
        roles=(Role("app", member_of=("all",)),),
        grants=(Grant("public", TABLE.ref, ("select",)),),
        settings=(Setting("work_mem", "4MB"),),
    ),
    facts=FACTS,
    configured_engines=(ConfiguredEngine(EngineInfo("sqlite"), Origin("settings.py", 3), "development", True, "db"),),
    needs=frozenset({Need.CATALOG, Need.STATISTICS}),
    diagnostics=(Diagnostic(Origin("a.sql", 1, digest="00"), 'what is "this"? 😀'),),
    unseen=(Unseen("pg_stat_statements", "grant …"),),
    files=("a.sql",),
    skipped=(SkippedPath("vendor", "vendored"),),
)


def through(value: object) -> object:
    return json.loads(json.dumps(to_json(value)))


@FEW
@given(catalogs())
def test_catalogs(catalog: Catalog) -> None:
    read = from_json(through(catalog), Catalog)
    assert read == catalog
    assert to_json(read) == to_json(catalog)


@FEW
@given(catalogs().flatmap(lambda a: st.tuples(st.just(a), changed(a))))
def test_changes(pair: tuple[Catalog, Catalog]) -> None:
    for change in diff(*pair):
        assert from_json(through(change), Change) == change


def test_survey() -> None:
    read = from_json(through(SURVEY), Survey)
    assert read == SURVEY
    assert to_json(read) == to_json(SURVEY)
    assert read.catalog.settings == SURVEY.catalog.settings
    assert read.facts is not None
    assert read.facts.table(TABLE.ref).rows == 5
    assert str(read.catalog.tables[0].columns[0].default) == "1::int"


def test_facts_and_statements() -> None:
    assert from_json(through(FACTS), Facts) == FACTS
    change = RunSql("postgresql", ("vacuum",), None, "why")
    assert from_json(through(change), Change) == change


def test_defaults_are_left_out() -> None:
    assert to_json(Ref.of_table("t")) == {"is": "Ref", "kind": "table", "table": "t"}


@pytest.mark.parametrize(
    ("data", "message", "hint"),
    [
        ({"is": "Catalog", "tabels": []}, "Catalog has no 'tabels'", "tables"),
        ({"is": "Catalogue"}, "'Catalogue' is not one of", "Catalog"),
        ({"tables": [{"name": "t"}]}, r"\$\.tables\[0\]: Table needs 'columns'", ""),
        ({"tables": [{"name": 3, "columns": []}]}, r"\$\.tables\[0\]\.name: expected str, found int", ""),
        ({"tables": 3}, r"\$\.tables: expected", ""),
        ({"enums": [{"name": "e", "values": ["a", 1]}]}, r"\$\.enums\[0\]\.values\[1\]", ""),
        ({"grants": [{"role": "r", "object": {"kind": "tabel"}, "privileges": []}]}, "'tabel'", "table"),
        ([], "expected Catalog, found list", ""),
        (None, "expected Catalog, found NoneType", ""),
    ],
)
def test_what_does_not_fit_is_named(data: object, message: str, hint: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        from_json(data, Catalog)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "data", [{"tables": [[1]]}, {"captured_at": "yesterday"}, {"tables": [[["a"], {"rows": "x"}]]}]
)
def test_facts_that_do_not_fit(data: object) -> None:
    with pytest.raises(SettingsError):
        from_json(data, Facts)


def test_what_is_not_of_the_model_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="object is not part of the model"):
        to_json(object())
