"""A unique name that a deleted row keeps for itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.objects import Column, Index, IndexColumn, Table, UniqueKey
from dbarchitect.catalog.refs import Kind
from dbarchitect.catalog.survey import Survey
from dbarchitect.catalog.types import Family
from dbarchitect.change.operations import Add, Drop
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._members import new_index
from dbarchitect.rules._names import phrases
from dbarchitect.rules._shape import is_soft_delete
from dbarchitect.rules._sql import listed, quoted

_REUSED = phrases(
    "email", "email address", "username", "user name", "login", "slug", "name", "title", "code", "handle", "sku", "number",
    "phone", "phone number", "domain", "subdomain", "hostname", "path", "url", "key", "label", "position", "order",
)  # fmt: skip


class SoftDeleteWithoutPartialUnique(Rule):
    """A deleted row keeps its unique name

    ## What it finds
    Tables with a soft-delete mark and a full unique key on names that people give and take (`email`, `slug`, `name` in
    its scope), which neither contains the mark nor is limited to the rows that are not deleted. Keys that are never given
    again (ids, tokens, processors' numbers) are left alone.

    ## Why it matters
    A user who deleted the account cannot sign up again; a deleted page's slug is taken for ever, and the error speaks of
    a row that nobody can see.

    ## When to leave it
    When the name must stay reserved on purpose (invoice numbers, user names that must not be taken over).

    ## How the fix works
    Adds a unique index over the same columns for the rows that are not deleted, then drops the full key. Statements with
    `ON CONFLICT (columns)` must then name the predicate too. A key that a foreign key points at stays.

    ## References
    https://www.postgresql.org/docs/current/indexes-partial.html
    https://www.sqlite.org/partialindex.html
    """

    code = "HIS003"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding per unique key."""
        for table in survey.tables:
            mark = next((c for c in table.ordered_columns if is_soft_delete(c)), None)
            if mark is None:
                continue
            for member, columns in _full_uniques(table):
                if mark.name in columns or not any(_REUSED.ends(name) for name in columns):
                    continue
                if any(survey.catalog.family(c.type) is Family.UUID for c in map(table.column, columns) if c):
                    continue
                if _narrowed(table, columns):
                    continue
                names = listed(columns)
                yield Finding(
                    self.name(),
                    table.ref.over(columns, Kind.COLUMN),
                    f"{names} of {table.ref} stay unique over deleted rows ({mark.name}): the name of a deleted row "
                    "cannot be used again.",
                    "Make the unique key partial: only the rows that are not deleted.",
                    (
                        Evidence(EvidenceKind.CATALOG, f"unique over {names}, without predicate", member.origin),
                        Evidence(EvidenceKind.CATALOG, f"{mark.name} {mark.type} marks deleted rows", mark.origin),
                    ),
                    member.origin if member.origin.path else survey.origin_of(table.ref),
                )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """Add the partial unique index, then drop the full key; None where a foreign key needs the full one."""
        table = survey.catalog.table(finding.object)
        mark = next((c for c in table.ordered_columns if is_soft_delete(c)), None) if table else None
        if table is None or mark is None:
            return None
        columns = finding.object.columns
        if any(set(key.referenced_columns) == set(columns) for _, key in survey.catalog.references_to(table.ref)):
            return None
        members = [member for member, own in _full_uniques(table) if own == columns]
        predicate = expression(_not_deleted(mark, survey))
        index = new_index(survey.catalog, table, columns, unique=True, predicate=predicate)
        note = (
            "ON CONFLICT clauses on these columns must repeat the predicate; restoring a row can now meet a newer one."
        )
        drops = tuple(Drop(table.ref, member) for member in members)
        return Fix((Add(table.ref, index), *drops), Applicability.UNSAFE, note)


def _full_uniques(table: Table) -> Iterator[tuple[UniqueKey | Index, tuple[str, ...]]]:
    for key in table.unique_keys:
        yield key, key.columns
    for index in table.indexes:
        if index.unique and index.predicate is None and index.columns == tuple(map(IndexColumn, index.column_names)):
            yield index, index.column_names


def _narrowed(table: Table, columns: tuple[str, ...]) -> bool:
    """True where the soft delete evidently frees the name: another, partial unique index has the same columns."""
    return any(i.unique and i.predicate is not None and i.column_names == columns for i in table.indexes)


def _not_deleted(mark: Column, survey: Survey) -> str:
    family = survey.catalog.family(mark.type)
    name = quoted(mark.name)
    if family is Family.BOOLEAN:
        return f"NOT {name}" if survey.engine.capabilities.native_enums else f"{name} = 0"
    return f"{name} = 0" if family is Family.INTEGER else f"{name} IS NULL"
