"""Lists that load all of a table that grows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from dbarchitect.catalog.queries import Fetch, FunctionKind, Idiom, QueryFact, Use, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import by_function, distinct, general_lines, queries_of, table_of
from dbarchitect.rules._code.reach import reached_from
from dbarchitect.rules._code.telling import as_evidence, query_ref, shown_in, tables_of
from dbarchitect.rules._names import words
from dbarchitect.rules._schema.growing import Growth, gathers, growth_of, is_published
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules._usage.requests import asked_by_requests
from dbarchitect.rules.queries._forms import limited, streamed, way_of
from dbarchitect.rules.queries._narrowing import Reach, narrowed_by, reach_by, reach_of

_WHOLE_ON_PURPOSE = frozenset(
    ["export", "exports", "csv", "xlsx", "backup", "dump", "download", "sitemap", "feed", "feeds", "reindex", "rebuild",
     "import", "migrate", "sync", "rerun", "reprocess", "recrawl", "recompute", "recalculate", "regenerate", "requeue",
     "backfill", "archive", "restore", "report", "reset", "cleanup", "purge", "xml", "ical", "rss"]
)  # fmt: skip
_PAGED = frozenset({Idiom.PAGINATED, Idiom.ADMIN, Idiom.FILTER_FIELDS, Idiom.DEFAULT_ORDER})
_SUMMARY = frozenset({Use.COUNTED, Use.TESTED, Use.FIRST_ONLY, Use.FILTERED, Use.SUMMED})
_COMPUTED = re.compile(
    r"\bfunc\.|sub(?:(?!sub)\w)*+\.c(?:olumns)?\.|\.subquery\(|\bannotate\(|\b(?:Count|Sum|Max|Min|Avg)\("
)
"""What tells that the rows are made by the database from others."""
_SHOWN = 5
_SEVERAL, _NAMED = 3, 3
"""Functions over one table that are told together, and how many of them are named."""
_LISTED = 20
_WORTH_PRAISE = 3


class UnboundedList(Rule):
    """A list loads every row of a table that grows

    ## What it finds
    A route or a background task that loads all rows of a growing table, with no limit and nothing that narrows them
    down; where few routes are known, whatever nobody else is seen to run. Lists of what one account or one tenant
    has, of a table that gathers with their use, are told as information. Not: the children of one parent, small
    tables that people maintain, a window of time, what waits to be worked off, exports, rows gone through in batches,
    aggregates. Lists of all that was ever published are information. Where three functions or more load one table, it
    is said once, of the table.

    ## Why it matters
    The page is fast on the first day and slower every week; one day it holds hundreds of megabytes for each request
    and the worker dies. Nobody reads a list of ten thousand entries.

    ## When to leave it
    When something that is not seen here keeps the table small.

    ## How the fix works
    There is none in the schema: cut the list into pages, with a fixed order; in tasks, go through it in batches.

    ## References
    - https://docs.djangoproject.com/en/stable/topics/pagination/
    - https://use-the-index-luke.com/sql/partial-results
    """

    code = "QRY003"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.QUERY_PATTERNS
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per function; one per table where several functions load all of it."""
        found = survey.derive(_found)
        levels = {id(query): level for query, level in found}
        told = [
            finding
            for queries in by_function(query for query, _ in found)
            for finding in _finding(self.name(), [(query, levels[id(query)]) for query in queries], survey)
        ]
        for group in _by_table(told):
            yield group[0] if len(group) == 1 else _of_table(group, survey)

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """That the lists which requests ask for have an end; where others have none, how many of all do."""
        code = survey.code
        if code is None:
            return
        endless = {query.place.function for query, _ in survey.derive(_found)}
        requested = asked_by_requests(survey)
        paged = [
            query
            for query in queries_of(survey)
            if query.verb is Verb.SELECT
            and query.place.function in requested
            and (query.idiom is Idiom.PAGINATED or (query.limit is not None and query.limit.value != 1))
            and growth_of(table_of(query, survey), survey) is not Growth.HARDLY
        ]
        functions = {query.place.function for query in paged}
        every = len(functions) + len(endless - functions)
        if len(functions) >= _WORTH_PRAISE and len(functions) * 2 >= every:
            text = f"No request loads all of a growing table: {count(len(functions), 'list')} have a limit"
            if endless:
                text = f"{len(functions)} of {count(every, 'function')} with lists of growing tables give them a limit"
            first = {query.place.function: query for query in reversed(paged)}
            each = [query for query in paged if first[query.place.function] is query]
            evidence = tuple(as_evidence(query, str(query.table)) for query in each[:_LISTED])
            yield Strength(self.name(), Ref.database(), text, evidence)


def _by_table(findings: Iterable[Finding]) -> Iterator[tuple[Finding, ...]]:
    """The findings of one level about one table together, where there are several: somebody took it for a short one,
    and the rest followed."""
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.object.table_key, finding.level), []).append(finding)
    for group in groups.values():
        if len(group) >= _SEVERAL:
            yield tuple(group)
        else:
            yield from ((finding,) for finding in group)


