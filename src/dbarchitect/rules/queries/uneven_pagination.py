"""Lists of one application that end in different ways, or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from dbarchitect.catalog.queries import Comparison, Fetch, FunctionKind, Idiom, QueryFact, Use, Verb
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, Finding, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import queries_of, table_of
from dbarchitect.rules._code.telling import as_evidence, shown_in
from dbarchitect.rules._schema.growing import Growth, gathers, growth_of
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules.queries._narrowing import Reach, reach_of
from dbarchitect.rules.queries._pages import goes_on

_LISTS = frozenset({Fetch.ALL, Fetch.ITERATED})
_PASSED_OVER = frozenset({Idiom.LAZY_RELATION, Idiom.ADMIN, Idiom.FILTER_FIELDS, Idiom.DEFAULT_ORDER, Idiom.TEMPLATE,
                          Idiom.SERIALIZER})  # fmt: skip
_SUMMARY = frozenset({Use.COUNTED, Use.TESTED, Use.FIRST_ONLY, Use.FILTERED, Use.SUMMED})
_TURNS = 5
"""A limit below it picks the latest few for a corner of a page: no list that is paged."""


class _End(StrEnum):
    PAGES = "by pages"
    CURSOR = "after the last row shown"
    CAP = "at a fixed number of rows"
    NONE = "nowhere"


_PAGED = frozenset({_End.PAGES, _End.CURSOR})
_ODD = 12
"""Lists of one end that are shown where it is not the usual one."""


class UnevenPagination(Rule):
    """Lists of one application end differently

    ## What it finds
    Routes that list growing tables, or what gathers for one account, of which at least two come in pages and at least
    two others stop at a fixed number or have no end. One finding for the application, with the lists by the way they
    end.

    ## Why it matters
    Whoever uses the lists must know for each how it ends. A fixed number hides the rest without saying so, and a list
    without an end is the one that fails first.

    ## When to leave it
    When the lists are of different natures: the ten latest on a front page, an export.

    ## How the fix works
    There is none in the schema: one way for all, in one function or class that every list goes through.

    ## References
    - https://www.django-rest-framework.org/api-guide/pagination/
    - https://use-the-index-luke.com/no-offset
    """

    code = "QRY018"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.MAINTAINABILITY
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding."""
        ends: dict[_End, dict[str, QueryFact]] = {}
        for query in queries_of(survey):
            end = _end(query, survey)
            if end is not None:
                ends.setdefault(end, {}).setdefault(query.place.function, query)
        paged = {*ends.get(_End.PAGES, {}), *ends.get(_End.CURSOR, {})}
        for end in (_End.CAP, _End.NONE):  # a route that pages its list may show other rows beside it
            ends[end] = {key: query for key, query in ends.get(end, {}).items() if key not in paged}
        others = len(ends[_End.CAP]) + len(ends[_End.NONE])
        if len(paged) < 2 or others < 2:
            return
        told = [f"{len(ends[end])} {end.value}" for end in _End if ends.get(end)]
        odd = [*ends[_End.NONE].values(), *ends[_End.CAP].values()]
        shown = {end: list(ends.get(end, {}).values())[: 2 if end in _PAGED else _ODD] for end in _End}
        evidence = [_shown(query, end) for end, queries in shown.items() for query in queries]
        yield Finding(
            self.name(),
            Ref.database(),
            f"Of {count(sum(map(len, ends.values())), 'list')} that requests get of growing tables, {listed(told)} "
            f"end: {shown_in(survey.code, odd[0].place.function)} does not end like the others.",
            "Let all lists end in one way, by one function or class that each of them goes through.",
            tuple(evidence),
            odd[0].origin,
        )


def _shown(query: QueryFact, end: _End) -> Evidence:
    return as_evidence(query, f"{query.table} ends {end.value}")


def _is_long(query: QueryFact, survey: Survey) -> bool:
    """Whether a list is one of all rows, or of what gathers for one account or tenant."""
    reach = reach_of(query, survey)
    return reach is Reach.WHOLE or (reach is Reach.SHARE and gathers(table_of(query, survey), survey))


def _end(query: QueryFact, survey: Survey) -> _End | None:
    """How a list ends, None for what is no list of a route or is not seen whole."""
    function = survey.code.function(query.place) if survey.code is not None else None
    if function is None or function.kind is not FunctionKind.ROUTE or query.verb is not Verb.SELECT:
        return None
    if query.idiom in _PASSED_OVER or query.aggregates or query.place.loops or query.dynamic:
        return None
    growth = growth_of(table_of(query, survey), survey)
    if growth is not Growth.HARDLY and goes_on(query, survey):
        return _End.CURSOR
    if growth is not Growth.STEADILY:
        return None
    if query.idiom is Idiom.PAGINATED or (query.offset is not None and query.offset.value is None):
        return _End.PAGES
    if query.fetch not in _LISTS or query.uses & _SUMMARY or not _is_long(query, survey):
        return None
    if query.limit is None:
        return _End.NONE
    if query.limit.value is None:
        after = any(p.comparison is Comparison.RANGE for p in query.predicates)
        return _End.CURSOR if after else None
    return _End.CAP if query.limit.value > _TURNS else None
