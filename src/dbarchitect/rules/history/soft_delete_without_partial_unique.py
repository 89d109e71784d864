"""A unique name that a deleted row keeps for itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from dbarchitect.catalog.expressions import columns_of
from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Code, Comparison, Verb
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.finding import (
    Applicability,
    Category,
    Evidence,
    EvidenceKind,
    Finding,
    Fix,
    Level,
    Precision,
    Strength,
)
from dbarchitect.rules._base import Rule
from dbarchitect.rules._code.joined import deletions_of
from dbarchitect.rules._names import phrases, words
from dbarchitect.rules._schema.shape import is_account
from dbarchitect.rules._schema.soft_delete import deletion_mark, full_uniques, made_partial, unique_members
from dbarchitect.rules._sql import listed

_FEW = 3
_SHOWN = 8
_MANNER = 3
"""So many tables whose rows the code marks show how it deletes."""
_HANDLES = phrases("username, user name, handle, login, nickname, screen name, slug")


class SoftDeleteWithoutPartialUnique(Rule):
    """A deleted row keeps its unique name

    ## What it finds
    Tables with a soft-delete mark and a full unique key on names that people give and take (`email`, `slug`, `name`
    in its scope), which neither contains the mark nor is limited to the rows that are not deleted. Keys that are
    never given again (ids, tokens, numbers, codes) are left alone, and so are archived rows: they are put away, not
    deleted.

    ## Why it matters
    A user who deleted the account cannot sign up again; a deleted page's slug is taken for ever, and the error speaks
    of a row that nobody can see.

    ## When to leave it
    When the name must stay reserved on purpose (user names that must not be taken over). It is silent where the code
    renames rows as it marks them, or deletes them for good some time after, and where it is seen to mark rows of other
    tables and nothing of it marks this one's.

    ## How the fix works
    Adds a unique index over the same columns for the rows that are not deleted, then drops the full key; a foreign
    key that the full key served gets an index of its own. Statements with `ON CONFLICT (columns)` must then name the
    predicate too. A key that a foreign key points at stays.

    ## References
    - https://www.postgresql.org/docs/current/indexes-partial.html
    - https://www.sqlite.org/partialindex.html
    """

    code = "HIS003"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per unique key."""
        for table in survey.tables:
            mark = deletion_mark(table)
            if mark is not None and _is_passing(survey, table, mark):
                continue
            for columns in full_uniques(survey.catalog, table):
                if mark is None or mark.name in columns or _freed(table, columns):
                    continue
                if _is_renamed(survey, table, mark, columns) or _is_never_marked(survey, table, mark):
                    continue
                names = listed(columns)
                member = unique_members(table, columns)[0]
                origin = member.origin if member.origin.path else survey.origin_of(table.ref)
                marked = survey.origin_of(table.ref.column(mark.name))
                yield Finding(
                    self.name(),
                    table.ref.over(columns, Kind.COLUMN),
                    f"{names} of {table.ref} stay{'s' if len(columns) == 1 else ''} unique over deleted rows "
                    f"({mark.name}): unless deleting changes {'it' if len(columns) == 1 else 'them'}, what a deleted "
                    "row was called cannot be used again.",
                    "Make the unique key partial: only the rows that are not deleted.",
                    (
                        Evidence(EvidenceKind.CATALOG, f"unique over {names}, without a predicate", origin),
                        Evidence(EvidenceKind.CATALOG, f"{mark.name} {mark.type} marks deleted rows", marked),
                    ),
                    origin,
                    level=Level.INFO if _may_be_meant(table, columns) else None,
                )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """Names that are unique among the rows that are not deleted."""
        found = []
        for table in survey.tables:
            mark = deletion_mark(table)
            for index in table.indexes if mark is not None else ():
                partial = index.unique and index.predicate is not None and index.column_names
                if partial and mark is not None and index.predicate and mark.name in columns_of(index.predicate):
                    evidence = Evidence(EvidenceKind.CATALOG, f"unique where {index.predicate}", index.origin)
                    found.append((table.ref.over(index.column_names, Kind.COLUMN), evidence))
        if len(found) > _FEW:
            message = f"{len(found)} unique keys count only the rows that are not deleted."
            yield Strength(self.name(), Ref.database(), message, tuple(evidence for _, evidence in found[:_SHOWN]))
            return
        for ref, evidence in found:
            yield Strength(self.name(), ref, "Unique among the rows that are not deleted.", (evidence,))

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Add the partial unique index, then drop the full key; None where a foreign key needs the full one."""
        table = survey.catalog.table(finding.object)
        mark = deletion_mark(table) if table else None
        if table is None or mark is None or not survey.engine.capabilities.partial_indexes:
            return None
        changes = made_partial(survey.catalog, table, mark, finding.object.columns)
        note = (
            "ON CONFLICT clauses on these columns must repeat the predicate; restoring a row can now meet a newer one."
        )
        return Fix(changes, Applicability.UNSAFE, note) if changes else None


def _is_passing(survey: Survey, table: Table, mark: Column) -> bool:
    """True where the code looks for rows that were marked some time ago, and deletes rows for good: the mark begins a
    time of grace, after which the name is free."""
    code = survey.code
    if code is None or mark.type.family not in {Family.TIMESTAMP, Family.DATE}:
        return False
    marked = table.ref.column(mark.name).key
    seeks = any(
        p.column.key == marked and p.comparison is Comparison.RANGE for q in code.about(table.ref) for p in q.predicates
    )
    return seeks and bool(deletions_of(code, table.ref))


def _is_renamed(survey: Survey, table: Table, mark: Column, columns: tuple[str, ...]) -> bool:
    """True where the code changes the name in the statement that marks the row, or writes more there than is known:
    what a caller hands in besides (`data: { deletedAt, ...more }`) may be a new name."""
    marked, code = table.ref.column(mark.name).key, survey.code
    names = {table.ref.column(name).key for name in columns}
    for query in code.about(table.ref) if code is not None else ():
        written = {a.column.key for a in query.assignments if a.constants != ("null",)}
        if query.verb is Verb.UPDATE and marked in written and (names & written or "columns" in query.dynamic):
            return True
    return False


def _is_never_marked(survey: Survey, table: Table, mark: Column) -> bool:
    """True where the code marks rows of other tables, in statements that say so, and nothing marks this one's: its rows
    are deleted for good, or not at all."""
    code = survey.code
    if code is None:
        return False
    by_name, unknown = _marked(code)
    marked = by_name.get(mark.name, frozenset())
    return table.ref.key not in marked | unknown and len(marked) >= _MANNER


@lru_cache(maxsize=4)
def _marked(code: Code) -> tuple[Mapping[str, frozenset[tuple[str, ...]]], frozenset[tuple[str, ...]]]:
    """The tables that some statement sets a column of, by the names of the columns, and those that one may set any
    column of."""
    named: dict[str, set[tuple[str, ...]]] = {}
    unknown: set[tuple[str, ...]] = set()
    for query in code.queries:
        if query.table is None or query.verb not in {Verb.UPDATE, Verb.UPSERT}:
            continue
        if "columns" in query.dynamic:
            unknown.add(query.table.key)
        for written in query.assignments:
            if written.column.columns and written.constants != ("null",):
                named.setdefault(written.column.columns[0], set()).add(written.column.table_key)
    return {name: frozenset(tables) for name, tables in named.items()}, frozenset(unknown)


def _may_be_meant(table: Table, columns: tuple[str, ...]) -> bool:
    """True for names that stay reserved on purpose, and for those that a row may do without."""
    found = (table.column(name) for name in columns)
    optional = all(column is not None and column.nullable for column in found)
    return optional or (is_account(table) and _HANDLES.ends(columns[-1]))


def _freed(table: Table, columns: tuple[str, ...]) -> bool:
    """True where the soft delete evidently frees the name: another, partial unique index has the same columns, or the
    row keeps the names that it has given up (`slug_history`)."""
    given_up = {words(column.name) for column in table.columns}
    if any((*words(columns[-1]), kept) in given_up for kept in ("history", "archive")):
        return True
    return any(i.unique and i.predicate is not None and i.column_names == columns for i in table.indexes)
