"""The case books that the page on rules shows are books, and their rules say what they expect."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.rules._registry import find_rule
from dbarchitect.shadow import Shadow
from dbarchitect.testing import bench
from dbarchitect.testing.casebook import Case, read_case_book

PAGE = (Path(__file__).parents[2] / "docs" / "extending.md").read_text("utf-8")
BOOKS = re.findall(r"^````markdown\n(# (\S+)\n.*?)^````$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("text", "rule"), BOOKS, ids=[rule for _, rule in BOOKS])
def test_a_book_on_the_page_holds(text: str, rule: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    path = tmp_path / f"{rule.replace('-', '_')}.md"
    path.write_text(text)
    for case in read_case_book(path).cases:
        judge = bench.rule_for(case, find_rule(rule))
        survey = survey_of(case, request)
        assert judge.unanswered(survey) is None
        assert not bench.unmet(case.findings, tuple(judge.detect(survey))), case.title


def survey_of(case: Case, request: pytest.FixtureRequest) -> Survey:
    if case.migrations:
        return bench.read_migrations(case)
    if not case.on_a_server:
        return bench.survey_of(bench.read_sql("postgresql", case.ddl("postgresql") or ""), case)
    shadow: Shadow = request.getfixturevalue("postgresql")
    live = bench.LiveCase.create("postgresql", shadow.database(), case.ddl("postgresql") or "", case.on_a_server)
    return bench.survey_of(live.catalog(), case)


def test_the_page_names_every_need() -> None:
    for need in Need:
        assert f"`{need.value}`" in PAGE, f"docs/extending.md does not explain {need.value}"


def test_the_page_shows_a_case_of_each_kind_that_is_no_schema() -> None:
    assert len(BOOKS) >= 4
    for block in ("migrations", "drift", "settings", "sql server"):
        assert f"\n```{block}\n" in PAGE
