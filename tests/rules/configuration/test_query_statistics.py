"""A server that has pg_stat_statements: not every one that runs the case books does."""

from __future__ import annotations

import pytest

from dbarchitect.catalog.engine import POSTGRESQL
from dbarchitect.catalog.objects import Catalog, Extension, Setting
from dbarchitect.catalog.survey import Application, Need, Survey
from dbarchitect.change.operations import Create, RunSql
from dbarchitect.finding import Applicability
from dbarchitect.rules.configuration.missing_query_statistics import MissingQueryStatistics

PRELOAD = "shared_preload_libraries"


def survey(libraries: str | None, *extensions: str) -> Survey:
    settings = () if libraries is None else (Setting(PRELOAD, libraries),)
    catalog = Catalog(POSTGRESQL, extensions=tuple(map(Extension, extensions)), settings=settings)
    return Survey(Application("it"), catalog, needs=frozenset({Need.CATALOG, Need.SETTINGS}))


@pytest.mark.parametrize("libraries", ["pg_stat_statements", "auto_explain, pg_stat_statements", None])
def test_installed_and_loaded_as_far_as_is_seen(libraries: str | None) -> None:
    assert list(MissingQueryStatistics().detect(survey(libraries, "pg_stat_statements"))) == []


def test_installed_and_not_loaded() -> None:
    rule, seen = MissingQueryStatistics(), survey("auto_explain", "pg_stat_statements")
    (finding,) = rule.detect(seen)
    assert "is installed but not loaded by the server" in finding.message
    assert finding.hint == "Add pg_stat_statements to shared_preload_libraries and restart the server."
    fix = rule.fix(finding, seen)
    assert fix is not None
    assert fix.applicability is Applicability.MANUAL
    (change,) = fix.changes
    assert isinstance(change, RunSql)
    assert change.up[0] == "alter system set shared_preload_libraries = 'auto_explain', 'pg_stat_statements'"


def test_loaded_and_not_installed() -> None:
    rule, seen = MissingQueryStatistics(), survey("pg_stat_statements")
    (finding,) = rule.detect(seen)
    fix = rule.fix(finding, seen)
    assert fix is not None
    assert fix.changes == (Create(Extension("pg_stat_statements")),)


def test_it_is_praised_only_where_it_surely_counts() -> None:
    rule = MissingQueryStatistics()
    assert list(rule.praise(survey("pg_stat_statements", "pg_stat_statements")))
    assert not list(rule.praise(survey(None, "pg_stat_statements")))
