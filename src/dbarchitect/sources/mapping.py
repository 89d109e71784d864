"""How classes of a program stand for tables: what a reader of code must know of the models to understand a query.

Plain data, made by the readers of models (`SourceReading.models`), the same for every framework and language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dbarchitect.catalog.queries import Join
from dbarchitect.catalog.refs import Ref


@dataclass(frozen=True, slots=True)
class Through:
    """The table between two others of a many-to-many relation: (own column, its column), (its column, theirs).

    `fixed` are columns of the table between that must equal a constant besides (`MappedRelation.fixed`).
    """

    table: Ref
    near: tuple[tuple[str, str], ...]
    far: tuple[tuple[str, str], ...]
    fixed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MappedRelation:
    """An attribute by which a model leads to another: `order.user`, `user.orders`.

    `target` is the key of the other model. `pairs` are (own column, column of the other table); empty where `through`
    tells the way. `many`: it leads to any number of rows. `eager` tells that the mapping itself loads it along
    (`joined`, `selectin`, `subquery`, `raise`), None: when touched. `query_name` is its name in a filter where that is
    another (Django's `related_query_name`), `reverse`: the foreign key stands on the other side. `dynamic`: touching it
    gives a query, not rows. `parent`: it leads to the row of a base's own table that is a part of the same object.
    `fixed` are columns of the other table that must equal a constant besides: the content type of a generic relation.
    """

    name: str
    target: str
    many: bool
    pairs: tuple[tuple[str, str], ...] = ()
    through: Through | None = None
    eager: str | None = None
    query_name: str | None = None
    reverse: bool = False
    dynamic: bool = False
    parent: bool = False
    fixed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MappedModel:
    """A class, or a Table object, that stands for a table.

    `key` is `path:qualified.name` of the class or variable; `label` is how else the program names it (`shop.Order`).
    `columns` maps attributes to columns, a Django foreign key by both its names (`user`, `user_id`). `ordering` is the
    order that every query of it has by itself, (column, descending). `bases` are the keys of mapped classes that it
    inherits from. `aliases` are a library's names that stand for it (`django.contrib.auth.get_user_model`). `keys` are
    the names under which a client addresses a unique key of several columns, with its attributes (Prisma's
    `userId_trackId`). `values` tells for an attribute what is stored for each name that the program uses, where the two
    differ for any of them (`{"role": {"ADMIN": "admin"}}`).
    """

    key: str
    name: str
    table: Ref
    columns: Mapping[str, str] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    relations: Mapping[str, MappedRelation] = field(default_factory=dict)
    label: str | None = None
    ordering: tuple[tuple[str, bool], ...] = ()
    bases: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


Way = tuple[Join, ...]


def column_of(models: Mapping[str, MappedModel], model: MappedModel, attribute: str) -> tuple[Ref, Way] | None:
    """The column that an attribute of a model stands for, and the joins to it where a base's table holds it.

    `models` are all of the reading by key. None where neither the model nor a mapped base has such an attribute.
    """
    for holder, way in _holders(models, model):
        column = holder.columns.get(attribute)
        if column is not None:
            return holder.table.column(column), way
    return None


def relation_of(
    models: Mapping[str, MappedModel], model: MappedModel, name: str, *, in_filter: bool = False
) -> tuple[MappedModel, MappedRelation, Way] | None:
    """The relation that a model or a mapped base of it has by that name: the model that holds it, it, and the joins
    to that model's table. `in_filter`: the name is one of a filter (`MappedRelation.query_name`)."""
    for holder, way in _holders(models, model):
        found = holder.relations.get(name)
        if in_filter and (found is None or found.query_name is not None):
            found = next((r for r in holder.relations.values() if (r.query_name or r.name) == name), None)
        if found is not None:
            return holder, found, way
    return None


def _holders(models: Mapping[str, MappedModel], model: MappedModel) -> Iterator[tuple[MappedModel, Way]]:
    """The model and its mapped bases, each once, the nearest first, with the joins that lead to their tables."""
    waiting: list[tuple[MappedModel, Way]] = [(model, ())]
    seen = {model.key}
    while waiting:
        holder, way = waiting.pop(0)
        yield holder, way
        for key in holder.bases:
            base = models.get(key)
            if base is not None and key not in seen:
                seen.add(key)
                waiting.append((base, (*way, *_step(holder, base))))


def _step(model: MappedModel, base: MappedModel) -> Way:
    """The join to a base's table: none where the two share it, else by the relation to the parent or by the keys."""
    if model.table.key == base.table.key:
        return ()
    link = next((r for r in model.relations.values() if r.parent and r.target == base.key), None)
    pairs = link.pairs if link is not None else zip(model.primary_key, base.primary_key, strict=False)
    return (Join(tuple((model.table.column(own), base.table.column(other)) for own, other in pairs)),)
