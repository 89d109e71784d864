"""Queries that stand in the routes themselves, those of one table in many files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from dbarchitect.catalog.queries import Code, FunctionKind, Idiom, QueryFact
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Level, Precision, Strength
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.queries import queries_of, table_of
from dbarchitect.rules._code.telling import as_evidence
from dbarchitect.rules._code.written import is_of_tests
from dbarchitect.rules._sql import count, listed

_LAYER = re.compile(
    r"repositor(?:y|ies)|(?:^|[/_.:])(?:repos?|dao|daos|crud|stores?|services?|managers?|querysets?|queries|selectors?|"
    r"gateways?|models?|storages?|persistence|domain|data_access|database|db)(?:[/_.:]|$)|(?:Service|Repository|Manager|QuerySet|Store|Storage|Dao|DAO|"
    r"Query|Gateway|Selector|Mapper)\w{0,60}\."
)
_ENDING = re.compile(r"\.(?:py|[cm]?[jt]sx?):")
_NOT_WRITTEN_THERE = frozenset({Idiom.LAZY_RELATION, Idiom.ADMIN, Idiom.FILTER_FIELDS, Idiom.DEFAULT_ORDER,
                                Idiom.TEMPLATE, Idiom.SERIALIZER})  # fmt: skip
_ENOUGH = 20
_MANY_FILES = 6
_TABLES = 2
_SHOWN = 4
_GOOD = 0.8
_LITTLE = 0.35


class ScatteredQueries(Rule):
    """No layer holds the queries

    ## What it finds
    Applications most of whose queries stand in the routes themselves, with several tables that six files or more query,
    each in its own words. One finding for the application.

    ## Why it matters
    What every query of a table must hold (the owner's filter, the soft-delete mark, the order, the limit) has to be
    remembered in each place; a renamed column or a new index means to search the whole program.

    ## When to leave it
    In small applications, and where the framework's managers and querysets carry the conditions that matter.

    ## How the fix works
    There is none in the schema: move the queries of one table into one module (a repository, a manager, a queryset with
    named filters), beginning with the table that most files query, and let routes call those.

    ## References
    - https://docs.djangoproject.com/en/stable/topics/db/managers/
    - https://martinfowler.com/eaaCatalog/repository.html
    """

    code = "QRY017"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.MAINTAINABILITY
    needs = frozenset({Need.CATALOG, Need.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """At most one finding."""
        code = survey.code
        if code is None:
            return
        own = _written(survey)
        outside = [query for query in own if not _is_in_layer(query)]
        direct = [query for query in outside if _is_route(query, code)]
        if len(own) < _ENOUGH or len(own) - len(outside) > _LITTLE * len(own) or len(direct) * 2 < len(own):
            return
        spread: dict[str, list[QueryFact]] = {}
        for query in direct:
            spread.setdefault(str(query.table), []).append(query)
        wide = {table: qs for table, qs in spread.items() if len({q.origin.path for q in qs}) >= _MANY_FILES}
        if len(wide) < _TABLES:
            return
        most = sorted(wide, key=lambda table: (-len({q.origin.path for q in wide[table]}), table))
        told = [f"{t} ({count(len({q.origin.path for q in wide[t]}), 'file')})" for t in most[:_SHOWN]]
        files = len({query.origin.path for query in direct})
        yield Finding(
            self.name(),
            Ref.database(),
            f"{len(direct)} of {count(len(own), 'query', 'queries')} stand in the routes themselves, in "
            f"{count(files, 'file')}; {listed(told)} are queried in the most: what each query of a table must hold has "
            "to be remembered in each place.",
            f"Move the queries of {most[0]} into one module, and let the routes call it; then those of the next table.",
            tuple(as_evidence(wide[table][0], f"one of {len(wide[table])} of {table}") for table in most[:_SHOWN]),
            wide[most[0]][0].origin,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """That a layer holds nearly all queries."""
        own = _written(survey)
        layered = [query for query in own if _is_in_layer(query)]
        if len(own) < _ENOUGH or len(layered) < _GOOD * len(own):
            return
        files: dict[str, int] = {}
        for query in layered:
            files[query.origin.path or ""] = files.get(query.origin.path or "", 0) + 1
        most = sorted(files, key=lambda path: (-files[path], path))[:_SHOWN]
        evidence = tuple(
            Evidence(EvidenceKind.CODE, f"{path}: {count(files[path], 'query', 'queries')}", _first(layered, path))
            for path in most
        )
        message = (
            f"{len(layered)} of {count(len(own), 'query', 'queries')} stand in a layer of their own (repositories, "
            "services, managers or models), not in the routes."
        )
        yield Strength(self.name(), Ref.database(), message, evidence)


def _first(queries: list[QueryFact], path: str) -> Origin:
    return next(query.origin for query in queries if query.origin.path == path)


def _written(survey: Survey) -> list[QueryFact]:
    """The queries that the application's authors wrote, of its own tables."""
    return survey.derive(_all_written)


def _all_written(survey: Survey) -> list[QueryFact]:
    return [
        query
        for query in queries_of(survey)
        if query.idiom not in _NOT_WRITTEN_THERE
        and not is_of_tests(query.origin.path)
        and (table := table_of(query, survey)) is not None
        and table.owned_by is None
    ]


def _is_in_layer(query: QueryFact) -> bool:
    return _names_layer(query.place.function)


@lru_cache(maxsize=65_536)
def _names_layer(function: str) -> bool:
    return _LAYER.search(_ENDING.sub(":", function, count=1)) is not None


def _is_route(query: QueryFact, code: Code) -> bool:
    function = code.function(query.place)
    return function is not None and function.kind is FunctionKind.ROUTE
