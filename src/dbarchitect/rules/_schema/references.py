"""Columns that refer to a table without saying so to the database, judged by name, type and company."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.finding import Precision
from dbarchitect.rules._names import phrases, singular, singular_words, thing_words, words
from dbarchitect.rules._schema.shape import asked_once_of_each, is_account, is_copy, joined_columns, tables_by_thing
from dbarchitect.rules._schema.values import default_of

_ROLES = phrases(
    "owner, author, parent, target, source, from, to, sender, receiver, recipient, assigned, assignee, new, old, "
    "previous, next, original, primary, default, main, root, first, last, current, created by, updated by, invited by, "
    "approved by, active, selected, winning, linked, related"
)
_PASSING = phrases("last, previous, current, active, selected, original, max, min")
_PEOPLE = phrases(
    "owner, author, creator, assignee, reviewer, created by, updated by, invited by, approved by, deleted by, "
    "modified by, uploaded by, assigned to, added by"
)
_STORES = frozenset({"library", "item", "entry", "record", "catalog", "registry", "store"})
_ANY = "any model, by"
_SEVERAL = 3
_NO_KEY = re.compile(
    r"\b(?:no|without(?: an?)?|not an?|isn't an?|soft|logical|(?:ignor|skipp|avoid|omitt)ing(?: an?| the)?)\s+"
    r"(?:(?:db|database|real|hard|strict|actual|proper)\s+)?"
    r"(?:fks?|foreign[- ]keys?|references?|relations?)\b",
    re.IGNORECASE,
)
_KEYS = {Family.INTEGER, Family.UUID, Family.TEXT}


_GONE = frozenset({"deleted", "removed", "archived", "trashed", "purged", "former", "trash", "tombstone"})
_WAREHOUSE = frozenset({"fact", "ft", "fct", "dim"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A column of a table that refers to `key`, the primary key of `target`, and why that is thought."""

    table: Table
    column: Column
    target: Table
    key: Column
    why: str
    precision: Precision


def undeclared_references(catalog: Catalog, table: Table) -> Iterator[Reference]:
    """The columns that no foreign key holds and that refer to a table all the same."""
    if is_copy(table) or is_of_a_warehouse(table):
        return
    held = {column for key in table.foreign_keys for column in key.columns}
    own_key = table.primary_key.columns if table.primary_key else ()
    for column in table.ordered_columns:
        if column.name in held or catalog.family(column.type) not in _KEYS or column.generated is not None:
            continue
        if says_no_key(column):
            continue
        if (own_key == (column.name,) and column.identity is not None) or _is_kept_by_parent(catalog, table, column):
            continue
        found = _declared(catalog, table, column)
        if found is None and telling_column(column) is None:
            found = _named(catalog, table, column)
        if found is not None and not (_is_elsewhere(table, found.target) or _outlives(table, found.target)):
            yield found


@asked_once_of_each
def undeclared_targets(table: Table, catalog: Catalog) -> dict[str, Table]:
    """The tables that the undeclared references of one refer to, by column."""
    return {found.column.name: found.target for found in undeclared_references(catalog, table)}


def is_of_a_warehouse(table: Table) -> bool:
    """True for a table of facts or of a dimension (`ft_billing`, `fact_sales`, `dim_day`): numbers that are computed
    from rows which may be gone by then, and loaded in bulk."""
    named = (thing_words(table), words(table.name))
    return any(len(own) > 1 and own[0] in _WAREHOUSE for own in named)


def _outlives(table: Table, target: Table) -> bool:
    """True for what is kept of rows that are gone (`domain_deleted_alias.alias_id`): no row answers to its number."""
    said = thing_words(table)
    return not _GONE.isdisjoint(said) and set(thing_words(target)) <= set(said)


def _is_elsewhere(table: Table, target: Table) -> bool:
    """Whether the models gather two tables apart, as they do for two databases: no foreign key leads from one to the
    other."""
    homes = (table.declared_in, target.declared_in)
    return None not in homes and homes[0] != homes[1]


def says_no_key(column: Column) -> bool:
    """Whether a comment beside the column says that it has no foreign key, and so that this was decided."""
    comment = column.declared.comment if column.declared is not None else None
    return comment is not None and _NO_KEY.search(comment) is not None


def _is_kept_by_parent(catalog: Catalog, table: Table, column: Column) -> bool:
    """True where the row that this one continues, key for key, holds the same reference as a foreign key: a copy."""
    parents = (catalog.table(key.referenced) for key in table.foreign_keys if table.is_key(key.columns))
    others = (parent for parent in parents if parent is not None and parent.ref.key != table.ref.key)
    return any(key.columns == (column.name,) for parent in others for key in parent.foreign_keys)


def declared_reference(column: Column) -> str | None:
    """The model or column that the application's model says this one refers to; None where that is any model."""
    said = column.declared.references if column.declared else None
    return said if said and not said.startswith(_ANY) else None


def telling_column(column: Column) -> str | None:
    """The column that names the table which this one refers to, as the model declares it."""
    said = column.declared.references if column.declared else None
    return said.removeprefix(_ANY).strip() if said and said.startswith(_ANY) else None


def kept_by_the_client_alone(catalog: Catalog) -> tuple[Column, ...]:
    """The references of a schema that has no foreign key although its models declare several: a custom, not a slip."""
    if any(table.foreign_keys for table in catalog.tables):
        return ()
    found = tuple(c for table in catalog.tables for c in table.columns if declared_reference(c) is not None)
    return found if len(found) >= _SEVERAL else ()


