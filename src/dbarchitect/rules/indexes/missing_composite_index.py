"""The rule `missing-composite-index`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import takewhile

from dbarchitect.catalog.survey import Need as Input
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Category, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._fixes.members import plain_indexes_within, replacing
from dbarchitect.rules._schema.growing import Growth, growth_of
from dbarchitect.rules._sql import count, listed, quoted
from dbarchitect.rules._usage.columns import Worth, worth_of
from dbarchitect.rules._usage.needs import WARNS, Need, Reason, needs_of, of_reference, weight_of
from dbarchitect.rules._usage.shapes import Service
from dbarchitect.rules._usage.words import askers, evidence_of, index_over, keys_of
from dbarchitect.rules.indexes._told_keys import is_told_key

SMALL = 1_000
"""Rows up to which reading the whole table costs as little as an index does."""
_A_FEW = 2
"""Functions that ask for an index beside one of the same first column: so few do not make it worth its writes."""
_SEEN_ONCE = 0.8
"""The weight where a single function asks, and an index serves it in part."""


class MissingCompositeIndex(Rule):
    """Queries that need an index of several columns

    ## What it finds
    Queries that compare one column and sort, limit or narrow by another (`WHERE user_id = ? ORDER BY created_at DESC
    LIMIT 20`), while the indexes there are serve the first column at most. The columns of the index that would serve
    them stand in the order that the server needs: those compared for equality, then the sort key or the range.

    ## Why it matters
    With an index of the first column alone all rows of one owner are fetched and sorted to show twenty of them: the
    largest customers, who have the most rows, wait longest. An index in the right order reads those twenty and stops.

    ## When to leave it
    No owner will ever have more than a few hundred rows, or the table is hardly ever asked. A list in the order of its
    names, and the rows of what people maintain by hand, are reported for information.

    ## How the fix works
    It adds the index, and drops the one whose work it takes over: a plain index of its leading columns.

    ## References
    - https://www.postgresql.org/docs/current/indexes-multicolumn.html
    - https://www.postgresql.org/docs/current/indexes-ordering.html
    - https://www.sqlite.org/queryplanner.html#_multi_column_indices
    """

    code = "IDX011"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.PERFORMANCE
    needs = frozenset({Input.CATALOG, Input.CODE})

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each index; that of an unindexed foreign key's columns is told with the key, that of columns
        that have to be unique by the rule that says so."""
        for table in survey.tables:
            needs = needs_of(survey).get(table.ref.key)
            for need in needs.composites if needs is not None else ():
                told = need is of_reference(survey, table, need.columns[0]) or is_told_key(survey, table, need.columns)
                if not told:
                    alike = (
                        [n for n in needs.composites if n.columns[0] == need.columns[0]] if needs is not None else []
                    )
                    yield self._finding(survey, need, alike)

    def _finding(self, survey: Survey, need: Need, alike: Sequence[Need]) -> Finding:
        table = need.table
        told = [reason for reason in need.reasons if reason.lookup.limited and reason.wish.keys == need.keys]
        need = replace(need, reasons=tuple(dict.fromkeys((*told, *need.reasons))))  # what takes the first rows tells
        rows = survey.facts_of(table).rows
        small = rows is not None and 0 <= rows <= SMALL
        led = need.reasons[0].served is Service.LED
        functions = _functions(need.reasons)
        held = _held(need)
        whole = [reason for reason in need.reasons if reason.wish.columns == need.columns]
        have = (
            f"find the rows of one {listed(quoted(name) for name in held)} by an index and {_then(need)}"
            if led and held
            else "have no index to lead them"
        )
        alone = len(alike) == 1
        beside = max(alike, key=lambda other: other.score).columns != need.columns and len(_functions(whole)) <= _A_FEW
        few = len(held) > 1 and len(functions) == 1  # the rows of one thing among many, for one page
        few = few or growth_of(table, survey) is Growth.HARDLY or _sorts_by_name(survey, need)
        few = few or of_reference(survey, table, need.columns[0]) is not None  # the key's own index does the most
        few = few or beside  # one that begins alike does most of its work
        weak = few or need.leads_by_kind() or not (alone or need.narrows(survey.catalog))
        weak = small or need.score < WARNS or (weak and not _leads_alone(survey, need, alike))
        return Finding(
            self.name(),
            need.ref,
            f"Queries of {table.ref} in {askers(survey, whole)} {_shape(need)}: they {have}; one index on "
            f"({keys_of(need.keys)}) {_serves(need)}{_also(need, whole)}.",
            hint=f"Add an index on {table.ref}({keys_of(need.keys)}){_instead(need)}.",
            evidence=evidence_of(survey, need),
            origin=survey.origin_of(table.ref.column(need.columns[0])),
            level=Level.INFO if weak else None,
            precision=Precision.MEDIUM if weak else None,
            weight=weight_of(need.score) * (_SEEN_ONCE if led and len(functions) == 1 else 1.0),
        )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """The index, and an end to the one that it makes needless."""
        table = survey.catalog.table(finding.object)
        needs = needs_of(survey).get(table.ref.key) if table is not None else None
        for need in needs.composites if needs is not None else ():
            if need.columns == finding.object.columns:
                return Fix(replacing(need.table, index_over(survey.catalog, need.table, need.keys)))
        return None


