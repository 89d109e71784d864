"""The rule `missing-covering-index`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbarchitect.catalog.members import Index
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Need, Survey
from dbarchitect.catalog.types import Family
from dbarchitect.change.operations import Add, Drop
from dbarchitect.finding import Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.telling import first_few
from dbarchitect.rules._fixes.members import names_in_use
from dbarchitect.rules._names import derived_name
from dbarchitect.rules._sql import listed
from dbarchitect.rules._usage.columns import GROWING, growth_of
from dbarchitect.rules._usage.needs import Reason, needs_of
from dbarchitect.rules._usage.runners import Runner
from dbarchitect.rules._usage.words import askers

_NARROW = {
    Family.INTEGER,
    Family.DECIMAL,
    Family.FLOAT,
    Family.MONEY,
    Family.BOOLEAN,
    Family.DATE,
    Family.TIMESTAMP,
    Family.UUID,
}
_SUMS = frozenset({"sum", "avg", "min", "max"})
_MOST = 2
_PLACES = 2


class MissingCoveringIndex(Rule):
    """Sums over one owner's rows that visit the table for each row

    ## What it finds
    Aggregates (`sum(amount)`) that several requests, or a loop, compute over the rows of one owner in a table that
    grows, where an index finds the rows and a narrow column or two are all that is missing from it.

    ## Why it matters
    The index tells where the rows are, and the server then fetches each from another page of the table for the sake of
    a number. Were the number in the index, too, it would read a few neighbouring pages and nothing else.

    ## When to leave it
    The column is changed often (each change then writes the index), or one owner has few rows.

    ## How the fix works
    It replaces the index by one that includes the columns (`INCLUDE`). They take room in the leaves only.

    ## References
    - https://www.postgresql.org/docs/current/indexes-index-only-scans.html
    """

    code = "IDX013"
    level = Level.INFO
    precision = Precision.LOW
    category = Category.PERFORMANCE
    needs = frozenset({Need.CATALOG, Need.CODE})
    engines = ("postgresql",)

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each index."""
        for table in survey.tables:
            found: dict[Index, list[tuple[Reason, tuple[str, ...]]]] = defaultdict(list)
            for reason, index, columns in _narrow_reads(survey, table):
                found[index].append((reason, columns))
            for index, each in found.items():
                functions = {reason.lookup.query.place.function for reason, _ in each}
                wanted = tuple(dict.fromkeys(name for _, columns in each for name in columns))
                hot = len(functions) >= _PLACES or any(reason.lookup.in_loop for reason, _ in each)
                if hot and len(wanted) <= _MOST:
                    yield self._finding(survey, table, index, wanted, [reason for reason, _ in each])

    def _finding(
        self, survey: Survey, table: Table, index: Index, wanted: tuple[str, ...], reasons: list[Reason]
    ) -> Finding:
        keys = ", ".join(index.column_names)
        return Finding(
            self.name(),
            table.ref.over(index.column_names),
            f"{askers(survey, reasons)} sum up {listed(wanted)} of {table.ref} by {keys}: the index on ({keys}) finds "
            "the rows, and each is then fetched from the table for that alone.",
            hint=f"Include {listed(wanted)} in the index on {table.ref}({keys}).",
            evidence=(
                Evidence(EvidenceKind.CATALOG, f"index on {table.ref}({keys})", index.origin),
                *first_few(dict.fromkeys(reason.lookup.query for reason in reasons)),
            ),
            origin=index.origin if index.origin.path else survey.origin_of(table.ref),
            salient=wanted,
        )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """The index with the columns included, in place of the one without."""
        table = survey.catalog.table(finding.object)
        for index in table.indexes if table is not None else ():
            if table is not None and index.column_names == finding.object.columns and _is_plain(index):
                parts = (*index.column_names, *finding.salient)
                name = derived_name("ix", table.name, parts, names_in_use(survey.catalog))
                better = replace(index, include=finding.salient, name=name)
                return Fix((Add(table.ref, better), Drop(table.ref, index)))
        return None


def _narrow_reads(survey: Survey, table: Table) -> Iterator[tuple[Reason, Index, tuple[str, ...]]]:
    """The aggregates over rows that a plain index finds, and what the index lacks for them."""
    code = survey.code
    if code is None or growth_of(code, table) < GROWING:
        return
    for reason in needs_of(survey)[table.ref.key].reasons:
        query = reason.lookup.query
        aggregated = [a.column for a in query.aggregates if a.column is not None and a.function in _SUMS]
        sure = reason.lookup.runner is Runner.REQUEST and not query.dynamic and not reason.lookup.joined
        if (
            not sure
            or len(aggregated) != len(query.aggregates)
            or not aggregated
            or query.joins
            or query.grouping
            or reason.lookup.sure < 1
        ):
            continue
        compared = {p.column for p in query.predicates}
        names = tuple(dict.fromkeys(ref.columns[0] for ref in (*aggregated, *compared)))
        for index in table.indexes:
            rest = tuple(name for name in names if name not in index.column_names)
            found = set(index.column_names) <= set(reason.lookup.equal) and reason.wish.lead in index.column_names
            if _is_plain(index) and found and _are_narrow(table, rest):
                yield reason, index, rest


def _is_plain(index: Index) -> bool:
    whole = len(index.column_names) == len(index.columns)
    return index.valid and not index.unique and whole and index.predicate is None and not index.include


def _are_narrow(table: Table, names: tuple[str, ...]) -> bool:
    columns = [table.column(name) for name in names]
    return 0 < len(names) <= _MOST and all(column is not None and column.type.family in _NARROW for column in columns)