def _of_table(group: tuple[Finding, ...], survey: Survey) -> Finding:
    """One finding for all the functions that load a table without a limit."""
    names = [shown_in(survey.code, finding.object.name or "") for finding in group]
    shown = listed([*names[:_NAMED], *([f"{len(names) - _NAMED} more"] if len(names) > _NAMED else [])])
    first, table = group[0], group[0].object.table_ref
    lines = [finding.evidence[0] for finding in group]
    kind = [e for e in first.evidence if e.kind is not EvidenceKind.CODE]
    return replace(
        first,
        object=table,
        message=f"{len(group)} functions load the rows of {table} with no limit ({shown}): their time and memory grow "
        "with the table.",
        evidence=(*lines[:_LISTED], *kind),
    )


def _found(survey: Survey) -> tuple[tuple[QueryFact, Level], ...]:
    return tuple(_unbounded(survey))


def _unbounded(survey: Survey) -> Iterator[tuple[QueryFact, Level]]:
    code = survey.code
    if code is None:
        return
    for query in queries_of(survey):
        if not _is_list(query) or _is_meant(query):
            continue
        asked = query.place.function in asked_by_requests(survey)
        if not asked and query.place.function not in reached_from(code, FunctionKind.TASK):
            continue
        growth = growth_of(table_of(query, survey), survey)
        reach = reach_of(query, survey)
        if growth is not Growth.STEADILY:
            published = growth is Growth.SLOWLY and is_published(table_of(query, survey))
            if published and reach is Reach.WHOLE and asked:
                yield query, Level.INFO
            continue
        if reach is Reach.WHOLE:
            # of a general repository's line it is not known which tables requests ask it for
            general = (query.origin.path, query.origin.start) in general_lines(code) and not query.borrowed
            yield query, Level.INFO if general or not asked else Level.WARNING
        elif reach is Reach.SHARE and asked and query.columns is None and gathers(table_of(query, survey), survey):
            yield query, Level.INFO


def _is_list(query: QueryFact) -> bool:
    """Whether a query loads rows, all at once, however many there are."""
    if query.verb is not Verb.SELECT or query.fetch is not Fetch.ALL or query.limit is not None or query.locks:
        return False
    summary = query.aggregates or query.grouping or query.distinct or query.uses & _SUMMARY
    known = not {"limit", "text", "table", "where"} & set(query.dynamic)
    paged = query.idiom in _PAGED or query.idiom is Idiom.LAZY_RELATION or query.idiom is Idiom.BULK
    in_loop = any(loop.kind == "while" or loop.batched for loop in query.place.loops)
    return known and not (summary or paged or in_loop) and _COMPUTED.search(query.text) is None


def _is_meant(query: QueryFact) -> bool:
    """Whether the function says that it wants all of them: an export, a sitemap."""
    return _says_whole(query.place.function)


@lru_cache(maxsize=16_384)
def _says_whole(function: str) -> bool:
    path, _, name = function.partition(":")
    said = {
        *words(name),
        *_joined(words(name)),
        *words(re.split(r"[/.]", path)[-2] if "/" in path or "." in path else path),
    }
    return bool(said & _WHOLE_ON_PURPOSE)


def _joined(said: tuple[str, ...]) -> Iterator[str]:
    """`rerun` of `reRunAll`."""
    return ("re" + after for before, after in pairwise(said) if before == "re")


def _finding(rule: str, each: list[tuple[QueryFact, Level]], survey: Survey) -> Iterator[Finding]:
    first, level = min(each, key=lambda pair: pair[1] is Level.INFO)
    table = table_of(first, survey)
    if table is None:
        return
    rows = survey.facts_of(table).rows
    size = f", {count(rows, 'row')} by the planner's estimate," if rows else ""
    code = survey.code
    name = shown_in(code, first.place.function)
    if reach_of(first, survey) is Reach.SHARE:
        columns = listed(
            dict.fromkeys(p.column.columns[0] for p in first.predicates if reach_by(p, survey) is Reach.SHARE)
        )
        message = f"{name} loads all rows of {table.ref}{size} of one {columns} with no limit, more with every use."
    else:
        tables = tables_of(query for query, _ in each)
        left = listed(narrowed_by(first, table))
        which = (
            f"all rows of {tables}{size} that a condition on {left} leaves," if left else f"every row of {tables}{size}"
        )
        message = f"{name} loads {which} with no limit: its time and memory grow with the table."
    hint = f"Cut the list into pages: {limited(way_of(first))}."
    if first.place.function not in asked_by_requests(survey):
        hint = f"Go through the rows in batches: {streamed(way_of(first))}."
    evidence = tuple(as_evidence(query) for query in distinct(q for q, _ in each)[:_SHOWN])
    steadily = growth_of(table, survey) is Growth.STEADILY
    gains = "the application's use" if steadily else "everything that is published"
    kind = Evidence(EvidenceKind.CATALOG, f"{table.ref} gains rows with {gains}", table.origin)
    yield Finding(rule, query_ref(first), message, hint, (*evidence, kind), first.origin, (), level)
