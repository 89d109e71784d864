"""The rule `table-without-primary-key`."""

from __future__ import annotations

from collections.abc import Iterable

from dbarchitect.catalog.members import Index, UniqueKey
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.survey import Survey
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
from dbarchitect.rules._schema.paths import shown_keys
from dbarchitect.rules._schema.shape import joined_columns
from dbarchitect.rules._sql import count
from dbarchitect.rules.keys._primary_keys import (
    columns_of,
    joined_key,
    loose_key,
    nullable_keys,
    numbered_key,
    promoted_key,
    usable_key,
)


class TableWithoutPrimaryKey(Rule):
    """A table without a primary key

    ## What it finds
    A table that declares no primary key. One that has another unique key of columns that are never null is reported
    for information, for its rows can be told apart; so is one that only joins others, where what may repeat is another
    rule's finding.

    ## Why it matters
    Rows can double and nothing can address one of them: neither a foreign key, nor an object-relational mapper, nor
    logical replication, which refuses to update or delete in such a table.

    ## When to leave it
    Tables that are only ever filled and emptied as a whole (imports on their way).

    ## How the fix works
    It makes a unique key of never-null columns the primary key; a table that only joins others gets the joined columns
    as its key. The only unique key of a table becomes its primary one even where NULL may stand in it, made required,
    unless the code works with NULL there. Any other table gets a numbered column. Where rows have doubled already, or
    have NULL, the key cannot be made: look first.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-PRIMARY-KEYS
    - https://www.postgresql.org/docs/current/logical-replication-publication.html
    """

    code = "KEY001"
    level = Level.WARNING
    precision = Precision.HIGH
    category = Category.SCHEMA_DESIGN

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each table."""
        for table in survey.tables:
            if table.primary_key is None and not table.inherits and table.columns:
                yield self._finding(survey, table)

    def _finding(self, survey: Survey, table: Table) -> Finding:
        key, pair = usable_key(table), joined_columns(table)
        rows = survey.facts_of(table).rows
        size = f" among {count(rows, 'row')}" if rows else ""
        if key is not None:
            columns = ", ".join(columns_of(key))
            text = f"{table.ref} has no primary key; its unique key on ({columns}) is one in all but name."
            hint = f"Make ({columns}) the primary key."
        elif pair and table.is_key(pair):
            text = f"{table.ref} has no primary key; its unique key on ({', '.join(pair)}) lets NULL through."
            hint = f"Make ({', '.join(pair)}) the primary key."
        elif pair:
            text = (
                f"{table.ref} has no primary key: nothing keeps the same ({', '.join(pair)}) from standing in it twice."
            )
            hint = f"Make ({', '.join(pair)}) the primary key."
        elif nullable := nullable_keys(table):
            columns = ", ".join(columns_of(nullable[0]))
            text = (
                f"{table.ref} has no primary key: its unique key on ({columns}) lets NULL through, so that nothing "
                "names one row for sure."
            )
            only = loose_key(survey, table) is not None
            hint = f"Make ({columns}) required, and the primary key." if only else "Add a numbered primary key."
        else:
            text = f"{table.ref} has no primary key: a row can stand in it twice{size}, and nothing can point at one."
            hint = "Add a primary key."
        unique = [path for path in table.access_paths() if path.unique]
        known = ", ".join(dict.fromkeys(map(shown_keys, unique))) or "none"
        return Finding(
            self.name(),
            table.ref,
            text,
            hint,
            (Evidence(EvidenceKind.CATALOG, f"unique keys of {table.ref}: {known}", table.origin),),
            table.origin,
            level=Level.INFO if key is not None or pair else None,
        )

    def praise(self, survey: Survey) -> Iterable[Strength]:
        """One line where every table has a primary key."""
        tables = [table for table in survey.tables if table.columns]
        if tables and all(table.primary_key for table in tables):
            evidence = tuple(
                Evidence(EvidenceKind.CATALOG, f"{t.ref}: ({', '.join(t.primary_key.columns)})", t.origin)
                for t in tables
                if t.primary_key
            )
            message = f"Every table has a primary key ({count(len(tables), 'table')})."
            yield Strength(self.name(), Ref.database(), message, evidence)

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """A unique key promoted, the joined columns as key, or a numbered column."""
        table = survey.catalog.table(finding.object)
        if table is None or table.partitioning is not None:
            return None
        key = usable_key(table)
        if key is not None:
            return None if _is_referred_to(survey, table, key) else Fix(promoted_key(survey, table, key))
        pair = joined_columns(table)
        if pair:
            return Fix(
                joined_key(survey, table, pair), Applicability.UNSAFE, "Look for rows that have doubled already."
            )
        loose = loose_key(survey, table)
        if loose is not None and _is_referred_to(survey, table, loose):
            return None
        if loose is not None:
            missing = " or ".join(f"{name} is NULL" for name in columns_of(loose))
            note = (
                f"Look for rows in which {missing} first: where they are meant to be, the table needs a numbered key."
            )
            return Fix(promoted_key(survey, table, loose), Applicability.UNSAFE, note)
        changes = numbered_key(survey, table)
        note = "Every row gets a number: the table is rewritten under an exclusive lock."
        return Fix(changes, Applicability.UNSAFE, note) if changes else None


def _is_referred_to(survey: Survey, table: Table, key: UniqueKey | Index) -> bool:
    """Whether foreign keys hang on a unique key: it cannot be dropped."""
    columns = set(columns_of(key))
    return any(set(other.referenced_columns) == columns for _, other in survey.catalog.references_to(table.ref))
