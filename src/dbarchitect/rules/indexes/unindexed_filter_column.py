"""The rule `unindexed-filter-column`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.expressions import Expression
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, Comparison, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need as Input
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import general_lines
from dbarchitect.rules._code.reach import is_backstage, is_by_hand
from dbarchitect.rules._fixes.members import replacing
from dbarchitect.rules._keys.claims import is_told_as_key
from dbarchitect.rules._names import words
from dbarchitect.rules._schema.paths import is_indexed
from dbarchitect.rules._schema.shape import is_event
from dbarchitect.rules._sql import count, quoted
from dbarchitect.rules._usage.columns import SELECTIVE, worth_of
from dbarchitect.rules._usage.needs import WARNS, Need, Reason, is_reference, needs_of, weight_of
from dbarchitect.rules._usage.parts import part_of, state_of
from dbarchitect.rules._usage.runners import Runner
from dbarchitect.rules._usage.shapes import Service
from dbarchitect.rules._usage.words import askers, evidence_of, index_over, whole

_SET_UP = frozenset(
    {"init", "initial", "initialize", "initialise", "initialization", "initialisation", "startup", "setup"}
)
"""Words of what runs when the program is set up."""
_TYPED = frozenset({Runner.COMMAND, Runner.SCRIPT, Runner.MIGRATION})
"""Who asks now and then for what somebody typed, and may wait; what goes by time, a scheduler runs."""
SMALL = 1_000
"""Rows up to which reading the whole table costs as little as an index does."""


class UnindexedFilterColumn(Rule):
    """A column that queries search by, with no index behind it

    ## What it finds
    A column by which the application's queries look for rows (`WHERE token = ?`, `WHERE expires_at < ?`, the newest
    twenty by `created_at`) while no index begins with it or with another column that the same query compares.
    Foreign keys are told by `unindexed-foreign-key`; columns that the code takes for a key, and writes by, by
    `assumed-unique` or `missing-natural-key`: their unique index serves the search as well.

    ## Why it matters
    Every such query reads the whole table, so that it becomes slower with every row that is added: what takes a
    millisecond in development takes seconds in production, and a busy table is read from disk again and again.

    ## When to leave it
    The table stays small, or the query runs once a month. Columns of few values (a state, a flag) are worth an index
    only where the value asked for is rare: one request that filters by them is reported for information.

    ## How the fix works
    It adds an index on the column, which costs each insert a little. Where all the queries that sort or cut by a time
    ask for the rows of one flag or state only (`is_public = true`), it holds those rows alone; where each asks for one
    state or another, the state goes before the time. Where they ask for one value of a state or a flag and nothing
    else there is no fix: how rare that value is only the data tell.

    ## References
    - https://www.postgresql.org/docs/current/indexes-intro.html
    - https://www.sqlite.org/queryplanner.html
    """

    code = "IDX010"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.PERFORMANCE
    needs = frozenset({Input.CATALOG, Input.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column."""
        for table in survey.tables:
            needs = needs_of(survey).get(table.ref.key)
            for need in needs.singles if needs is not None else ():
                name = need.columns[0]
                if is_reference(table, name) or _is_of_nobody(survey, need):
                    continue
                if not is_told_as_key(survey, table, name):
                    yield self._finding(survey, need)

    def _finding(self, survey: Survey, need: Need) -> Finding:
        table, ref = need.table, need.table.ref.column(need.columns[0])
        part = part_of(survey, need)
        state = state_of(survey, need) if part is None else None
        need = part[0] if part is not None else state[0] if state is not None else need
        rows = survey.facts_of(table).rows
        small = rows is not None and 0 <= rows <= SMALL
        weak = small or need.score < WARNS or not need.by_worth(survey.catalog)
        weak = weak or all(_is_led_as_a_rule(table, reason) for reason in need.reasons) or _is_set_up(survey, table)
        telling = [r for r in need.reasons if _compares(r, need.columns[0])] or _taking_the_first(need.reasons)
        weak = weak or all(r.lookup.runner in _TYPED and not (r.lookup.ranges or r.lookup.sort) for r in telling)
        functions = {reason.lookup.query.place.function for reason in telling}
        deed = _deed(need, several=len(functions) > 1)
        return Finding(
            self.name(),
            ref,
            f"No index leads with {ref if state is None else f'{table.ref}({_pair(need, state[1])})'}, by which "
            f"{askers(survey, telling)} {deed}: each such query reads {whole(survey, table)}.",
            hint=_advice(survey, need, part[1] if part is not None else None, state[1] if state is not None else None),
            evidence=evidence_of(survey, replace(need, reasons=tuple(dict.fromkeys((*telling, *need.reasons))))),
            origin=survey.origin_of(ref),
            level=Level.INFO if weak else None,
            precision=Precision.MEDIUM if weak else None,
            weight=weight_of(need.score),
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """One line where most searches of requests and tasks are led by an index."""
        served: list[str] = []
        every = 0
        for needs in needs_of(survey).values():
            for reason in needs.reasons:
                if reason.lookup.runner in {Runner.REQUEST, Runner.TASK, Runner.UNKNOWN} and reason.wish.alone >= 0.5:
                    every += 1
                    if reason.served is not Service.NONE:
                        served.append(f"{reason.lookup.query.table} by {reason.wish.lead}")
        if served and len(served) * 10 >= every * 9:
            share = "All" if len(served) == every else f"{len(served)} of"
            shapes = count(every, "search", "searches")
            evidence = tuple(Evidence(EvidenceKind.CODE, f"{text}: led by an index") for text in dict.fromkeys(served))
            yield Strength(
                self.name(), Ref.database(), f"{share} {shapes} that the code makes are led by an index.", evidence
            )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """An index on the column, of the rows alone that all the queries ask for; none for one value of a few."""
        table = survey.catalog.table(finding.object)
        needs = needs_of(survey).get(table.ref.key) if table is not None else None
        name = finding.object.columns[0]
        need = next((n for n in needs.singles if n.columns[0] == name), None) if needs is not None else None
        if table is None or need is None or _is_of_one_value(survey, need):
            return None
        part = part_of(survey, need)
        state = state_of(survey, need) if part is None else None
        keys = ((name, False),) if state is None else ((state[1], False), (name, False))
        index = index_over(survey.catalog, table, keys, part[1] if part is not None else None)
        return Fix(replacing(table, index))


def _is_of_nobody(survey: Survey, need: Need) -> bool:
    """Whether only a general repository could ask it, of every table alike: nobody is seen to ask it of this one."""
    lines = general_lines(survey.code) if survey.code is not None else frozenset[tuple[str | None, int | None]]()
    queries = (reason.lookup.query for reason in need.reasons)
    return all((query.origin.path, query.origin.start) in lines and not query.borrowed for query in queries)


def _is_set_up(survey: Survey, table: Table) -> bool:
    """Whether rows are made only where the program is set up, or at a command line: the list stays short."""
    code = survey.code
    made = [q for q in code.about(table.ref) if q.verb in {Verb.INSERT, Verb.UPSERT}] if code is not None else []
    return bool(made) and not is_event(table) and all(_sets_up(code, query.place.function) for query in made)


def _sets_up(code: Code | None, function: str) -> bool:
    path, _, name = function.partition(":")
    module = path.rpartition("/")[2].rpartition(".")[0]
    said = {*(words(module) if module != "__init__" else ()), *words(name)}
    return bool(_SET_UP & said) or is_by_hand(function) or (code is not None and is_backstage(code, function))


def _is_of_one_value(survey: Survey, need: Need) -> bool:
    """Whether it is a column of few values, of which the code names the one that it asks for."""
    name = need.columns[0]
    column = need.table.column(name)
    if column is None or worth_of(survey.catalog, need.table, column) in SELECTIVE:
        return False
    return all(any(known == name for known, _ in reason.lookup.constants) for reason in need.reasons)


def _pair(need: Need, state: str) -> str:
    """The columns of the index that begins with a state."""
    return f"{quoted(state)}, {quoted(need.columns[0])}"


def _advice(survey: Survey, need: Need, condition: Expression | None, state: str | None) -> str:
    name = need.columns[0]
    if _is_of_one_value(survey, need):
        return f"Count the rows with the value asked for: where they are few, index those alone (WHERE {name} = …)."
    rows = f" of the rows where {condition}" if condition is not None else ""
    return f"Add an index on {need.table.ref}({name if state is None else _pair(need, state)}){rows}."


def _is_led_as_a_rule(table: Table, reason: Reason) -> bool:
    """Whether a query compares the column on some ways only, as it does a reference that an index finds (`if user:
    query = query.filter(owner=user)`): a list that is asked with everything left out is the rare one."""
    if reason.lookup.sure >= 1:
        return False
    equal = (p.column for p in reason.lookup.query.predicates if p.comparison is Comparison.EQUAL and not p.alternative)
    names = {ref.columns[0] for ref in equal if ref.columns and ref.table_ref.key == table.ref.key}
    return any(is_reference(table, name) and is_indexed(table, (name,)) for name in names)


def _compares(reason: Reason, name: str) -> bool:
    """Whether a query finds rows by the column, and does not only put those that it finds into its order."""
    return name in (*reason.lookup.equal, *reason.lookup.ranges)


def _taking_the_first(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Of queries that sort those that take the first rows; all where none does."""
    return tuple(reason for reason in reasons if reason.lookup.limited) or reasons


def _deed(need: Need, *, several: bool) -> str:
    """What the queries do with the column: find rows by it, or sort by it and take the first."""
    name = need.columns[0]
    lookups = [reason.lookup for reason in need.reasons]
    if any(_compares(reason, name) for reason in need.reasons):
        return "find rows" if several else "finds rows"
    first = any(lookup.limited for lookup in lookups)
    return ("sort" if several else "sorts") + ((" and take" if several else " and takes") + " the first rows") * first