def _declared(catalog: Catalog, table: Table, column: Column) -> Reference | None:
    """A reference that the application's model declares and keeps from the database."""
    said = declared_reference(column)
    if said is None:
        return None
    for part in (said, said.rpartition(".")[0], said.rpartition(".")[2]):
        target = _only_table_called(catalog, table, singular_words(part))
        key = _key_of(catalog, target, column)
        if target is not None and key is not None:
            return Reference(table, column, target, key, f"the model says that it refers to {said}", Precision.HIGH)
    return None


def _named(catalog: Catalog, table: Table, column: Column) -> Reference | None:
    own = words(column.name)
    if len(own) >= 2 and own[-1] in {"id", "uuid", "fk"}:
        thing = tuple(singular(word) for word in own[:-1])
        if _is_half_of_a_pair(table, column.name, own[:-1]):
            return None
        return _by_thing(catalog, table, column, thing)
    if _PEOPLE.whole(column.name) and catalog.family(column.type) in {Family.INTEGER, Family.UUID}:
        return _by_person(catalog, table, column)
    return None


def _by_thing(catalog: Catalog, table: Table, column: Column, thing: tuple[str, ...]) -> Reference | None:
    """`order_id`, `source_account_id`, `parent_id`."""
    text = catalog.family(column.type) is Family.TEXT
    sure = Precision.LOW if text else Precision.MEDIUM
    in_a_role = [thing[size:] for size in range(1, len(thing)) if _ROLES.whole("_".join(thing[:size]))]
    for wanted in (thing, *in_a_role):
        target = _only_table_called(catalog, table, wanted)
        key = _key_of(catalog, target, column)
        if target is not None and key is not None and target.ref.key != table.ref.key:
            passing = wanted is not thing and _PASSING.whole("_".join(thing[: len(thing) - len(wanted)]))
            if passing and not column.nullable and default_of(column) is not None:
                return None  # how far a job has come, beginning with 0: a bookmark, not a reference
            why = "its name is that of a table"
            return Reference(table, column, target, key, why, Precision.LOW if passing else sure)
    if thing == ("parent",) and not text and (key := _key_of(catalog, table, column)) is not None:
        return Reference(table, column, table, key, "a parent among rows of its own kind", Precision.LOW)
    if _PEOPLE.whole("_".join(thing)) and not text:
        return _by_person(catalog, table, column)
    stores = [t for t in catalog.tables if _is_store_of(t, thing) and t.ref.key != table.ref.key]
    if len(stores) == 1 and (key := _key_of(catalog, stores[0], column)) is not None and not text:
        return Reference(table, column, stores[0], key, "its name begins that of one table only", Precision.LOW)
    return None


def _by_person(catalog: Catalog, table: Table, column: Column) -> Reference | None:
    """`created_by`, `author_id`: the one table of people who sign in."""
    accounts = [t for t in catalog.tables if is_account(t) and _key_of(catalog, t, column) is not None]
    users = [t for t in accounts if thing_words(t)[-1:] == ("user",)] or accounts
    if len(users) != 1 or (key := _key_of(catalog, users[0], column)) is None:
        return None
    return Reference(table, column, users[0], key, "it names a person, and this is the table of people", Precision.LOW)


def _is_half_of_a_pair(table: Table, name: str, stem: tuple[str, ...]) -> bool:
    """True for `object_id` beside `object_type`: which table it points at is told by the row."""
    kinds = {(*stem, "type"), (*stem, "kind"), (*stem, "model"), (*stem, "table"), (*stem, "class")}
    if any(words(column.name) in kinds for column in table.columns):
        return True
    generic = stem in {("object",), ("entity",), ("resource",), ("record",), ("target",), ("subject",), ("item",)}
    return generic and any(words(c.name)[-1:] == ("type",) for c in table.columns if c.name != name)


def _only_table_called(catalog: Catalog, table: Table, thing: tuple[str, ...]) -> Table | None:
    """The one table of this name; with the application's prefix that the asking table has, too."""
    wanted = "".join(thing)
    if not wanted:
        return None
    prefix = singular_words(table.name)[:1]
    tables = catalog.derive(tables_by_thing)
    named = tables.get(wanted) or tables.get("".join((*prefix, *thing)), [])
    named = [t for t in named if not joined_columns(t)]
    found = [t for t in named if t.schema == table.schema] or [t for t in named if t.schema is None]
    return found[0] if len(found) == 1 else None


def _is_store_of(table: Table, thing: tuple[str, ...]) -> bool:
    own = thing_words(table)
    return len(own) == len(thing) + 1 and own[: len(thing)] == thing and own[-1] in _STORES


def _key_of(catalog: Catalog, target: Table | None, column: Column) -> Column | None:
    """The primary key that the column could hold, None where the types do not agree."""
    if target is None or target.primary_key is None or len(target.primary_key.columns) != 1:
        return None
    key = target.column(target.primary_key.columns[0])
    if key is None or catalog.family(key.type) is not catalog.family(column.type):
        return None
    if _is_meant_otherwise(catalog, target, key, column):
        return None
    own, theirs = catalog.base_type(column.type), catalog.base_type(key.type)
    limits = (own.length, theirs.length)
    return key if own.family is not Family.TEXT or None in limits or limits[0] == limits[1] else None


def _is_meant_otherwise(catalog: Catalog, target: Table, key: Column, column: Column) -> bool:
    """True where another column of the table is likelier meant than its key: one of the very same name, or a unique one
    of the very type where the key's is another one (`bigint` beside a key that is an `integer`)."""
    if key.name != column.name and target.column(column.name) is not None:
        return True
    own = catalog.base_type(column.type)
    others = (c for c in target.columns if c.name != key.name and catalog.base_type(c.type) == own)
    return catalog.base_type(key.type) != own and any(target.is_key((other.name,)) for other in others)
