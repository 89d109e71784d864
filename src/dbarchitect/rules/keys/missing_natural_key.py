"""The rule `missing-natural-key`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.queries import Fetch
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.finding import (
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
from dbarchitect.rules._keys.claims import claim_of, is_corrected, is_presented, shown_uses
from dbarchitect.rules._keys.kinds import natural_keys
from dbarchitect.rules._keys.made_again import is_made_several_times
from dbarchitect.rules._keys.natural import NaturalKey, kept_unique
from dbarchitect.rules._keys.unique_making import made_unique
from dbarchitect.rules._names import words
from dbarchitect.rules._running.embedded import serves_one
from dbarchitect.rules._schema.paths import shown_keys
from dbarchitect.rules._sql import count

_PROVED = 1.3
"""How much more a key weighs that the code looks rows up by."""


class MissingNaturalKey(Rule):
    """Columns that identify a row but may repeat

    ## What it finds
    Columns that say by their meaning which row it is, with no unique index over them: the two sides of a join table;
    slugs; the address or name that an account signs in by; article numbers; codes that are typed in; a payment
    processor's number of the very thing; tokens; a setting's owner and name; a name in a vocabulary; a symbol and its
    time. A unique index within a scope (`owner_id, slug`), over an expression (`lower(email)`) or over the living rows
    only is enough. Where the code looks for rows by these columns, it is shown, and the finding is sure; where it looks
    for them by more or fewer columns, `assumed-unique` speaks of those.

    ## Why it matters
    Code that looks first and then inserts lets two requests insert at once, and the double row shows months later: a
    count is off by one, a login finds the wrong account. Then somebody must decide which row was meant.

    ## When to leave it
    The same thing may meet again (a visit, an attempt, an order): then it is an event, and its time belongs to it.

    ## How the fix works
    It adds a UNIQUE constraint, or a unique index over the rows that are not marked as deleted, and drops the plain
    index that this makes useless. It fails while doubles are there: find and merge them first.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-UNIQUE-CONSTRAINTS
    - https://www.sqlite.org/lang_createtable.html#unique_constraints
    """

    code = "KEY004"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each set of columns."""
        for table in survey.tables:
            for key in natural_keys(survey.catalog, table):
                kept = kept_unique(table, key.columns) or is_corrected(survey, table, key)
                kept = kept or (key.login and serves_one(survey))  # who signs in does so elsewhere
                if key.pair and survey.code is not None:
                    kept = kept or is_made_several_times(survey.code, table.ref.key, key.columns)
                if not kept and not (key.pair and _is_sequence(survey, table)):
                    yield self._finding(survey, table, key)

    def _finding(self, survey: Survey, table: Table, key: NaturalKey) -> Finding:
        columns = ", ".join(key.columns)
        ref = table.ref.over(key.columns)
        unique = [path for path in table.access_paths() if path.unique]
        known = ", ".join(dict.fromkeys(map(shown_keys, unique))) or "none"
        claim = claim_of(survey, table, key)
        level = self.level if claim is not None or is_presented(survey, table, key) else key.level
        precision = Precision.HIGH if claim is not None else key.precision
        return Finding(
            self.name(),
            ref,
            f"{table.ref}({columns}) is not unique: {key.harm}.",
            hint=f"Make ({columns}) unique in {table.ref}.",
            evidence=(
                *(shown_uses(claim.key) if claim is not None else ()),
                Evidence(EvidenceKind.CATALOG, key.why, survey.origin_of(ref)),
                Evidence(EvidenceKind.CATALOG, f"unique keys of {table.ref}: {known}", table.origin),
            ),
            origin=survey.origin_of(ref),
            level=level if level is not self.level else None,
            precision=precision if precision is not self.precision else None,
            weight=1.0 if claim is None else _PROVED,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """The natural keys that the database keeps."""
        good: list[Evidence] = []
        for table in survey.tables:
            for path in table.access_paths():
                columns = [table.column(name) for name in path.column_names]
                if path.unique and path.column_names and not _is_surrogate(table, columns):
                    text = f"{table.ref}({', '.join(path.column_names)}) is unique"
                    good.append(Evidence(EvidenceKind.CATALOG, text, path.origin if path.origin.path else table.origin))
        if good:
            message = f"{count(len(good), 'natural key')} that the database itself keeps unique."
            yield Strength(self.name(), Ref.database(), message, tuple(good))

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """A unique key over the columns; over the living rows where rows are marked as deleted."""
        table = survey.catalog.table(finding.object)
        key = next((k for k in _keys(survey, table) if set(k.columns) == set(finding.object.columns)), None)
        return made_unique(survey, table, key.columns, pair=key.pair) if table is not None and key is not None else None


def _keys(survey: Survey, table: Table | None) -> Iterable[NaturalKey]:
    return natural_keys(survey.catalog, table) if table is not None else ()


def _is_sequence(survey: Survey, table: Table) -> bool:
    """Whether the rows are read in the order of their making: parts of a whole, of which one may come again."""
    key = table.primary_key
    if survey.code is None or key is None or len(key.columns) != 1:
        return False
    made = table.ref.column(key.columns[0])
    return any(
        query.table is not None
        and query.table.key == table.ref.key
        and query.fetch is Fetch.ALL
        and query.limit is None
        and query.predicates
        and [(sort.column, sort.descending) for sort in query.ordering] == [(made, False)]
        for query in survey.code.about(table.ref)
    )


def _is_surrogate(table: Table, columns: list[Column | None]) -> bool:
    """True for a key of one numbered column, or of one that is called as if its values meant nothing."""
    if len(columns) != 1 or (column := columns[0]) is None:
        return False
    primary = table.primary_key is not None and table.primary_key.columns == (column.name,)
    meaningless = column.type.family is not Family.TEXT or words(column.name)[-1:] in {("id",), ("uuid",), ("pk",)}
    return column.identity is not None or (primary and meaningless)
