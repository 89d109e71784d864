"""The rule `table-without-primary-key`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

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
from dbarchitect.rules._sql import count, listed
from dbarchitect.rules.keys._primary_keys import (
    columns_of,
    joined_key,
    loose_key,
    nullable_keys,
    numbered_key,
    promoted_key,
    usable_key,
)

_SEVERAL = 3
"""Tables without a key from which on they may be a habit."""
_SHOWN = 5
_OF_MANY = 1.5
"""The weight where it is said of a whole schema."""
_NUMBERED = "Every row gets a number: the table is rewritten under an exclusive lock."


class TableWithoutPrimaryKey(Rule):
    """A table without a primary key

    ## What it finds
    A table that declares no primary key. One that has another unique key of columns that are never null is reported
    for information, for its rows can be told apart; so is one that only joins others, where what may repeat is another
    rule's finding. Where more than half of the tables have none, it is said once, of the schema.

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
        """One finding for each table; one for the schema where hardly a table of it has a key."""
        found = [self._finding(survey, table) for table in survey.tables if _has_none(table)]
        nameless = [finding for finding in found if finding.level is None]
        if _is_habit(survey, len(nameless)):
            yield self._of_schema(survey, nameless)
            found = [finding for finding in found if finding.level is not None]
        yield from found

    def _of_schema(self, survey: Survey, found: list[Finding]) -> Finding:
        """One finding for a schema that is made without primary keys: it is one habit, and one decision mends it."""
        names = [str(finding.object) for finding in found]
        shown = listed([*names[:_SHOWN], *([f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else [])])
        most = replace(found[0].evidence[0], text=f"and {len(found) - _SHOWN} more tables like them")
        return Finding(
            self.name(),
            Ref.database(),
            f"{len(found)} of {count(len(list(survey.tables)), 'table')} have no primary key ({shown}): "
            "a row can stand in each of them twice, and nothing can point at one.",
            hint="Add a primary key to each of them.",
            evidence=(
                *(finding.evidence[0] for finding in found[:_SHOWN]),
                *([most] if len(found) > _SHOWN else []),
            ),
            origin=found[0].origin,
            weight=_OF_MANY,
        )

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
        if finding.object == Ref.database():
            nameless = (self._finding(survey, table) for table in survey.tables if _has_none(table))
            fixes = [fix for each in nameless if each.level is None and (fix := self.fix(each, survey)) is not None]
            changes = tuple(change for fix in fixes for change in fix.changes)
            note = " ".join(dict.fromkeys(fix.note for fix in fixes if fix.note))
            return Fix(changes, Applicability.UNSAFE, note) if changes else None
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
        return Fix(changes, Applicability.UNSAFE, _NUMBERED) if changes else None


def _has_none(table: Table) -> bool:
    return table.primary_key is None and not table.inherits and bool(table.columns)


def _is_habit(survey: Survey, missing: int) -> bool:
    """Whether tables without a primary key are the rule and not the exception."""
    return missing >= _SEVERAL and missing * 2 > len(list(survey.tables))


def _is_referred_to(survey: Survey, table: Table, key: UniqueKey | Index) -> bool:
    """Whether foreign keys hang on a unique key: it cannot be dropped."""
    columns = set(columns_of(key))
    return any(set(other.referenced_columns) == columns for _, other in survey.catalog.references_to(table.ref))
