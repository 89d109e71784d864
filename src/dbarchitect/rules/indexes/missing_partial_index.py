"""The rule `missing-partial-index`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import Column, Index
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.queries import Verb
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.catalog.types import Family
from dbarchitect.change.operations import Add
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.telling import first_few, shown_in
from dbarchitect.rules._fixes.members import new_index
from dbarchitect.rules._names import phrases
from dbarchitect.rules._schema.shape import is_creation_time
from dbarchitect.rules._sql import literal, quoted
from dbarchitect.rules._usage.columns import TINY, growth_of
from dbarchitect.rules._usage.lookups import Lookup
from dbarchitect.rules._usage.needs import narrowed, needs_of
from dbarchitect.rules._usage.runners import Runner
from dbarchitect.rules._usage.shapes import Service
from dbarchitect.rules._usage.words import whole

_WAITING = phrases(
    "pending, queued, waiting, scheduled, todo, unprocessed, processing, running, in progress, retry, retrying, "
    "unsent, unread, unconfirmed, unverified, outstanding, due, requested, dirty, stale, locked, claimed"
)
"""Values that a row has for a while: those who have it are few, however long the table."""
_DONE = phrases(
    "processed, sent, notified, delivered, synced, synchronized, indexed, handled, completed, done, finished, "
    "exported, imported, published, settled, paid, acknowledged, dispatched, is processed, is sent, is synced"
)
"""Flags that are set in the end: those who are not set are few."""
_POLLS = frozenset({Runner.TASK, Runner.COMMAND})


class MissingPartialIndex(Rule):
    """A worker looks for the few rows that wait

    ## What it finds
    A background task or a command that asks a growing table for the rows in a passing state (`status = 'pending'`,
    `sent = false`), with no index that leads to them, and nothing else in the query that would.

    ## Why it matters
    The table keeps all rows that were ever done, and the worker reads all of them each time, to find the few that wait
    or none at all. A partial index holds just those: it is tiny, and rows leave it when they are done.

    ## When to leave it
    Rows are deleted when they are done, so that the table stays as short as the queue.

    ## How the fix works
    It adds an index of the rows in that state only, by the time of their making (their key where there is none). The
    server uses it where the query compares the state with this very constant.

    ## References
    - https://www.postgresql.org/docs/current/indexes-partial.html
    - https://www.sqlite.org/partialindex.html
    """

    code = "IDX012"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.PERFORMANCE
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column and value."""
        if survey.code is None or not survey.engine.capabilities.partial_indexes:
            return
        for table in survey.tables:
            found: dict[tuple[str, str], list[Lookup]] = defaultdict(list)
            for lookup, name, value in _polled(survey, table):
                found[name, value].append(lookup)
            for (name, value), each in found.items():
                yield self._finding(survey, table, name, value, each)

    def _finding(self, survey: Survey, table: Table, name: str, value: str, lookups: list[Lookup]) -> Finding:
        ref = table.ref.column(name)
        queries = dict.fromkeys(lookup.query for lookup in lookups)
        condition = _condition(survey.catalog, table, name, value)
        asker = shown_in(survey.code, lookups[0].query.place.function)
        return Finding(
            self.name(),
            ref,
            f"{asker} looks for the rows of {table.ref} with {condition} and no index leads to them: each run reads "
            f"{whole(survey, table)}, most of which is done.",
            hint=f"Add an index on {table.ref}({_key(table)}) of the rows where {condition}.",
            evidence=(
                Evidence(EvidenceKind.CATALOG, f"no index leads with {ref}", survey.origin_of(ref)),
                *first_few(queries),
            ),
            origin=survey.origin_of(ref),
            salient=(value,),
        )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """The index of the rows in that state."""
        table = survey.catalog.table(finding.object)
        if table is None:
            return None
        index = _index(survey.catalog, table, finding.object.columns[0], finding.salient[0])
        return Fix((Add(table.ref, index),)) if index is not None else None


def _polled(survey: Survey, table: Table) -> Iterator[tuple[Lookup, str, str]]:
    """The lookups of workers by a passing state alone, with the column and its value."""
    code = survey.code
    if code is None or growth_of(code, table) <= TINY or not _key(table):
        return
    times = {need.columns[0] for need in needs_of(survey)[table.ref.key].singles if need.by_worth(survey.catalog)}
    for reason in needs_of(survey)[table.ref.key].reasons:
        lookup = reason.lookup
        if reason.served is not Service.NONE or lookup.sure < 1 or reason.wish.lead in times:
            continue
        if lookup.query.verb is Verb.UPSERT or not (lookup.runner in _POLLS or lookup.in_loop):
            continue
        if lookup.query.table is None or lookup.query.table.key != table.ref.key:
            continue  # another table's rows are asked for, and these are found from them by their key
        if narrowed(survey.catalog, table, lookup):
            continue
        for name, values in lookup.constants:
            column = table.column(name)
            if column is not None and len(values) == 1 and _is_passing(survey.catalog, column, values[0]):
                yield lookup, name, values[0]


def _is_passing(catalog: Catalog, column: Column, value: str) -> bool:
    if catalog.family(column.type) is Family.BOOLEAN:
        return (value == "false" and _DONE.ends(column.name)) or (value == "true" and _WAITING.ends(column.name))
    return _WAITING.whole(value)


def _key(table: Table) -> str:
    """The column that the waiting rows are ordered by: the time of their making, else the primary key."""
    made = next((column.name for column in table.ordered_columns if is_creation_time(column)), None)
    key = table.primary_key.columns[0] if table.primary_key else ""
    return made or key


def _condition(catalog: Catalog, table: Table, name: str, value: str) -> str:
    column = table.column(name)
    family = catalog.family(column.type) if column is not None else Family.TEXT
    if family is Family.BOOLEAN:
        return quoted(name) if value == "true" else f"not {quoted(name)}"
    return f"{quoted(name)} = {literal(value, family)}"


def _index(catalog: Catalog, table: Table, name: str, value: str) -> Index | None:
    predicate = expression(_condition(catalog, table, name, value))
    return new_index(catalog, table, (_key(table),), predicate=predicate) if _key(table) else None
