"""No fix of one rule raises another: over every case of every book, every rule's fixes, judged again by every rule.

The case books' own tests ask this of the book's rule alone, on a server. Here all rules speak on each case's Survey,
each fix is applied in memory, and all are asked again; then each fix of what is left is applied on top of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from dbarchitect.catalog.survey import Survey
from dbarchitect.change.apply import apply_all
from dbarchitect.change.operations import Change, RunSql
from dbarchitect.finding import Finding
from dbarchitect.rules._base import Rule
from dbarchitect.rules._registry import all_rules, find_rule
from dbarchitect.testing import bench, blocks, projects
from dbarchitect.testing.casebook import Case, read_case_book

FOLDER = Path(__file__).parent
BOOKS = [read_case_book(path) for path in sorted(FOLDER.glob("*/*.md"))]

JUDGED = {
    ("autovacuum-behind", "autovacuum-behind"): (
        "the statistics are those from before the new setting: what the table lacks most is mended, and its dead rows "
        "are still there until the next vacuum"
    ),
    ("foreign-key-without-on-delete", "foreign-key-without-on-delete"): (
        "once rows go with their parent, the key that points at them is what stops the delete: the next link of one "
        "chain, told when its turn comes"
    ),
    ("undeclared-foreign-key", "missing-natural-key"): (
        "only keys that are declared show that a table joins two others: its rows could be doubled before as well"
    ),
    ("policies-without-row-security", "row-security-called-per-row"): (
        "policies that nobody was asked to obey cost nothing: what they call is told once they are obeyed"
    ),
    ("missing-natural-key", "check-then-act"): (
        "the race is the code's: without the key it let a second row in, with it the second request fails, and what is "
        "left to do is to answer it"
    ),
    ("assumed-unique", "check-then-act"): (
        "the same race: the finding that asks for the key tells it before, and once there is one the second request is "
        "to be answered"
    ),
    ("nullable-always-written", "required-column-without-default"): (
        "the migration is read as it stands, with the column's end state: the fix is a later migration of its own"
    ),
    ("narrow-primary-key", "sequence-near-exhaustion"): (
        "the statistics are those from before: the same statement widens the sequence, whose limit is read anew"
    ),
}
"""(the rule whose fix it was, the rule that speaks anew) → why that is right."""


@dataclass(frozen=True)
class Spoken:
    """What all rules say of a Survey: how often each fingerprint, and one finding for it."""

    count: Counter[str]
    finding: Mapping[str, tuple[Rule, Finding]]


def surveys_of(case: Case, rule: type[Rule]) -> Iterator[Survey]:
    """The case as each reader reads it."""
    if case.files:
        yield projects.read_project_of(case)
        return
    if case.migrations:
        yield projects.read_migrations(case)
    for engine in bench.engines_of(case, rule):
        ddl = case.ddl(engine)
        assert ddl is not None
        yield blocks.survey_of(projects.read_sql(engine, ddl), case)
    for reader, text in case.models.items():
        yield blocks.survey_of(projects.read_models(reader, text), case)


def rules_for(case: Case, own: type[Rule]) -> tuple[Rule, ...]:
    """All rules, the book's own with the case's options."""
    return tuple(bench.rule_for(case, own) if rule is own else rule() for rule in all_rules())


def judged(survey: Survey, rules: tuple[Rule, ...]) -> Spoken:
    """Every rule that can judge the Survey is asked."""
    found: dict[str, tuple[Rule, Finding]] = {}
    count: Counter[str] = Counter()
    for rule in rules:
        fits = not rule.engines or survey.engine.name in rule.engines
        if fits and rule.needs <= survey.needs and rule.unanswered(survey) is None:
            for finding in rule.detect(survey):
                found[finding.fingerprint] = (rule, finding)
                count[finding.fingerprint] += 1
    return Spoken(count, found)


def changed(survey: Survey, changes: tuple[Change, ...]) -> Survey:
    """The Survey after the changes; its statistics, history and files stay as they were."""
    return replace(survey, catalog=apply_all(changes, survey.catalog))


def fixes(survey: Survey, spoken: Spoken) -> Iterator[tuple[str, Rule, Finding, tuple[Change, ...]]]:
    """Every finding that a change of the schema mends by itself; what SQL of its own does, only a server can tell."""
    for fingerprint, (rule, finding) in spoken.finding.items():
        fix = rule.fix(finding, survey)
        if fix is not None and bench.applicable(fix) and not any(isinstance(c, RunSql) for c in fix.changes):
            yield fingerprint, rule, finding, fix.changes


def wrong(fingerprint: str, rule: Rule, finding: Finding, before: Spoken, after: Spoken) -> list[str]:
    """What the fix of a finding left or raised, unless it was judged right."""
    problems = []
    if after.count[fingerprint] >= before.count[fingerprint]:
        problems.append(f"{rule.name()} is not silenced by its fix on {finding.object}")
    for other in after.count - before.count:
        raised, what = after.finding[other]
        if (rule.name(), raised.name()) not in JUDGED:
            problems.append(f"the fix of {rule.name()} on {finding.object} raises {raised.name()}: {what.message}")
    return problems


GROUPS = sorted({book.path.parent.name for book in BOOKS})


@pytest.mark.parametrize("group", GROUPS)
def test_no_fix_raises_another_and_two_agree(group: str) -> None:
    problems: list[str] = []
    for book in (book for book in BOOKS if book.path.parent.name == group):
        own = find_rule(book.rule)
        for case in book.cases:
            rules = rules_for(case, own)
            for survey in surveys_of(case, own):
                place = f"{book.path.name}:{case.line} ({survey.engine.name})"
                problems += [f"{place}: {problem}" for problem in of_survey(survey, rules)]
    assert not problems, "\n".join(problems)


def of_survey(survey: Survey, rules: tuple[Rule, ...]) -> Iterator[str]:
    before = judged(survey, rules)
    for fingerprint, rule, finding, changes in fixes(survey, before):
        mended = changed(survey, changes)
        after = judged(mended, rules)
        yield from wrong(fingerprint, rule, finding, before, after)
        # What is left is mended on top of it, computed from the state that the first fix made.
        for second, other, what, more in fixes(mended, after):
            last = judged(changed(mended, more), rules)
            for problem in wrong(second, other, what, after, last):
                yield f"after the fix of {rule.name()}: {problem}"


def test_every_judged_exception_still_happens() -> None:
    """An exception that nothing makes any more would hide the next fault."""
    wanted = {rule for pair in JUDGED for rule in pair}
    seen: set[tuple[str, str]] = set()
    for book in (book for book in BOOKS if book.rule in wanted or book.path.parent.name in {"keys", "transactions"}):
        own = find_rule(book.rule)
        for case in book.cases:
            rules = tuple(rule for rule in rules_for(case, own) if rule.name() in wanted)
            for survey in surveys_of(case, own):
                seen |= raised(survey, rules, deep=1)
    assert seen >= JUDGED.keys()


def raised(survey: Survey, rules: tuple[Rule, ...], deep: int) -> set[tuple[str, str]]:
    """The pairs of rules of which one's fix raises the other, here and so many fixes further on."""
    before = judged(survey, rules)
    pairs: set[tuple[str, str]] = set()
    for _, rule, _, changes in fixes(survey, before):
        mended = changed(survey, changes)
        after = judged(mended, rules)
        pairs |= {(rule.name(), after.finding[new][0].name()) for new in after.count - before.count}
        pairs |= raised(mended, rules, deep - 1) if deep else set()
    return pairs
