"""What the server itself says answers where the repository is silent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dbarchitect.catalog.objects import Extension, Setting
from dbarchitect.catalog.survey import Survey
from dbarchitect.rules._registry import find_rule
from dbarchitect.testing import projects
from dbarchitect.testing.casebook import read_case_book

BOOKS = Path(__file__).parent


def first_fault(rule: str) -> Survey:
    book = read_case_book(BOOKS / f"{rule.replace('-', '_')}.md")
    return projects.read_project_of(next(case for case in book.cases if case.findings))


@pytest.mark.parametrize(
    ("rule", "setting", "silent"),
    [
        ("missing-query-timeout", Setting("statement_timeout", "30000", "ms"), True),
        ("missing-query-timeout", Setting("statement_timeout", "0", "ms"), False),
        ("missing-query-timeout", Setting("statement_timeout", "30s", source="role", role="shop"), True),
        ("missing-slow-query-log", Setting("log_min_duration_statement", "500", "ms"), True),
        ("missing-slow-query-log", Setting("log_min_duration_statement", "-1", "ms"), False),
        ("missing-point-in-time-recovery", Setting("archive_mode", "on"), True),
        ("missing-point-in-time-recovery", Setting("archive_mode", "off"), False),
    ],
)
def test_a_setting_of_the_server_counts(rule: str, setting: Setting, silent: bool) -> None:
    survey = first_fault(rule)
    seen = replace(survey, catalog=replace(survey.catalog, settings=(setting,)))
    assert (list(find_rule(rule)().detect(seen)) == []) is silent


def test_statistics_of_statements_record_slow_queries() -> None:
    survey = first_fault("missing-slow-query-log")
    seen = replace(survey, catalog=replace(survey.catalog, extensions=(Extension("pg_stat_statements"),)))
    assert list(find_rule("missing-slow-query-log")().detect(seen)) == []


@pytest.mark.parametrize("path", sorted(BOOKS.glob("*.md")), ids=lambda path: path.stem)
def test_a_survey_without_a_repository_is_not_judged(path: Path) -> None:
    book = read_case_book(path)
    if any(case.configured for case in book.cases):
        return  # judged by the engines that are configured
    rule = find_rule(book.rule)()
    survey = replace(first_fault(book.rule), deployment=None)
    assert list(rule.detect(survey)) == []
    assert list(rule.praise(survey)) == []
