"""How what a schema exports stands for tables: what a reader of code must know to understand a query.

The key of a model is `path:name` of the variable where it is declared; `label` is the key of `db.query`, which is the
name that the schema exports it under; `aliases` are the other names that it is exported by. Views are models too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.drizzle.relations import Relation, other_end
from dbarchitect.sources.drizzle.schema import Exported
from dbarchitect.sources.drizzle.shapes import Shapes
from dbarchitect.sources.drizzle.values import Called
from dbarchitect.sources.mapping import MappedModel, MappedRelation, Through


def key_of(item: Exported) -> str:
    """The key of a model."""
    return f"{item.path}:{item.name}"


def mapped_models(
    exported: Iterable[Exported],
    relations: Iterable[Relation],
    shapes: Shapes,
    catalog: Catalog,
    labels: Mapping[Called, str],
) -> tuple[MappedModel, ...]:
    """A model for each table and view of the schema, in the order of their declaration.

    `labels` are the keys by which the program's client knows tables, where it is told.
    """
    mapper = _Mapper(tuple(exported), tuple(relations), shapes, catalog, labels)
    return tuple(mapper.models())


class _Mapper:
    def __init__(
        self,
        exported: tuple[Exported, ...],
        relations: tuple[Relation, ...],
        shapes: Shapes,
        catalog: Catalog,
        labels: Mapping[Called, str],
    ) -> None:
        self.labels = labels
        self.relations = relations
        self.shapes = shapes
        self.catalog = catalog
        self.items: dict[Called, Exported] = {}
        self.others: dict[Called, list[str]] = {}
        for item in exported:
            made = item.declared
            if made.engine != catalog.engine.name or not (made.kind == "table" or "view" in made.kind):
                continue
            if made.call in self.items:
                self.others.setdefault(made.call, []).append(item.label)
            else:
                self.items[made.call] = item

    def models(self) -> Iterator[MappedModel]:
        """The models."""
        for call, item in self.items.items():
            ref = self.shapes.ref(item.declared)
            if ref is None:
                continue
            columns = {key: one.column for key, one in self.shapes.properties(item.declared).items()}
            table = self.catalog.table(ref)
            key = table.primary_key if table is not None else None
            names = (item.label, *self.others.get(call, ()))
            yield MappedModel(
                key_of(item),
                item.name,
                ref,
                columns,
                key.columns if key is not None else (),
                self._relations(call, ref),
                self.labels.get(call, item.label),
                aliases=tuple(name for name in dict.fromkeys(names) if name != self.labels.get(call, item.label)),
            )

    def _relations(self, call: Called, own: Ref) -> Mapping[str, MappedRelation]:
        found = (self._relation(relation, own) for relation in self.relations if relation.source is call)
        return {relation.name: relation for relation in found if relation is not None}

    def _relation(self, relation: Relation, own: Ref) -> MappedRelation | None:
        target = self.items.get(relation.target)
        if target is None:
            return None
        key = key_of(target)
        if relation.over is not None:
            return self._across(relation, key)
        if relation.pairs:
            reverse = relation.many or not self._has_key(own, tuple(column for column, _ in relation.pairs))
            return MappedRelation(relation.name, key, relation.many, relation.pairs, reverse=reverse)
        back = other_end(relation, self.relations)
        if back is None or back.over is not None:
            return self._back_across(relation, back, key) if back is not None else None
        pairs = tuple((theirs, ours) for ours, theirs in back.pairs)
        return MappedRelation(relation.name, key, relation.many, pairs, reverse=True)

    def _has_key(self, own: Ref, columns: tuple[str, ...]) -> bool:
        """Whether the relation's own columns are a foreign key, or nobody's: then they are the ones that refer."""
        table = self.catalog.table(own)
        if table is None:
            return True
        if any(key.columns == columns for key in table.foreign_keys):
            return True
        return not table.is_key(columns)

    def _across(self, relation: Relation, key: str) -> MappedRelation | None:
        if relation.over is None:
            return None
        between, near, far = relation.over
        ref = self._ref(between)
        through = Through(ref, near, far) if ref is not None else None
        return MappedRelation(relation.name, key, relation.many, through=through) if through is not None else None

    def _back_across(self, relation: Relation, back: Relation, key: str) -> MappedRelation | None:
        if back.over is None:
            return None
        between, near, far = back.over
        ref = self._ref(between)
        if ref is None:
            return None
        turned = Through(ref, tuple((b, a) for a, b in far), tuple((b, a) for a, b in near))
        return MappedRelation(relation.name, key, relation.many, through=turned)

    def _ref(self, call: Called) -> Ref | None:
        item = self.items.get(call)
        return self.shapes.ref(item.declared) if item is not None else None
