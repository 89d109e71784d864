"""Addresses made of titles that meet a unique key unprepared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, Comparison, QueryFact, Verb
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.handlers import catches_conflict, handlers_around
from dbarchitect.rules._code.noticed import around, queries_in, within
from dbarchitect.rules._code.queries import queries_of, table_of
from dbarchitect.rules._code.reach import callers, is_unwatched
from dbarchitect.rules._code.telling import as_evidence, shown_in
from dbarchitect.rules._code.written import is_of_tests
from dbarchitect.rules._usage.requests import asked_by_requests

_ASKED = frozenset({Comparison.EQUAL, Comparison.IN, Comparison.PREFIX, Comparison.PATTERN, Comparison.CONTAINS})


class UnhandledSlugCollision(Rule):
    """A slug made of a title meets a unique key unprepared

    ## What it finds
    A unique column that gets a title made fit for an address (`slugify(title)`,
    `title.toLowerCase().replace(/[^a-z0-9]+/g, "-")`) with nothing put to it, where the function, what it calls and
    what calls it neither ask whether that slug is taken nor catch the violated key.

    ## Why it matters
    Titles repeat: the second "Weekly report" is refused by the database, and whoever wrote it gets an error of the
    server that says nothing of a title. A question before the write does not help alone: of two at once both find it
    free.

    ## When to leave it
    Titles that are unique by themselves, or that a person chooses once for all.

    ## How the fix works
    There is none in the schema, which is right: make the slug unique before it is written, by a number or a few random
    characters, and try the next one when the key is violated.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-UNIQUE-CONSTRAINTS
    - https://www.prisma.io/docs/orm/reference/error-reference#p2002
    """

    code = "ERR004"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.ERROR_HANDLING
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column."""
        code = survey.code
        if code is None:
            return
        found: dict[Ref, list[QueryFact]] = {}
        for query, column in _slugged(survey):
            if not _is_prepared(code, query, column):
                found.setdefault(column, []).append(query)
        for column, queries in found.items():
            first = queries[0]
            by = shown_in(code, first.place.function)
            watched = any(q.place.function in asked_by_requests(survey) for q in queries)
            yield Finding(
                self.name(),
                column,
                f"{by} makes {column} of a title: a second one of the same title is refused "
                "by the unique key, which is neither asked before nor caught.",
                "Put a number or a few random characters to the slug when it is taken, and try again on a violation.",
                (
                    *(as_evidence(query) for query in queries[:4]),
                    Evidence(EvidenceKind.CATALOG, f"{column} is unique", survey.origin_of(column)),
                ),
                first.origin,
                level=None if watched else Level.INFO,
            )


def _slugged(survey: Survey) -> Iterator[tuple[QueryFact, Ref]]:
    """The writes that put a slug into a unique column."""
    code = survey.code
    for query in queries_of(survey):
        if query.verb not in {Verb.INSERT, Verb.UPDATE} or not any(a.slug for a in query.assignments):
            continue
        table = table_of(query, survey)
        if table is None or table.owned_by is not None or code is None:
            continue
        if is_of_tests(query.origin.path) or is_unwatched(code, query.place.function) or query.idiom is not None:
            continue
        for assignment in query.assignments:
            if assignment.slug and _is_unique(table, assignment.column):
                yield query, table.ref.column(assignment.column.columns[0])


def _is_unique(table: Table, column: Ref) -> bool:
    name = column.columns[0]
    return any(path.unique and name in path.column_names and path.predicate is None for path in table.access_paths())


def _is_prepared(code: Code, query: QueryFact, column: Ref) -> bool:
    """Whether somebody asks for the slug, or catches the violation of its key."""
    above = around(code, query.place.function)
    below = frozenset().union(*(within(code, function) for function in above))
    for other in queries_in(code, below):
        if other.verb is Verb.UPSERT and other.table == query.table:
            return True
        if any(p.column == column and p.comparison in _ASKED for p in other.predicates):
            return True
    attempts: list[Origin] = [*query.place.handlers]
    for function in above:
        attempts.extend(at for call in callers(code).get(function, ()) for at in call.caller.handlers)
    return any(catches_conflict(handler) for handler in handlers_around(code, attempts))
