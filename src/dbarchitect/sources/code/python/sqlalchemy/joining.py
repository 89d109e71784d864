"""Joins: along relations, along foreign keys, on a condition, and by an alias or a query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from dbarchitect.catalog.queries import Join
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.base import SourceReading
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.sqlalchemy.conditions import applied, joined_pairs
from dbarchitect.sources.code.python.sqlalchemy.values import Condition, Derived, RelationValue
from dbarchitect.sources.code.python.values import ModelClass
from dbarchitect.sources.code.values import Value
from dbarchitect.sources.mapping import MappedModel

Key = tuple[str, ...]


class Links:
    """The foreign keys between tables, to join them where a program names only the table."""

    def __init__(self, readings: Sequence[SourceReading]) -> None:
        self._pairs: dict[tuple[Key, Key], tuple[tuple[Ref, Ref], ...]] = {}
        for reading in readings:
            for table in reading.catalog.tables:
                for link in table.foreign_keys:
                    pairs = tuple(
                        (table.ref.column(own), link.referenced.table_ref.column(other))
                        for own, other in zip(link.columns, link.referenced_columns, strict=False)
                    )
                    self._pairs.setdefault((table.ref.key, link.referenced.table_ref.key), pairs)

    def between(self, one: Ref, other: Ref) -> tuple[tuple[Ref, Ref], ...]:
        """The pairs by which a table leads to another, by a foreign key of the one or the other; empty without one."""
        found = self._pairs.get((one.key, other.key))
        if found:
            return found
        return tuple((theirs, own) for own, theirs in self._pairs.get((other.key, one.key), ()))


def joins_of(relation: RelationValue, *, outer: bool = False) -> tuple[Join, ...]:
    """The joins along a relation."""
    own, target, link = relation.holder.table, relation.target.table, relation.relation
    if link.through is not None:
        table = link.through.table
        near = Join(tuple((own.column(a), table.column(b)) for a, b in link.through.near), outer)
        far = Join(tuple((table.column(a), target.column(b)) for a, b in link.through.far), outer)
        return (*relation.way, near, far)
    pairs = tuple((own.column(a), target.column(b)) for a, b in link.pairs)
    return (*relation.way, Join(pairs, outer)) if pairs else relation.way


def along(draft: Draft, relation: RelationValue, *, outer: bool = False) -> Draft:
    """A draft joined along a relation."""
    draft = _from_holder(draft, relation).join(*joins_of(relation, outer=outer)).using(relation.target.table)
    return applied(draft, relation.condition) if relation.condition is not None else draft


def _from_holder(draft: Draft, relation: RelationValue) -> Draft:
    """The draft with the table that a relation leads from as its main one: of `query(User.email, Log.at)` joined along
    `Log.user` the rows are those of the log, whichever column is named first."""
    selected = draft.noted("selected")
    columns = isinstance(selected, tuple) and not any(isinstance(value, ModelClass) for value in selected)
    back = draft.table == relation.target.table and draft.table != relation.holder.table
    if not columns or not back or draft.joins or relation.way:
        return draft
    return draft.but(table=relation.holder.table, model=relation.holder)


def joined(
    draft: Draft,
    target: Value,
    condition: Value | None,
    links: Links,
    models: Mapping[str, MappedModel],
    *,
    outer: bool,
) -> Draft:
    """A draft joined with a target, on a condition or as the mapping says."""
    match target:
        case RelationValue():
            return along(draft, target, outer=outer)
        case ModelClass(model=model):
            table: Ref | None = model.table
            inner: Draft | None = None
        case Derived(draft=inner) | (Draft() as inner):
            table = inner.table
            draft = folded(draft, inner)
        case _:
            return draft.unknown("table")
    if isinstance(condition, RelationValue):
        return along(draft, condition, outer=outer)
    if isinstance(condition, Condition):
        return on(draft, condition, table, outer=outer, inner=inner)
    if condition is not None or table is None:
        return draft.using(table).unknown("where") if table is not None else draft.unknown("table")
    pairs = _implied(draft, table, links)
    if pairs is None and isinstance(target, ModelClass):
        pairs = _by_relation(draft, target.model, models)
    return draft.join(Join(pairs, outer)) if pairs else draft.using(table)


def on(draft: Draft, condition: Condition, table: Ref | None, *, outer: bool, inner: Draft | None = None) -> Draft:
    """A draft joined on a condition: its pairs as the join, the rest as predicates."""
    before = draft
    draft = joined_pairs(draft, condition.pairs, outer=outer, target=table, inner=inner)
    own = tuple(replace(p, of_join=True) for p in condition.predicates) if outer else condition.predicates
    draft = applied(draft, replace(condition, pairs=(), predicates=own))
    return draft.using(table) if table is not None and draft.joins == before.joins else draft


def folded(draft: Draft, inner: Draft) -> Draft:
    """A draft with what a query inside it reads and demands."""
    new = tuple(p for p in inner.predicates if p not in draft.predicates)
    found = draft.join(*inner.joins).using(*inner.tables).where(*new)
    return found.unknown("where") if "where" in inner.dynamic else found


def _implied(draft: Draft, table: Ref, links: Links) -> tuple[tuple[Ref, Ref], ...] | None:
    for known in reversed(draft.tables):
        pairs = links.between(known, table)
        if pairs:
            return pairs
    return None


def _by_relation(
    draft: Draft, target: MappedModel, models: Mapping[str, MappedModel]
) -> tuple[tuple[Ref, Ref], ...] | None:
    tables = {ref.key for ref in draft.tables}
    for model in _among(models.values(), tables):
        for relation in model.relations.values():
            if relation.target == target.key and relation.pairs:
                return tuple((model.table.column(a), target.table.column(b)) for a, b in relation.pairs)
    return None


def _among(models: Iterable[MappedModel], tables: set[Key]) -> Iterable[MappedModel]:
    return (model for model in models if model.table.key in tables)
