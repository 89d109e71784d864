"""The rule `missing-natural-key`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import Column, Index, UniqueKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.change.apply import apply_all
from dbarchitect.change.operations import Add, AlterColumn, Change
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
from dbarchitect.rules._logins import case_sensitive_logins, folded_index
from dbarchitect.rules._members import new_index, new_unique, order_without_waste, replacing
from dbarchitect.rules._names import words
from dbarchitect.rules._natural_keys import NaturalKey, kept_unique, natural_keys
from dbarchitect.rules._shape import is_soft_delete
from dbarchitect.rules._sql import count, quoted


class MissingNaturalKey(Rule):
    """Columns that identify a row but may repeat

    ## What it finds
    Columns that say by their meaning which row it is, with no unique index over them: the two sides of a join table;
    slugs; the address or name that an account signs in by; article numbers; codes that are typed in; a payment
    processor's number of the very thing; tokens; a setting's owner and name; a name in a vocabulary; a symbol and its
    time. A unique index within a scope (`owner_id, slug`), over an expression (`lower(email)`) or over the living rows
    only is enough.

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
                if not kept_unique(table, key.columns):
                    yield self._finding(survey, table, key)

    def _finding(self, survey: Survey, table: Table, key: NaturalKey) -> Finding:
        columns = ", ".join(key.columns)
        ref = table.ref.over(key.columns)
        unique = [path for path in table.access_paths() if path.unique]
        known = ", ".join(f"({', '.join(path.column_names)})" for path in unique) or "none"
        return Finding(
            self.name(),
            ref,
            f"{table.ref}({columns}) is not unique: {key.harm}.",
            hint=f"Make ({columns}) unique in {table.ref}.",
            evidence=(
                Evidence(EvidenceKind.CATALOG, key.why, survey.origin_of(ref)),
                Evidence(EvidenceKind.CATALOG, f"unique keys of {table.ref}: {known}", table.origin),
            ),
            origin=survey.origin_of(ref),
            level=key.level if key.level is not self.level else None,
            precision=key.precision if key.precision is not self.precision else None,
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
        if table is None or key is None:
            return None
        nullable = [column for column in map(table.column, key.columns) if column is not None and column.nullable]
        if nullable and not (len(key.columns) == 1 or (key.pair and len(nullable) == len(key.columns))):
            return None
        columns = order_without_waste(table, key.columns) if key.pair else key.columns
        required = tuple(AlterColumn(table.ref, c, replace(c, nullable=False)) for c in nullable if len(columns) > 1)
        member = _member(survey, table, columns)
        note = f"Look for rows that agree in ({', '.join(columns)}) first, and merge them."
        changes: tuple[Change, ...] = (*required, *replacing(table, member))
        after = apply_all(changes, survey.catalog)
        changed = after.table(table.ref)
        for login in case_sensitive_logins(after, changed) if changed else ():
            if changed is not None and login.column.name in columns:  # 'Ann' and 'ann' must not be two, either
                changes += (Add(table.ref, folded_index(after, changed, login)),)
        return Fix(changes, Applicability.UNSAFE, note)


def _keys(survey: Survey, table: Table | None) -> Iterable[NaturalKey]:
    return natural_keys(survey.catalog, table) if table is not None else ()


def _member(survey: Survey, table: Table, columns: tuple[str, ...]) -> UniqueKey | Index:
    mark = next((column for column in table.ordered_columns if is_soft_delete(column)), None)
    if mark is None or not survey.engine.capabilities.partial_indexes:
        return new_unique(survey.catalog, table, columns)
    boolean = mark.type.family is Family.BOOLEAN
    living = f"not {quoted(mark.name)}" if boolean else f"{quoted(mark.name)} is null"
    return new_index(survey.catalog, table, columns, unique=True, predicate=expression(living))


def _is_surrogate(table: Table, columns: list[Column | None]) -> bool:
    """True for a key of one numbered column, or of one that is called as if its values meant nothing."""
    if len(columns) != 1 or (column := columns[0]) is None:
        return False
    primary = table.primary_key is not None and table.primary_key.columns == (column.name,)
    meaningless = column.type.family is not Family.TEXT or words(column.name)[-1:] in {("id",), ("uuid",), ("pk",)}
    return column.identity is not None or (primary and meaningless)
