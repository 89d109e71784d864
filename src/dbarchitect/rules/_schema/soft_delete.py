"""Soft deletion: the mark, the unique names that it must set free, and how."""

from __future__ import annotations

from collections.abc import Iterator

from dbarchitect.catalog.expressions import Expression, expression, value_sets
from dbarchitect.catalog.members import Column, Index, IndexColumn, UniqueKey
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.change.apply import apply_all
from dbarchitect.change.operations import Add, Change, Drop
from dbarchitect.rules._fixes.members import new_index
from dbarchitect.rules._names import phrases, singular_words, thing_words, words
from dbarchitect.rules._schema.domains import keeps_its_past
from dbarchitect.rules._schema.paths import is_indexed
from dbarchitect.rules._schema.shape import is_soft_delete
from dbarchitect.rules._sql import quoted

_ADDRESSES = phrases("slug, subdomain")
_NAMES = frozenset(words("email username name title login handle path url label phone domain hostname slug subdomain"))
_QUALIFIERS = frozenset(words("user address number display full primary custom"))
_DRAWN_BY_LOT = frozenset(words("share invitation invite token"))
_GONE = frozenset({"deleted", "archived", "removed", "trashed", "closed", "discarded", "deactivated"})
_STATES = phrases("status, state, account status, visibility, user status")
_MARKS = phrases(
    "archived, is archived, trashed, is trashed, trashed at, closed at, deactivated at, is deactivated, visible, is "
    "visible, hidden, is hidden, hidden at, disabled at, removed, is removed"
)
_KEPT = frozenset({"archived"})


def deletion_mark(table: Table) -> Column | None:
    """The column that marks deleted rows; archived ones are put away, not deleted, and keep their names."""
    marks = (c for c in table.ordered_columns if is_soft_delete(c) and not _KEPT & set(words(c.name)))
    return next(marks, None)


def can_be_marked(catalog: Catalog, table: Table) -> bool:
    """True where a row can be taken out of sight without being deleted: by any mark, or a state that means gone, or may
    mean it since nothing says which states there are."""
    if keeps_its_past(table):
        return True
    for column in table.columns:
        if is_soft_delete(column) or _MARKS.ends(column.name):
            return True
        known = state_values(catalog, table, column)
        if _STATES.whole(column.name) and (known & _GONE or not known):
            return True
    return False


def full_uniques(catalog: Catalog, table: Table) -> Iterator[tuple[str, ...]]:
    """The columns of each full unique key that holds a name which people give and take, and no UUID."""
    seen: set[tuple[str, ...]] = set()
    for _, columns in _full_members(table):
        held = [column for name in columns if (column := table.column(name)) is not None]
        uuid = any(catalog.family(column.type) is Family.UUID for column in held if not _refers(table, column.name))
        if columns not in seen and any(_is_given(table, n) for n in columns if not _refers(table, n)) and not uuid:
            seen.add(columns)
            yield columns


def _is_given(table: Table, name: str) -> bool:
    """True for a name that people give and take. None are `followers_url` (made from the name), `github_username`
    (somebody's elsewhere) and the slug of a share (drawn by lot)."""
    own, things = set(singular_words(name)), set(thing_words(table))
    if things & _DRAWN_BY_LOT:
        return False
    return _ADDRESSES.ends(name) or (bool(own & _NAMES) and own <= _NAMES | _QUALIFIERS | things)


def unique_members(table: Table, columns: tuple[str, ...]) -> tuple[UniqueKey | Index, ...]:
    """The full unique keys and indexes over exactly these columns."""
    return tuple(member for member, own in _full_members(table) if own == columns)


def made_partial(catalog: Catalog, table: Table, mark: Column, columns: tuple[str, ...]) -> tuple[Change, ...]:
    """Add a unique index over the rows that are not deleted, then drop the full key; keep foreign keys indexed that the
    full key served. Empty where a foreign key points at the key, which must then stay."""
    if any(set(key.referenced_columns) == set(columns) for _, key in catalog.references_to(table.ref)):
        return ()
    index = new_index(catalog, table, columns, unique=True, predicate=not_deleted(catalog, mark))
    drops = (Drop(table.ref, member) for member in unique_members(table, columns))
    changes: tuple[Change, ...] = (Add(table.ref, index), *drops)
    for key in table.foreign_keys:
        after = apply_all(changes, catalog)
        changed = after.table(table.ref)
        if changed is not None and is_indexed(table, key.columns) and not is_indexed(changed, key.columns):
            changes += (Add(table.ref, new_index(after, changed, key.columns)),)
    return changes


def not_deleted(catalog: Catalog, mark: Column) -> Expression:
    """The predicate of the rows that are not deleted."""
    family, name = catalog.family(mark.type), quoted(mark.name)
    if family is Family.BOOLEAN:
        return expression(f"{name} IS NOT TRUE" if mark.nullable else f"NOT {name}")
    if family is Family.INTEGER and not mark.nullable:
        return expression(f"{name} = 0")
    return expression(f"{name} IS NULL")


def state_values(catalog: Catalog, table: Table, column: Column) -> set[str]:
    """The values that a column is known to take, in lower case: of its enum, a CHECK, the model's choices."""
    enum = catalog.enum_of(catalog.base_type(column.type))
    known = {value for check in table.checks for value in value_sets(check.expression).get(column.name, ())}
    known |= set(enum.values if enum else ()) | set(column.declared.choices if column.declared else ())
    return {value.casefold() for value in known}


def _full_members(table: Table) -> Iterator[tuple[UniqueKey | Index, tuple[str, ...]]]:
    for key in table.unique_keys:
        yield key, key.columns
    for index in table.indexes:
        if index.unique and index.predicate is None and index.columns == tuple(map(IndexColumn, index.column_names)):
            yield index, index.column_names


def _refers(table: Table, name: str) -> bool:
    return any(name in key.columns for key in table.foreign_keys)
