"""Every case of every case book: the static reader, the real server, the models; then the fix, and the way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.catalog.objects import Catalog
from dbarchitect.change.apply import apply_all
from dbarchitect.change.invert import Irreversible
from dbarchitect.rules._registry import all_rules, find_rule
from dbarchitect.testing import bench
from dbarchitect.testing.casebook import Case, CaseBook, read_case_book

FOLDER = Path(__file__).parent
BOOKS = [read_case_book(path) for path in sorted(FOLDER.glob("*/*.md"))]
SQL_CASES = [
    pytest.param(book, case, engine, id=f"{book.rule}:{engine}:{case.name}")
    for book in BOOKS
    for case in book.cases
    for engine in bench.engines_of(case, find_rule(book.rule))
]
MODEL_CASES = [
    pytest.param(book, case, reader, id=f"{book.rule}:{reader}:{case.name}")
    for book in BOOKS
    for case in book.cases
    for reader in case.models
]


def check(book: CaseBook, case: Case, catalog: Catalog) -> None:
    rule = bench.rule_for(case, find_rule(book.rule))
    survey = bench.survey_of(catalog, case)
    problems = bench.unmet(case.findings, tuple(rule.detect(survey)))
    strengths = tuple(rule.praise(survey))
    if case.strengths:
        said = [line for line in bench.unmet(case.strengths, strengths) if line.startswith("expected")]
        problems.extend(said)
    assert not problems, f"{book.path}:{case.line}\n" + "\n".join(problems)


@pytest.mark.parametrize(("book", "case", "engine"), SQL_CASES)
def test_static_reading(book: CaseBook, case: Case, engine: str) -> None:
    ddl = case.ddl(engine)
    assert ddl is not None
    check(book, case, bench.read_sql(engine, ddl))


@pytest.mark.parametrize(("book", "case", "reader"), MODEL_CASES)
def test_models(book: CaseBook, case: Case, reader: str) -> None:
    catalog = bench.read_models(reader, case.models[reader])
    check(book, case, catalog)
    rule = bench.rule_for(case, find_rule(book.rule))
    survey = bench.survey_of(catalog, case)
    for finding in rule.detect(survey):
        fix = rule.fix(finding, survey)
        if fix is not None and bench.applicable(fix):
            after = bench.survey_of(apply_all(fix.changes, catalog), case)
            assert not bench.after_fix_problems(rule, finding, survey, after)


@pytest.mark.parametrize(("book", "case", "engine"), SQL_CASES)
def test_on_a_server(book: CaseBook, case: Case, engine: str, request: pytest.FixtureRequest) -> None:
    shadow = request.getfixturevalue("postgresql" if engine == "postgresql" else "sqlite_shadow")
    ddl = case.ddl(engine)
    assert ddl is not None
    target = shadow.database()
    try:
        live = bench.LiveCase.create(engine, target, ddl)
        catalog = live.catalog()
        check(book, case, catalog)
        rule = bench.rule_for(case, find_rule(book.rule))
        survey = bench.survey_of(catalog, case)
        for finding in rule.detect(survey):
            fix = rule.fix(finding, survey)
            if fix is None or not bench.applicable(fix):
                continue
            back = bench.inverse(fix.changes, catalog)
            live.change(fix.changes, catalog)
            changed = live.catalog()
            assert changed == apply_all(fix.changes, catalog)
            assert not bench.after_fix_problems(rule, finding, survey, bench.survey_of(changed, case))
            assert not isinstance(back, Irreversible), f"the fix of {finding.object} has no way back: {back}"
            live.change(back, changed)
            assert live.catalog() == catalog
    finally:
        shadow.drop(target)


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name())
def test_every_rule_has_a_book_with_good_and_bad_cases(rule: type) -> None:
    book = next((book for book in BOOKS if book.rule == rule.name()), None)
    assert book is not None, f"write tests/rules/<group>/{rule.name().replace('-', '_')}.md"
    assert sum(bool(case.findings) for case in book.cases) >= 1
    assert sum(not case.findings for case in book.cases) >= 2
