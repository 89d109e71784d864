"""The rule `nullable-unique-column`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbarchitect.catalog.expressions import expression, implies_is_null, not_null_columns
from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.survey import Survey
from dbarchitect.change.operations import Add
from dbarchitect.finding import Applicability, Category, Evidence, EvidenceKind, Finding, Fix, Level, Precision
from dbarchitect.rules._base import Rule
from dbarchitect.rules._fixes.members import new_index
from dbarchitect.rules._keys.assumed import AssumedKey, Reliance, Use, assumed_keys
from dbarchitect.rules._keys.claims import shown_uses
from dbarchitect.rules._names import phrases
from dbarchitect.rules._schema.paths import Path, paths
from dbarchitect.rules._schema.shape import foreign_keys_over, is_soft_delete, says_who
from dbarchitect.rules._sql import quoted

_NAMES = phrases(
    "slug, name, title, code, key, label, email, username, handle, number, path, domain, sku, identifier, hostname, tag"
)


@dataclass(frozen=True, slots=True)
class _Leak:
    path: Path
    column: Column
    rest: tuple[str, ...]
    soft_delete: bool
    relied_on: AssumedKey | None = None


class NullableUniqueColumn(Rule):
    """Uniqueness that NULL lets slip

    ## What it finds
    A unique key of several columns of which one may be null and is meant to take part: the mark of a soft delete
    (`email, deleted_at`), or the scope (`organization_id, slug`). It is silent on a single optional column, on values
    that rows may well lack (an external number), on a choice between several targets, on NULLS NOT DISTINCT, and where
    a partial unique index takes care of the rows without the value.

    ## Why it matters
    To SQL two NULLs are not equal, so the rows without a value are never compared: with `deleted_at` in the key, all
    living rows may be alike. Code that gets or creates rows by the key makes a new one each time.

    ## When to leave it
    Rows without the value may repeat on purpose.

    ## How the fix works
    It adds a unique index on the other columns over the rows where the column is null, and leaves the key as it is. It
    fails while doubles are there.

    ## References
    - https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-UNIQUE-CONSTRAINTS
    - https://www.sqlite.org/lang_createindex.html
    """

    code = "KEY005"
    level = Level.WARNING
    precision = Precision.MEDIUM
    category = Category.DATA_INTEGRITY

    def detect(self, survey: Survey) -> Iterable[Finding]:
        """One finding for each such column of a key."""
        for table in survey.tables:
            for leak in _leaks(table, survey):
                yield self._finding(survey, table, leak)

    def _finding(self, survey: Survey, table: Table, leak: _Leak) -> Finding:
        ref = table.ref.over(leak.rest)
        if leak.soft_delete:
            harm = f"every row that is not deleted has NULL in {leak.column.name}, so all of them may be alike"
        else:
            harm = f"rows with NULL in {leak.column.name} are never compared, so they may be alike"
        return Finding(
            self.name(),
            ref,
            f"{table.ref}({', '.join(leak.rest)}) can repeat in spite of {leak.path}: {harm}.",
            hint=f"Add a unique index on ({', '.join(leak.rest)}) where {leak.column.name} is null.",
            evidence=(
                Evidence(EvidenceKind.CATALOG, leak.path.described(), leak.path.origin),
                Evidence(EvidenceKind.CATALOG, f"{leak.column.name} may be null", survey.origin_of(ref)),
                *(shown_uses(leak.relied_on) if leak.relied_on is not None else ()),
            ),
            origin=leak.path.origin,
            salient=(leak.column.name,),
            precision=Precision.HIGH if leak.soft_delete else None,
            level=None if leak.soft_delete or leak.relied_on is not None else Level.INFO,
        )

    def fix(self, finding: Finding, survey: Survey) -> Fix | None:
        """A unique index for the rows without the value."""
        table = survey.catalog.table(finding.object)
        if table is None or not survey.engine.capabilities.partial_indexes:
            return None
        for leak in _leaks(table, survey):
            if (leak.column.name,) == finding.salient and leak.rest == finding.object.columns:
                without = expression(f"{quoted(leak.column.name)} is null")
                index = new_index(survey.catalog, table, leak.rest, unique=True, predicate=without)
                note = f"Look for rows with NULL in {leak.column.name} that agree in ({', '.join(leak.rest)}) first."
                return Fix((Add(table.ref, index),), Applicability.UNSAFE, note)
        return None


def _leaks(table: Table, survey: Survey) -> Iterator[_Leak]:
    for path in paths(table):
        index = path.index
        names = index.column_names
        if not index.unique or index.nulls_not_distinct or len(names) < 2 or len(names) != len(index.columns):
            continue
        present = set(not_null_columns(index.predicate)) if index.predicate else set()
        columns = [column for column in map(table.column, names) if column is not None]
        nullable = [column for column in columns if column.nullable and column.name not in present]
        if len(nullable) != 1 or _is_minded(table, path, nullable[0]):
            continue
        rest = tuple(name for name in names if name != nullable[0].name)
        soft_delete = is_soft_delete(nullable[0])
        scope = index.predicate is None and bool(foreign_keys_over(table, (nullable[0].name,)))
        named = any(_NAMES.ends(name) and table.column(name) in columns for name in rest)
        relied_on = _relied_on(survey, table, names) if named or not _is_of_itself(table, nullable[0]) else None
        if soft_delete or relied_on is not None or (scope and named and not _is_choice(table, nullable[0])):
            yield _Leak(path, nullable[0], rest, soft_delete, relied_on)


def _relied_on(survey: Survey, table: Table, names: tuple[str, ...]) -> AssumedKey | None:
    """The use of the whole key by code that gets or creates rows by it, with NULL among what it may be given: Prisma
    lets none into the key that it looks for a row by."""
    keys = (key for key in assumed_keys(survey.code, table.ref) if set(key.columns) == set(names) and not key.where)
    return next((key for key in keys if any(_may_be_given_null(use) for use in key.uses)), None)


def _may_be_given_null(use: Use) -> bool:
    return use.reliance is Reliance.MADE_BY_KEY and use.query.library != "prisma"


def _is_of_itself(table: Table, column: Column) -> bool:
    """True for a reference to a row of the same table: those without it are the roots, and no two of them need differ
    but by name."""
    keys = (key for key in table.foreign_keys if column.name in key.columns)
    return any(key.referenced.key == table.ref.key for key in keys)


def _is_minded(table: Table, path: Path, column: Column) -> bool:
    """True where the rows without the value cannot repeat, or are left out of the key's care."""
    if path.index.predicate is not None and implies_is_null(path.index.predicate, column.name):
        return True
    rest = {name for name in path.index.column_names if name != column.name}
    if any(_is_other_way(table, other, rest, column) for other in paths(table)):
        return True
    return any(
        other.index.unique
        and other.index is not path.index
        and set(other.index.column_names) <= rest
        and len(other.index.column_names) == len(other.index.columns)
        and (other.index.predicate is None or implies_is_null(other.index.predicate, column.name))
        for other in paths(table)
    )


def _is_other_way(table: Table, other: Path, rest: set[str], column: Column) -> bool:
    """Whether another key holds the rest together with another optional column: a row has the one value or the other,
    and the key of that one holds it."""
    names = other.index.column_names
    extra = [found for name in names if name not in rest and (found := table.column(name)) is not None]
    same = other.index.unique and rest < set(names) and len(extra) == 1 and extra[0].name != column.name
    return same and extra[0].nullable


def _is_choice(table: Table, column: Column) -> bool:
    """True where the column is one of several optional owners, of which a row has one."""
    optional = {
        key.columns[0]
        for key in table.foreign_keys
        if len(key.columns) == 1 and key.referenced.key != table.ref.key and not says_who(key.columns[0])
    }
    others = [name for name in optional - {column.name} if (found := table.column(name)) is not None and found.nullable]
    return bool(others)
