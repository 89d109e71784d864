"""Judges a case of a case book: what the rule says and should have said, what its fix leaves, the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.apply import apply_all
from dbarchitect.change.invert import Irreversible, invert
from dbarchitect.change.operations import Change
from dbarchitect.finding import Applicability, Finding, Fix, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._registry import all_rules
from dbarchitect.settings import decode
from dbarchitect.testing.casebook import Case, Expectation

ENGINES_OF_CASES = ("postgresql", "sqlite")


def engines_of(case: Case, rule: type[Rule]) -> tuple[str, ...]:
    """The engines that a case's SQL runs on."""
    if case.files:
        return ()
    names = rule.engines or ENGINES_OF_CASES
    return tuple(name for name in names if name in ENGINES_OF_CASES and case.ddl(name) is not None)


def rule_for(case: Case, rule: type[Rule]) -> Rule:
    """The rule with the case's options."""
    return rule(decode(case.options, rule.Options, f"{case.book}: options"))


def rebuilt(catalog: Catalog) -> Catalog:
    """The catalog with every index valid: no server can be told to make one that is not."""
    return replace(
        catalog,
        tables=tuple(
            replace(table, indexes=tuple(replace(index, valid=True) for index in table.indexes))
            for table in catalog.tables
        ),
    )


def unmet(expected: Sequence[Expectation], said: Sequence[Finding] | Sequence[Strength]) -> list[str]:
    """The differences between what a case expects and what was said, in words; empty when they agree."""
    rest = [(str(item.object), item.message) for item in said]
    problems: list[str] = []
    for line in expected:
        match = next((r for r in rest if r[0] == line.object and line.words in r[1]), None)
        if match is None:
            problems.append(f"expected, not said: {line.object} :: {line.words}".rstrip(" :"))
        else:
            rest.remove(match)
    problems.extend(f"said, not expected: {object_} :: {message}" for object_, message in rest)
    return problems


def voices(survey: Survey) -> set[tuple[str, tuple[str, ...]]]:
    """Every (rule, object) that any default rule has a finding on."""
    spoken: set[tuple[str, tuple[str, ...]]] = set()
    for rule in all_rules():
        applies = not rule.engines or survey.engine.name in rule.engines
        if rule.default and applies and rule.needs <= survey.needs and rule().unanswered(survey) is None:
            spoken.update((finding.rule, finding.object.key) for finding in rule().detect(survey))
    return spoken


def after_fix_problems(rule: Rule, finding: Finding, before: Survey, after: Survey) -> list[str]:
    """What a fix left or raised: the rule still speaking on the object, or any rule speaking anew."""
    problems = [
        f"still said after the fix: {f.object} :: {f.message}"
        for f in rule.detect(after)
        if f.fingerprint == finding.fingerprint
    ]
    new = voices(after) - voices(before)
    problems.extend(f"raised by the fix of {finding.object}: {name} on {key}" for name, key in sorted(new))
    return problems


def applicable(fix: Fix | None) -> bool:
    """True for a fix that can be applied by itself."""
    return fix is not None and bool(fix.changes) and fix.applicability is not Applicability.MANUAL


def inverse(changes: Sequence[Change], catalog: Catalog) -> tuple[Change, ...] | Irreversible:
    """The way back from a row of changes."""
    back: list[Change] = []
    for change in changes:
        undo = invert(change, catalog)
        if isinstance(undo, Irreversible):
            return undo
        back[:0] = undo
        catalog = apply_all((change,), catalog)
    return tuple(back)
