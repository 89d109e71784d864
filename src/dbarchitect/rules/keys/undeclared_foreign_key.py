"""The rule `undeclared-foreign-key`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.survey import Survey
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
from dbarchitect.rules._code.joined import joined_columns_of, joins_of
from dbarchitect.rules._code.telling import first_few
from dbarchitect.rules._names import thing_words
from dbarchitect.rules._schema.references import (
    Reference,
    declared_reference,
    kept_by_the_client_alone,
    undeclared_references,
)
from dbarchitect.rules._schema.shape import LOGS
from dbarchitect.rules._sql import count
from dbarchitect.rules.keys._declaring import declared
from dbarchitect.rules.keys._dropped_keys import dropped_key

_MANY = 30


class UndeclaredForeignKey(Rule):
    """A reference that the database does not know of

    ## What it finds
    A column that by its name (`order_id`), or by what the model says of it, refers to a table whose primary key is of
    the same kind, without a foreign key. Numbers that other systems hand out (`stripe_customer_id`), pairs of a type
    and a number, and columns for which there is no table are none. Where most references of a large schema are not
    declared, the tables that have no foreign key at all are one finding. Queries that join the two are shown, and make
    sure of what only a name says.

    ## Why it matters
    Nothing keeps the row that it points at: an orphan does not show until a join silently leaves it out or a page fails
    on a missing parent.

    ## When to leave it
    Logs and audit trails that must outlive what they tell of, references whose constraint the model switches off, and
    those whose constraint a migration has dropped: they are reported for information. Tables that are to move to
    another database. Where a comment beside the column says that it has no foreign key, nothing is said. A column that
    repeats a foreign key of the very row that its own row continues (same key) is not reported: that foreign key keeps
    it.

    ## How the fix works
    It adds the foreign key, and an index where none leads with the column. A column that may be null is cleared when
    the row that it points at goes; for others the key has the ON DELETE that most keys to that table have. It fails
    while orphans are there: look for them first.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
    - https://www.sqlite.org/foreignkeys.html
    """

    code = "KEY003"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each column; one for the database where no reference at all is declared to it."""
        alone = kept_by_the_client_alone(survey.catalog)
        if alone:
            yield self._of_all(survey, len(alone))
            return
        told = [found for table in survey.tables for found in undeclared_references(survey.catalog, table)]
        moving = {found.target.ref.key for found in told if _has_two_homes(survey, found)}
        every = [found for found in told if found.target.ref.key not in moving]
        habitual = _by_custom(survey, every)
        if habitual:
            yield self._of_custom(survey, habitual)
        for found in every:
            if found not in habitual:
                yield self._finding(survey, found)

    def _of_custom(self, survey: Survey, habitual: list[Reference]) -> Finding:
        tables = dict.fromkeys(found.table.ref for found in habitual)
        first = habitual[0].table.ref.column(habitual[0].column.name)
        return Finding(
            self.name(),
            Ref.database(),
            f"{count(len(tables), 'table')} refer to others by {len(habitual)} columns and have no foreign key at all "
            f"({first} is the first): nothing keeps the rows that they need, and orphans drop out of every join.",
            hint="Declare foreign keys where a missing parent does harm, and look for orphans of the others.",
            evidence=tuple(
                Evidence(
                    EvidenceKind.CATALOG,
                    f"{(ref := found.table.ref.column(found.column.name))} points at {found.target.ref}",
                    survey.origin_of(ref),
                )
                for found in habitual
            ),
            origin=survey.origin_of(first),
            salient=("custom",),
        )

    def _of_all(self, survey: Survey, number: int) -> Finding:
        tables = [table for table in survey.tables if any(map(declared_reference, table.columns))]
        return Finding(
            self.name(),
            Ref.database(),
            f"The database has no foreign key: {count(number, 'reference')} are kept by the client alone, and whatever "
            "else writes can leave orphans.",
            hint="Let the database keep the references, unless the engine cannot.",
            evidence=tuple(
                Evidence(EvidenceKind.CATALOG, f"{table.ref.column(column.name)} refers to {said}", column.origin)
                for table in tables
                for column in table.ordered_columns
                if (said := declared_reference(column)) is not None
            ),
            origin=tables[0].origin if tables else Origin(),
            level=Level.INFO,
        )

    def _finding(self, survey: Survey, found: Reference) -> Finding:
        ref, target = found.table.ref.column(found.column.name), found.target.ref.column(found.key.name)
        chosen = declared_reference(found.column) is not None
        dropped = dropped_key(survey.history, ref)
        queries = joins_of(survey.code, ref, target)
        quiet = (
            chosen
            or dropped is not None
            or LOGS.ends("_".join(thing_words(found.table)))
            or (found.precision is Precision.LOW and not queries)
        )
        precision = Precision.HIGH if queries else found.precision
        by_hand = (
            (Evidence(EvidenceKind.MIGRATION, f"{dropped[0].name} drops its foreign key", dropped[1].origin),)
            if dropped is not None
            else ()
        )
        return Finding(
            self.name(),
            ref,
            f"{ref} points at {target} without a foreign key: nothing keeps the rows of {found.target.ref} that it "
            "needs, and orphans drop out of every join.",
            hint=f"Declare a foreign key from {ref} to {target}.",
            evidence=(
                Evidence(EvidenceKind.CATALOG, f"{ref} {found.column.type}: {found.why}", survey.origin_of(ref)),
                Evidence(EvidenceKind.CATALOG, f"{target} {found.key.type} is a primary key", found.target.origin),
                *by_hand,
                *first_few(queries, 3),
            ),
            origin=survey.origin_of(ref),
            salient=(str(found.target.ref),),
            level=Level.INFO if quiet else None,
            precision=precision if precision is not self.precision else None,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """One line where references are declared and hardly any is missing."""
        keys = [(table, key) for table in survey.tables for key in table.foreign_keys]
        missing = sum(1 for table in survey.tables for _ in undeclared_references(survey.catalog, table))
        if keys and missing * 5 <= len(keys):
            evidence = tuple(
                Evidence(EvidenceKind.CATALOG, f"{t.ref}({', '.join(k.columns)}) references {k.referenced}", k.origin)
                for t, k in keys
            )
            share = f"{len(keys)} of the" if missing else "All" if len(keys) > 1 else "The"
            told = count(len(keys) + missing, "reference")
            are = "is declared as a foreign key" if len(keys) == 1 else "are declared as foreign keys"
            message = f"{share} {told} that can be told {are}."
            yield Strength(self.name(), Ref.database(), message, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """The column's type where it differs, an index, the foreign key."""
        table = survey.catalog.table(finding.object) if finding.object.table else None
        for found in undeclared_references(survey.catalog, table) if table else ():
            if found.column.name == finding.object.columns[0]:
                return declared(survey, found)
        return None


def _by_custom(survey: Survey, every: list[Reference]) -> list[Reference]:
    """The references of tables without any foreign key, where most references of a large schema are not declared.

    That is one decision of those who made it, and not a hundred slips.
    """
    number = sum(len(table.foreign_keys) for table in survey.tables)
    bare = [found for found in every if not found.table.foreign_keys]
    return bare if len(bare) >= _MANY and len(every) > number else []


def _has_two_homes(survey: Survey, found: Reference) -> bool:
    """Whether queries join the column with the key of a second table, which is no part of the first: rows move from
    the one to the other (`notifications`, `notification_history`), and the reference may be to either."""
    own = found.table.ref.column(found.column.name)
    for left, right in joined_columns_of(survey.code).values() if survey.code is not None else ():
        other = right if left.key == own.key else left if right.key == own.key else None
        table = survey.catalog.table(other) if other is not None else None
        if other is None or table is None or table.ref.key in {found.target.ref.key, found.table.ref.key}:
            continue
        part = any(key.referenced.key == found.target.ref.key for key in table.foreign_keys)
        if table.primary_key is not None and table.primary_key.columns == other.columns and not part:
            return True
    return False
