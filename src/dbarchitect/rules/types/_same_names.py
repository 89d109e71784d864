"""Columns that are called alike in several tables and mean the same, and the types that they have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dbarchitect.catalog.members import Column
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.types import Family
from dbarchitect.rules._names import phrases, singular_words, words
from dbarchitect.rules._schema.shape import is_copy

_ANY_TABLE = phrases(
    "object id, external id, resource id, entity id, target id, source id, reference id, parent id, record id, "
    "content id, remote id, foreign id, subject id, item id, node id, session id, request id, message id, event id, "
    "transaction id, trace id, client id, key id, owner id, provider id, job id, task id, run id, group id, model id, "
    "row id, old id, new id, original id, unique id, public id, device id, app id, tenant id, related id, origin id, "
    "instance id, type id, correlation id, action id, batch id, version id, process id"
)
_OPEN = phrases(
    "default value, old value, new value, initial value, current value, field value, error code, status code, min "
    "value, max value, raw value, raw data, extra data, meta data, custom fields, metadata, type"
)
_OUTSIDE = frozenset(
    words(
        "stripe paypal salesforce hubspot github gitlab bitbucket jira slack discord google microsoft oauth saml scim "
        "payment transaction external integration provider gateway webhook sync import vendor"
    )
)
_ALIKE = (
    {Family.TEXT, Family.ENUM},
    {Family.TEXT, Family.JSON},
    {Family.DECIMAL, Family.FLOAT, Family.MONEY},
)
_WIDTHS = frozenset({"smallint", "integer", "bigint"})


@dataclass(frozen=True, slots=True)
class Place:
    """A column and its table."""

    table: Table
    column: Column
    kind: str
    referring: bool

    def __str__(self) -> str:
        """`orders.user_id integer`."""
        return f"{self.table.ref.column(self.column.name)} {self.column.type}"


@dataclass(frozen=True, slots=True)
class SameName:
    """A name, the places of its rarer kinds of type (the odd ones), and all others."""

    name: str
    odd: tuple[Place, ...]
    others: tuple[Place, ...]
    is_reference: bool


def same_names(catalog: Catalog, tables: tuple[Table, ...]) -> Iterator[SameName]:
    """The names whose columns have types of several kinds."""
    named: dict[tuple[str, ...], list[tuple[Table, Column]]] = {}
    for table in tables:
        if not is_copy(table) and "legacy" not in words(table.name):
            for column in table.ordered_columns:
                if _is_prescribed(table, column):
                    continue
                named.setdefault(words(column.name), []).append((table, column))
    for own, columns in sorted(named.items()):
        if len(columns) > 1 and _means_one_thing(own, columns[0][1].name):
            yield from _judge(catalog, own, columns)


def _is_prescribed(table: Table, column: Column) -> bool:
    """True for what a library of OAuth prescribes beside its tokens (the provider's numbers, seconds since 1970), and
    for the numbers of other systems in tables about those."""
    own = words(column.name)[-1:]
    if own not in {("id",), ("at",)}:
        return False
    tokens = {("access", "token"), ("refresh", "token")} <= {words(other.name) for other in table.columns}
    outside = bool(_OUTSIDE & set(singular_words(table.name))) and not any(
        column.name in k.columns for k in table.foreign_keys
    )
    return tokens or (outside and own == ("id",))


def _means_one_thing(own: tuple[str, ...], name: str) -> bool:
    """True for references (`user_id`) and for names of several words (`email_verified`)."""
    return len(own) >= 2 and not _ANY_TABLE.whole(name) and not _OPEN.ends(name)


def _judge(catalog: Catalog, own: tuple[str, ...], columns: list[tuple[Table, Column]]) -> Iterator[SameName]:
    reference = own[-1] == "id"
    places: list[Place] = []
    targets: set[tuple[str, ...]] = set()
    for table, column in columns:
        kind = _kind(
            catalog, column, widths=reference and not catalog.engine.capabilities.integer_primary_key_is_64_bit
        )
        keys = [key for key in table.foreign_keys if column.name in key.columns]
        targets |= {key.referenced.key for key in keys}
        if kind is not None:
            places.append(Place(table, column, kind, bool(keys)))
    if len(targets) > 1:  # each follows what it refers to, and what the others mean cannot be told
        return
    # In the table referred to, the column is a name that its rows go by, and nobody joins the references to it.
    places = [place for place in places if place.referring or place.table.ref.key not in targets]
    counts: dict[str, int] = {}
    for place in places:
        counts[place.kind] = counts.get(place.kind, 0) + 1
    if len(counts) < 2 or (reference and len({place.referring for place in places}) < 2):
        return  # of references one is declared and shows what is meant, another is not
    common = max(counts, key=lambda kind: (any(p.referring for p in places if p.kind == kind), counts[kind], kind))
    if any({common, *counts} <= {family.value for family in alike} for alike in _ALIKE):
        return
    odd = tuple(place for place in places if place.kind != common)
    yield SameName(columns[0][1].name, odd, tuple(place for place in places if place.kind == common), reference)


def _kind(catalog: Catalog, column: Column, *, widths: bool) -> str | None:
    family = catalog.family(column.type)
    if column.type.dimensions or family is Family.OTHER:
        return None
    base = catalog.base_type(column.type)
    return base.name if widths and base.name in _WIDTHS else family.value
