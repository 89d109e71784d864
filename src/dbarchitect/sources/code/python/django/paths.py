"""Paths of a lookup (`order__user__email`) followed over the relations of models, with the joins that they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dbarchitect.catalog.queries import Comparison, Join, Operand, Predicate
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.django.columns import Columns
from dbarchitect.sources.mapping import MappedModel, MappedRelation, column_of, relation_of


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a path leads: the column, the parts of the path after it, and the relation that it ends at."""

    column: Ref
    rest: tuple[str, ...] = ()
    relation: MappedRelation | None = None
    model: MappedModel | None = None


class Paths:
    """Follows paths over the models of a project."""

    def __init__(self, models: Mapping[str, MappedModel], columns: Columns) -> None:
        self.models = models
        self.columns = columns

    def follow(self, draft: Draft, path: str, *, outer: bool = False) -> tuple[Draft, Reached | None]:
        """The query with the joins that a path needs, and where it leads; None (and the same query) when nobody
        knows. `outer`: rows without a partner stay."""
        parts = tuple(path.split("__"))
        model, joins, fixed = draft.model, list[Join](), list[Predicate]()
        if model is None:
            return draft, None
        here = model
        for number, part in enumerate(parts):
            rest = parts[number + 1 :]
            found = relation_of(self.models, here, part, in_filter=True)
            if found is None:
                reached = self._column(here, part, rest)
                if reached is None:
                    return draft, None
                return self._joined(draft, [*joins, *reached[1]], fixed), reached[0]
            holder, relation, way = found
            joins.extend(self._outer(j, outer) for j in way)
            target = self.models.get(relation.target)
            trimmed = self._trimmed(holder, relation, target, rest)
            if trimmed is not None:
                column, after, join = trimmed
                joins.extend(self._outer(j, outer) for j in join)
                return self._joined(draft, joins, fixed), Reached(column, after, relation, target)
            if target is None:
                return draft, None
            joins.extend(self.steps(holder, relation, target, outer=outer))
            fixed.extend(self.fixed(relation, target))
            here = target
            if not rest or not self._leads_on(target, rest[0]):
                key = self.key(target)
                if key is None:
                    return draft, None
                return self._joined(draft, joins, fixed), Reached(key, rest, relation, target)
        return draft, None

    def relation(self, draft: Draft, path: str, *, outer: bool = False) -> tuple[Draft, MappedModel | None]:
        """The query with a relation's table joined, and the model that the relation leads to."""
        here = draft.model
        joins: list[Join] = []
        for part in path.split("__"):
            found = relation_of(self.models, here, part, in_filter=True) if here is not None else None
            target = self.models.get(found[1].target) if found is not None else None
            if found is None or target is None:
                return draft, None
            joins.extend(self._outer(j, outer) for j in found[2])
            joins.extend(self.steps(found[0], found[1], target, outer=outer))
            here = target
        return draft.join(*joins), here

    def key(self, model: MappedModel) -> Ref | None:
        """The column of a model's primary key; None where it has several or none."""
        if len(model.primary_key) == 1:
            return model.table.column(model.primary_key[0])
        found = column_of(self.models, model, "pk")
        return found[0] if found is not None else None

    def steps(
        self, holder: MappedModel, relation: MappedRelation, target: MappedModel, *, outer: bool = False
    ) -> tuple[Join, ...]:
        """The joins that lead over a relation."""
        if relation.through is not None:
            between = relation.through.table
            near = tuple((holder.table.column(a), between.column(b)) for a, b in relation.through.near)
            far = tuple((between.column(a), target.table.column(b)) for a, b in relation.through.far)
            return Join(near, outer), Join(far, outer)
        pairs = tuple((holder.table.column(a), target.table.column(b)) for a, b in relation.pairs)
        if not pairs:
            return ()
        missing = relation.reverse or any(self.columns.is_nullable(own) for own, _ in pairs)
        return (Join(pairs, outer and missing),)

    def fixed(self, relation: MappedRelation, target: MappedModel) -> tuple[Predicate, ...]:
        """What a generic relation asks besides: the type of the object."""
        table = relation.through.table if relation.through is not None else target.table
        names = relation.through.fixed if relation.through is not None else relation.fixed
        return tuple(Predicate(table.column(name), Comparison.EQUAL, Operand.PARAMETER) for name in names)

    def _outer(self, join: Join, outer: bool) -> Join:
        return replace(join, outer=True) if outer and any(self.columns.is_nullable(a) for a, _ in join.pairs) else join

    def _leads_on(self, model: MappedModel, part: str) -> bool:
        return (
            column_of(self.models, model, part) is not None
            or relation_of(self.models, model, part, in_filter=True) is not None
            or part == "pk"
        )

    def _column(self, model: MappedModel, part: str, rest: tuple[str, ...]) -> tuple[Reached, tuple[Join, ...]] | None:
        found = column_of(self.models, model, part)
        if found is not None:
            return Reached(found[0], rest, None, model), found[1]
        key = self.key(model) if part == "pk" else None
        return (Reached(key, rest, None, model), ()) if key is not None else None

    def _trimmed(
        self, holder: MappedModel, relation: MappedRelation, target: MappedModel | None, rest: tuple[str, ...]
    ) -> tuple[Ref, tuple[str, ...], tuple[Join, ...]] | None:
        """The foreign key itself, where nothing of the other table is asked but the key that it refers to."""
        if relation.fixed or (relation.reverse and relation.through is None):
            return None
        through = relation.through
        pairs = through.far if through is not None else relation.pairs
        if len(pairs) != 1:
            return None
        own, other = pairs[0]
        after = rest
        if rest and target is not None and self._leads_on(target, rest[0]):
            column = column_of(self.models, target, rest[0])
            key = self.key(target) if column is None and rest[0] == "pk" else None
            name = column[0].columns[0] if column is not None and not column[1] else (key.columns[0] if key else None)
            if name != other or relation_of(self.models, target, rest[0], in_filter=True) is not None:
                return None
            after = rest[1:]
        if through is None:
            return holder.table.column(own), after, ()
        near = tuple((holder.table.column(a), through.table.column(b)) for a, b in through.near)
        return through.table.column(own), after, (Join(near),)

    def _joined(self, draft: Draft, joins: Sequence[Join], fixed: Sequence[Predicate]) -> Draft:
        known = {(j.pairs) for j in draft.joins}
        new = [j for j in joins if j.pairs not in known]
        draft = draft.join(*new)
        return draft.where(*(p for p in fixed if p not in draft.predicates))
