"""An UPDATE in SQL that goes past the time of the last change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Assignment, Operand, QueryFact, Verb
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import by_function, queries_of, table_of
from dbarchitect.rules._code.reach import is_backstage
from dbarchitect.rules._code.telling import first_few, query_ref, shown_in
from dbarchitect.rules._names import words
from dbarchitect.rules._sql import listed

_KEPT = frozenset(
    {"last", "count", "counter", "counts", "usage", "views", "attempts", "attempt", "retries", "cursor", "offset",
     "lock", "locked", "claimed", "seen", "heartbeat", "progress"}
)  # fmt: skip
"""Words of what a program notes down about its own work: no change that a person would look for."""


_ONCE = re.compile(r"(?:\A|/)(?:\w*migrations?|\w*backfills?|scripts?|seed\w*)/", re.IGNORECASE)
"""Folders of programs that run once."""


class StaleUpdateTime(Rule):
    """An UPDATE in SQL leaves the time of change behind

    ## What it finds
    UPDATE statements written as SQL, on a table whose time of the last change is set by the client library alone
    (Prisma's `@updatedAt`, `auto_now`, `onupdate`), that do not set it. Statements that only count, or note what a
    program has come to, do not count, nor do migrations and scripts; where a trigger sets the time, nothing is said.

    ## Why it matters
    The library writes the time into the statements that it makes itself; SQL goes past it, and the row looks unchanged:
    what is read by that time (a synchronisation, a cache, a list of the latest) does not see the change.

    ## When to leave it
    The change is none that those readers should see.

    ## How the fix works
    Set the column in the statement (`"updatedAt" = now()`), or let a trigger of the database do it for every writer.

    ## References
    - https://www.prisma.io/docs/orm/reference/prisma-schema-reference#updatedat
    - https://www.postgresql.org/docs/current/plpgsql-trigger.html
    """

    code = "QRY019"
    level = Level.INFO
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each function and table."""
        stale = [query for query, table, column in _updates(survey) if not _sets(query, column, table)]
        for queries in by_function(stale):
            first = queries[0]
            table = table_of(first, survey)
            column = _time_of(table) if table is not None else None
            if table is None or column is None:
                continue
            ref = table.ref.column(column.name)
            changed = dict.fromkeys(name for query in queries for a in query.assignments for name in a.column.columns)
            yield Finding(
                self.name(),
                query_ref(first),
                f"{shown_in(survey.code, first.place.function)} changes {listed(changed)} of {table.ref} by SQL and "
                f"leaves {column.name} as it was: only the client library sets it, and SQL goes past that.",
                f"Set {ref} in the statement too, or let a trigger do it.",
                (
                    *first_few(queries),
                    Evidence(EvidenceKind.CATALOG, f"{ref} is set by the client alone", survey.origin_of(ref)),
                ),
                first.origin,
                salient=tuple(changed),
            )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """SQL that remembers it, where all of it does."""
        every = list(_updates(survey))
        if every and all(_sets(query, column, table) for query, table, column in every):
            queries = [query for query, _, _ in every]
            yield Strength(
                self.name(),
                query_ref(queries[0]),
                "What is changed by SQL has its time of change set there too.",
                first_few(queries, 3),
            )


def _updates(survey: Survey) -> Iterator[tuple[QueryFact, Table, Column]]:
    """The updates in SQL of tables with such a column, those that no application runs left out."""
    code = survey.code
    for query in queries_of(survey):
        if code is None or not query.as_text or query.verb is not Verb.UPDATE or "columns" in query.dynamic:
            continue
        table = table_of(query, survey)
        column = _time_of(table) if table is not None else None
        if table is None or column is None or is_backstage(code, query.place.function):
            continue
        if _ONCE.search(query.origin.path or ""):
            continue
        if query.assignments and not all(_is_note(table, assigned) for assigned in query.assignments):
            yield query, table, column


def _time_of(table: Table) -> Column | None:
    """The column that the client sets with every change; None where a trigger may do it."""
    if any(trigger.timing.casefold() == "before" for trigger in table.triggers):
        return None
    return next((c for c in table.ordered_columns if c.declared is not None and c.declared.sets_on_update), None)


def _sets(query: QueryFact, column: Column, table: Table) -> bool:
    wanted = table.ref.column(column.name).key
    return any(assigned.column.key == wanted for assigned in query.assignments)


def _is_note(table: Table, assigned: Assignment) -> bool:
    """True for what a program counts or notes about its work."""
    name = assigned.column.columns[0] if assigned.column.columns else ""
    column = table.column(name)
    if column is not None and column.declared is not None and column.declared.sets_on_update:
        return False
    counted = assigned.operand is Operand.EXPRESSION and column is not None and column.type.family in _NUMBERS
    moment = column is not None and column.type.family is Family.TIMESTAMP
    return counted or moment or any(word in _KEPT for word in words(name))


_NUMBERS = frozenset({Family.INTEGER, Family.DECIMAL, Family.FLOAT})
