"""The rule `contradictory-states`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.change.operations import Add
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._fixes.members import new_check
from dbarchitect.rules._sql import listed, literal, quoted
from dbarchitect.rules.constraints._states import StatedMoment, notice_times, stated_moments


class ContradictoryStates(Rule):
    """A state and its moment that can contradict each other

    ## What it finds
    A state and the time at which it was reached (`status` and `published_at`, `is_deleted` and `deleted_at`) in one
    row with no CHECK that ties them, with the amount that the same deed leaves (`exit_price` beside `exit_time`); and
    notices whose time of sending may lie before that of their making. Periods are the business of
    `unconstrained-range`.

    ## Why it matters
    One query asks for the state and another for the time. A trade that is closed and has no time of closing is in the
    list of closed trades and in no month's report; nobody can tell afterwards which of the two is true.

    ## When to leave it
    The state can be reached without anybody knowing when, as in rows that were imported.

    ## How the fix works
    Where the state's values are known, a CHECK demands the time with the state. The time without the state stays
    allowed, since what was published once may be a draft again; only for marks of deletion both are demanded. It fails
    while rows contradict it: look for them first. Where the values are not known there is no fix.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-CHECK-CONSTRAINTS
    - https://docs.djangoproject.com/en/stable/ref/models/constraints/#checkconstraint
    - https://www.sqlite.org/lang_createtable.html#check_constraints
    """

    code = "CHK007"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each state with its moments, and one for notices."""
        for table in survey.tables:
            for pairs in _by_state(survey, table):
                yield self._finding(survey, table, pairs)
            times = notice_times(table)
            if times is not None:
                ref = table.ref.over((times[0].name, times[1].name))
                origin = survey.origin_of(table.ref.column(times[1].name))
                text = f"no CHECK names {times[0].name} and {times[1].name}"
                yield Finding(
                    self.name(),
                    ref,
                    f"Nothing keeps {table.ref.column(times[1].name)} from lying before {times[0].name}: sent before "
                    "it was written.",
                    f"Add CHECK ({quoted(times[1].name)} >= {quoted(times[0].name)}) to {table.ref}.",
                    (Evidence(EvidenceKind.CATALOG, text, origin),),
                    origin,
                    precision=Precision.LOW,
                )

    def _finding(self, survey: Survey, table: Table, pairs: tuple[StatedMoment, ...]) -> Finding:
        state = pairs[0].state
        moments = tuple(name for pair in pairs for name in _named(pair))
        known = tuple(pair for pair in pairs if pair.flag or pair.value is not None)
        ref = table.ref.over((state.name, *moments))
        if pairs[0].flag:
            message = f"{table.ref.column(state.name)} can be true with {listed(moments)} empty"
        elif known:
            lacking = [f"{pair.value!r} with {listed(_named(pair))} empty" for pair in known]
            message = f"A row of {table.ref} can be {listed(lacking, 'or')}"
        else:
            message = f"Nothing ties {table.ref.column(state.name)} to {listed(moments)}"
        doubt = "" if known else ": the values of the state stand in the code alone"
        return Finding(
            self.name(),
            ref,
            f"{message}: a query by the state and one by the time then find different rows.",
            hint=f"Add a CHECK that demands {listed(moments)} with the state it belongs to.",
            evidence=(
                Evidence(
                    EvidenceKind.CATALOG,
                    f"no CHECK names {state.name} and {listed(moments, 'or')}{doubt}",
                    survey.origin_of(table.ref.column(state.name)),
                ),
            ),
            origin=survey.origin_of(table.ref.column(state.name)),
            precision=None if known else Precision.LOW,
        )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """A CHECK for each moment whose state is known."""
        table = survey.catalog.table(finding.object)
        if table is None:
            return None
        columns = finding.object.columns
        times = notice_times(table)
        if times is not None and columns == (times[0].name, times[1].name):
            text = f"{quoted(columns[1])} >= {quoted(columns[0])}"
            return _checked(survey, table, columns, text)
        for pairs in _by_state(survey, table):
            if (pairs[0].state.name, *(name for pair in pairs for name in _named(pair))) == columns:
                texts = [_text(survey, pair) for pair in pairs if pair.flag or pair.value is not None]
                if texts and len(texts) == len(pairs):
                    joined = texts[0] if len(texts) == 1 else " and ".join(f"({text})" for text in texts)
                    return _checked(survey, table, columns, joined)
        return None


def _checked(survey: Survey, table: Table, columns: tuple[str, ...], text: str) -> Fix:
    check = new_check(survey.catalog, table, columns, text)
    return Fix((Add(table.ref, check),), Applicability.UNSAFE, f"Look for rows where not ({text}) first.")


def _text(survey: Survey, pair: StatedMoment) -> str:
    state, moment = quoted(pair.state.name), quoted(pair.moment.name)
    there = " and ".join(f"{quoted(name)} is not null" for name in _named(pair))
    if pair.both_ways:
        return f"{state} = ({moment} is not null)"
    if pair.flag:
        return f"not {state} or {_grouped(there, pair)}"
    family = survey.catalog.family(pair.state.type)
    constant = literal(pair.value or "", Family.TEXT if family is Family.ENUM else family)
    return f"{state} <> {constant} or {_grouped(there, pair)}"


def _named(pair: StatedMoment) -> tuple[str, ...]:
    """The columns that the state demands: its moment, and the numbers of the same deed."""
    return pair.moment.name, *(() if pair.both_ways else (column.name for column in pair.along))


def _grouped(there: str, pair: StatedMoment) -> str:
    return f"({there})" if len(_named(pair)) > 1 else there


def _by_state(survey: Survey, table: Table) -> Iterator[tuple[StatedMoment, ...]]:
    """The pairs of each state: all of its moments together."""
    found: dict[str, list[StatedMoment]] = {}
    for pair in stated_moments(survey.catalog, table):
        found.setdefault(pair.state.name, []).append(pair)
    yield from map(tuple, found.values())
