"""The rule `rule-in-one-layer`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.expressions import length_limits
from dbarchitect.catalog.members import Action, Column, ForeignKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import FieldRule, QueryFact
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.coded_values import rules_of
from dbarchitect.rules._code.field_checks import bypassed
from dbarchitect.rules._code.queries import distinct
from dbarchitect.rules._code.telling import as_evidence
from dbarchitect.rules._names import phrases
from dbarchitect.rules._schema.limits import checks_naming, is_bounded, limits_values
from dbarchitect.rules._schema.values import default_of
from dbarchitect.rules._sql import count, listed

_SHOWN = 4
_MANY = 8
_EVIDENCE = 40
_PAST = 3
_TYPED = phrases("password, passwd, passphrase")
"""What is demanded of these binds what somebody types: the column holds a digest of it."""


@dataclass(frozen=True, slots=True)
class _Lonely:
    """A demand of one layer alone: what it demands, the layers that do not, and what is known to write past it."""

    column: Column
    demand: str
    rule: FieldRule
    missing: tuple[str, ...]
    past: tuple[QueryFact, ...] = ()


class RuleInOneLayer(Rule):
    """A rule about a value that one layer alone keeps

    ## What it finds
    A length, a range or a value that must be given, which a form, a serializer or a schema demands of a column and
    neither the model nor the database does; with the layers that are missing. A function that looks at the value
    (`validate_content`, `clean_title`) counts where other code writes the column past it. One finding for each table,
    where they are many one for all of them.
    Sets of values that the database does not keep are those of `unconstrained-value-set`.

    ## Why it matters
    A second form, an import, a script or the administrator's console do not pass the one form that checks, and what
    they store breaks the pages that rely on it.

    ## When to leave it
    The demand is one of that form's only: a longer password for administrators, a shorter title on a telephone.

    ## How the fix works
    There is none: which layers shall keep a rule is a decision. A CHECK, a length or NOT NULL keeps it against all.

    ## References
    - https://docs.djangoproject.com/en/stable/ref/validators/
    - https://www.postgresql.org/docs/current/ddl-constraints.html
    """

    code = "CHK011"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each table; where they are many, one for all whose rules nothing is seen to write past."""
        every = [(table, found) for table in survey.tables if (found := list(_lonely(survey, table)))]
        quiet = [(table, found) for table, found in every if not any(one.past for one in found)]
        if len(quiet) > _MANY:
            yield self._together(quiet)
        for table, found in every:
            if len(quiet) <= _MANY or any(one.past for one in found):
                yield self._finding(survey, table, found)

    def _together(self, every: list[tuple[Table, list[_Lonely]]]) -> Finding:
        most = sorted(every, key=lambda each: -len(each[1]))
        number = sum(len(found) for _, found in every)
        first = most[0][1][0]
        told = [f"{table.ref}({', '.join(dict.fromkeys(o.column.name for o in found))})" for table, found in most]
        rest = [f"{len(told) - _SHOWN} more tables"] if len(told) > _SHOWN else []
        missing = listed(dict.fromkeys(layer for _, found in most for one in found for layer in one.missing), "nor")
        return Finding(
            self.name(),
            Ref.database(),
            f"{number} rules about values of {len(every)} tables are kept by one layer, not by {missing}: "
            f"{listed([*told[:_SHOWN], *rest])}; whatever writes past it stores anything.",
            hint="Look which of them must always hold, and let the database keep those.",
            evidence=tuple(
                Evidence(
                    EvidenceKind.CODE, f"{table.ref}: {one.rule.layer} {one.rule.name}: {one.demand}", one.rule.origin
                )
                for table, found in most
                for one in found
            )[:_EVIDENCE],
            origin=first.rule.origin,
        )

    def _finding(self, survey: Survey, table: Table, found: list[_Lonely]) -> Finding:
        columns = tuple(dict.fromkeys(one.column.name for one in found))
        told = [f"{one.column.name} {one.demand} in the {one.rule.layer} alone" for one in found[:_SHOWN]]
        told += [f"{len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
        missing = listed(dict.fromkeys(layer for one in found for layer in one.missing), "nor")
        return Finding(
            self.name(),
            table.ref,
            f"{count(len(found), 'rule')} about values of {table.ref} {'is' if len(found) == 1 else 'are'} kept by one "
            f"layer, not by {missing}: {listed(told)}; whatever writes past it stores anything.",
            hint=f"Let the database keep what must always hold of {listed(columns)}, and the model say it.",
            evidence=(
                *map(_of_rule, found),
                *(as_evidence(query, "written past it") for one in found for query in distinct(one.past)[:_PAST]),
            ),
            origin=survey.origin_of(table.ref.column(columns[0])),
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The columns whose rules above the database stand in it, too."""
        kept = [
            Evidence(EvidenceKind.CODE, f"{table.ref.column(column.name)}: {rule.layer} {rule.name}", rule.origin)
            for table in survey.tables
            for column in table.ordered_columns
            for rule in rules_of(survey.code, table.ref.column(column.name))[:1]
            if any(True for _ in _demands(rule)) and not any(_of_column(survey, table, column))
        ]
        if kept:
            message = f"{count(len(kept), 'column')} whose form or schema demands nothing that only it keeps."
            yield Strength(self.name(), Ref.database(), message, tuple(kept))


def _of_rule(one: _Lonely, of: str = "") -> Evidence:
    return Evidence(EvidenceKind.CODE, f"{of}{one.rule.layer} {one.rule.name}: {one.demand}", one.rule.origin)


def _lonely(survey: Survey, table: Table) -> Iterator[_Lonely]:
    for column in table.ordered_columns:
        yield from _of_column(survey, table, column)


def _of_column(survey: Survey, table: Table, column: Column) -> Iterator[_Lonely]:
    """The demands on a column that neither the model nor the database makes, each once."""
    if column.generated is not None or column.identity is not None or _TYPED.ends(column.name):
        return
    rules = rules_of(survey.code, table.ref.column(column.name))
    seen: set[str] = set()
    for rule in rules:
        for kind, demand in _demands(rule):
            if kind in seen or (kind == "required" and not all(other.required for other in rules)):
                continue
            if kind == "required" and any(column.name in key.columns and _clears(key) for key in table.foreign_keys):
                continue  # given when the row is made, and taken out when what it refers to goes
            seen.add(kind)
            if not (_model_says(column, kind) or _database_keeps(survey, table, column, kind)):
                missing = ("the model", "the database") if column.declared is not None else ("the database",)
                yield _Lonely(column, demand, rule, missing)
    check = bypassed(survey, table, column)
    if check is not None:
        yield _Lonely(column, f"checked by {check.name}", check.rule, ("the model", "the database"), check.writers)


def _clears(key: ForeignKey) -> bool:
    return Action.SET_NULL in {key.on_delete, key.application_on_delete}


def _demands(rule: FieldRule) -> Iterator[tuple[str, str]]:
    """The demands of a rule: the kind, and the words."""
    if rule.max_length is not None:
        yield "length", f"of at most {rule.max_length} characters"
    if rule.minimum is not None or rule.maximum is not None:
        bounds = [f"from {rule.minimum:g}"] if rule.minimum is not None else []
        bounds += [f"up to {rule.maximum:g}"] if rule.maximum is not None else []
        yield "range", " ".join(bounds)
    if rule.required:
        yield "required", "that must be given"


def _model_says(column: Column, kind: str) -> bool:
    declared = column.declared
    if declared is None:
        return False
    return {
        "length": declared.max_length is not None,
        "range": declared.minimum is not None or declared.maximum is not None or bool(declared.choices),
        "required": bool(declared.required) or declared.never_none or default_of(column) is not None,
    }[kind]


def _database_keeps(survey: Survey, table: Table, column: Column, kind: str) -> bool:
    catalog = survey.catalog
    if kind == "required":
        return not column.nullable or column.default is not None
    if kind == "range":
        return is_bounded(catalog, table, column) or catalog.family(column.type) is Family.BOOLEAN
    limited = any(length_limits(check) for check, _ in checks_naming(catalog, table, column))
    text = catalog.family(column.type) is Family.TEXT
    return not text or column.type.length is not None or limited or limits_values(catalog, table, column)
