"""Every case of every case book: the static reader, the real server, the models; then the fix, and the way back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.apply import apply_all
from dbarchitect.change.invert import Irreversible
from dbarchitect.rules._registry import all_rules, find_rule
from dbarchitect.testing import bench, blocks, projects
from dbarchitect.testing.casebook import Case, CaseBook, read_case_book
from dbarchitect.testing.live import LiveCase

FOLDER = Path(__file__).parent
BOOKS = [read_case_book(path) for path in sorted(FOLDER.glob("*/*.md"))]
SQL_CASES = [
    pytest.param(book, case, engine, id=f"{book.rule}:{engine}:{case.name}")
    for book in BOOKS
    for case in book.cases
    for engine in bench.engines_of(case, find_rule(book.rule))
]
STATIC_CASES = [parameters for parameters in SQL_CASES if not parameters.values[1].on_a_server]
MODEL_CASES = [
    pytest.param(book, case, reader, id=f"{book.rule}:{reader}:{case.name}")
    for book in BOOKS
    for case in book.cases
    for reader in case.models
    if not case.files
]


MIGRATION_CASES = [
    pytest.param(book, case, id=f"{book.rule}:{case.tool}:{case.name}")
    for book in BOOKS
    for case in book.cases
    if case.migrations
]


PROJECT_CASES = [
    pytest.param(book, case, id=f"{book.rule}:{case.name}") for book in BOOKS for case in book.cases if case.files
]


def check(book: CaseBook, case: Case, catalog: Catalog, survey: Survey | None = None) -> None:
    rule = bench.rule_for(case, find_rule(book.rule))
    survey = survey or blocks.survey_of(catalog, case)
    answers = rule.unanswered(survey) is None
    problems = bench.unmet(case.findings, tuple(rule.detect(survey)) if answers else ())
    strengths = tuple(rule.praise(survey)) if answers else ()
    if case.strengths:
        said = [line for line in bench.unmet(case.strengths, strengths) if line.startswith("expected")]
        problems.extend(said)
    assert not problems, f"{book.path}:{case.line}\n" + "\n".join(problems)


@pytest.mark.parametrize(("book", "case", "engine"), STATIC_CASES)
def test_static_reading(book: CaseBook, case: Case, engine: str) -> None:
    ddl = case.ddl(engine)
    assert ddl is not None
    check(book, case, projects.read_sql(engine, ddl))


@pytest.mark.parametrize(("book", "case", "reader"), MODEL_CASES)
def test_models(book: CaseBook, case: Case, reader: str) -> None:
    catalog = projects.read_models(reader, case.models[reader])
    check(book, case, catalog)
    rule = bench.rule_for(case, find_rule(book.rule))
    survey = blocks.survey_of(catalog, case)
    for finding in rule.detect(survey):
        fix = rule.fix(finding, survey)
        if fix is not None and bench.applicable(fix):
            after = blocks.survey_of(apply_all(fix.changes, catalog), case)
            assert not bench.after_fix_problems(rule, finding, survey, after)


@pytest.mark.parametrize(("book", "case"), PROJECT_CASES)
def test_projects(book: CaseBook, case: Case) -> None:
    survey = projects.read_project_of(case)
    rule = find_rule(book.rule)
    applies = not rule.engines or survey.engine.name in rule.engines
    assert applies or not case.findings, f"{book.path}:{case.line}: the project's engine is {survey.engine.name}"
    if not applies:
        return
    check(book, case, survey.catalog, survey)
    judge = bench.rule_for(case, rule)
    for finding in judge.detect(survey) if judge.unanswered(survey) is None else ():
        fix = judge.fix(finding, survey)
        if fix is not None and bench.applicable(fix):
            after = replace(survey, catalog=apply_all(fix.changes, survey.catalog))
            assert not bench.after_fix_problems(judge, finding, survey, after)


@pytest.mark.parametrize(("book", "case"), MIGRATION_CASES)
def test_migrations(book: CaseBook, case: Case) -> None:
    survey = projects.read_migrations(case)
    check(book, case, survey.catalog, survey)


@pytest.mark.parametrize(("book", "case", "engine"), SQL_CASES)
def test_on_a_server(book: CaseBook, case: Case, engine: str, request: pytest.FixtureRequest) -> None:
    shadow = request.getfixturevalue("postgresql" if engine == "postgresql" else "sqlite_shadow")
    ddl = case.ddl(engine)
    assert ddl is not None
    target = shadow.database()
    try:
        live = LiveCase.create(engine, target, ddl, case.on_a_server)
        catalog = live.catalog()
        check(book, case, catalog)
        rule = bench.rule_for(case, find_rule(book.rule))
        survey = blocks.survey_of(catalog, case)
        for finding in rule.detect(survey):
            fix = rule.fix(finding, survey)
            if fix is None or not bench.applicable(fix):
                continue
            back = bench.inverse(fix.changes, catalog)
            live.change(fix.changes, catalog)
            changed = live.catalog()
            assert changed == apply_all(fix.changes, catalog)
            assert not bench.after_fix_problems(rule, finding, survey, blocks.survey_of(changed, case))
            assert not isinstance(back, Irreversible), f"the fix of {finding.object} has no way back: {back}"
            live.change(back, changed)
            assert live.catalog() == bench.rebuilt(catalog)
    finally:
        shadow.drop(target)


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name())
def test_every_rule_has_a_book_with_good_and_bad_cases(rule: type) -> None:
    book = next((book for book in BOOKS if book.rule == rule.name()), None)
    assert book is not None, f"write tests/rules/<group>/{rule.name().replace('-', '_')}.md"
    assert sum(bool(case.findings) for case in book.cases) >= 1
    assert sum(not case.findings for case in book.cases) >= 2