def _leads_alone(survey: Survey, need: Need, alike: Sequence[Need]) -> bool:
    """Whether nothing begins with its first column yet, and it is the one index proposed that is to: what an index of
    that column alone would be worth, it is worth whatever the rest."""
    first = max(alike, key=lambda other: other.score).columns == need.columns
    bare = all(reason.served is Service.NONE for reason in need.reasons)
    told = of_reference(survey, need.table, need.columns[0]) is not None  # the key's own finding leads
    return first and bare and not told and need.by_worth(survey.catalog)


def _functions(reasons: Sequence[Reason]) -> set[str]:
    """Who asks."""
    return {reason.lookup.query.place.function for reason in reasons}


def _also(need: Need, whole: Sequence[Reason]) -> str:
    """How many functions besides ask for its first column alone."""
    others = _functions(need.reasons) - _functions(whole)
    if not others:
        return ""
    rest = f"{count(len(others), 'other function')} that search{'es' if len(others) == 1 else ''}"
    return f", and {rest} by {quoted(need.columns[0])}"


def _sorts_by_name(survey: Survey, need: Need) -> bool:
    """Whether the index would only put a list into the order of its names: it is read to its end by pages anyway."""
    lookup = need.reasons[0].lookup
    rest = [column for name in need.columns if name not in lookup.equal and (column := need.table.column(name))]
    sorts = bool(rest) and bool(lookup.sort) and rest[0].name == lookup.sort[0][0] and not lookup.ranges
    return sorts and worth_of(survey.catalog, need.table, rest[0]) is not Worth.TIME


def _held(need: Need) -> list[str]:
    """The columns by which an index finds the rows as it is: the most that one begins with."""
    lookup = need.reasons[0].lookup
    wanted = set(lookup.equal)
    best: list[str] = []
    for path in need.table.access_paths():
        names = list(takewhile(wanted.__contains__, path.column_names)) if path.predicate is None else []
        if names and names[0] not in lookup.nulls:  # "not deleted" finds nearly all
            found = [name for name in names if name not in lookup.nulls]
            best = max(best, found, key=lambda each: (len(each), each[:1] == list(need.columns[:1])))
    return best or [name for name in need.columns if name in wanted][:1]


def _serves(need: Need) -> str:
    """How far the index does the work: what is compared besides is tested row by row."""
    besides = [name for name in need.reasons[0].lookup.equal if name not in need.columns]
    return f"leaves only {listed(map(quoted, besides))} to be tested row by row" if besides else "serves them whole"


def _then(need: Need) -> str:
    """What is left to do with the rows that the index finds."""
    lookup = need.reasons[0].lookup
    sorts = bool(lookup.sort) and lookup.sort[0][0] in need.columns
    if lookup.limited or not sorts or lookup.ranges:
        return "go through all of them"
    return "sort them each time"


def _shape(need: Need) -> str:
    """What the queries do: compare, sort, narrow."""
    lookup = need.reasons[0].lookup
    equal = [quoted(name) for name in need.columns if name in lookup.equal]
    rest = [quoted(name) for name in need.columns if name not in lookup.equal]
    joined = bool(lookup.joined) and set(lookup.equal) <= set(lookup.joined)
    parts = [f"{'join by' if joined else 'compare'} {listed(equal)}"] if equal else []
    if rest:
        sorts = rest[0] in {quoted(name) for name, _ in lookup.sort}
        take = " and take the first rows" if lookup.limited else ""
        onward = rest[0] in {quoted(name) for name in lookup.onward}
        narrows = f"go on to another table by {listed(rest)}" if onward else f"narrow by {listed(rest)}"
        parts.append(f"sort by {listed(rest)}{take}" if sorts else narrows)
    return listed(parts)


def _instead(need: Need) -> str:
    """Names the index that the new one takes over from."""
    useless = plain_indexes_within(need.table, need.columns)
    names = [f"({', '.join(index.column_names)})" for index in useless]
    return f" instead of the {'one' if len(names) == 1 else 'ones'} on {listed(names)}" if names else ""
