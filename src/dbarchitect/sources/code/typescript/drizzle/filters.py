"""Conditions written as objects: `{ id: 1, name: { like: "a%" }, OR: [{…}], posts: {…} }`."""

from __future__ import annotations

from dbarchitect.catalog.queries import Join
from dbarchitect.sources.code.typescript.builders.combining import all_of, any_of, both, negated, sometimes
from dbarchitect.sources.code.typescript.builders.conditions import compare, truth
from dbarchitect.sources.code.typescript.builders.values import UNKNOWN_CONDITION, Column, Condition
from dbarchitect.sources.code.typescript.drizzle.building import Building
from dbarchitect.sources.code.typescript.drizzle.expressions import COMPARISONS, called, column_of
from dbarchitect.sources.code.typescript.drizzle.values import Operators
from dbarchitect.sources.code.typescript.values import Const, Function, Table, Undefined
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Entries, Items, Value
from dbarchitect.sources.mapping import MappedModel, MappedRelation

_DEEPEST = 8


class Filters:
    """Reads conditions that are objects."""

    def __init__(self, building: Building) -> None:
        self.building = building

    def read(self, model: MappedModel, given: Entries, site: Site, depth: int = 0) -> Condition:
        """The condition on the rows of a model."""
        found = UNKNOWN_CONDITION if given.open or depth > _DEEPEST else Condition()
        for name, value in given.entries.items() if depth <= _DEEPEST else ():
            if isinstance(value, Undefined):
                continue
            part = self._part(model, name, value, site, depth)
            if part is not None:
                found = both(found, sometimes(part) if name in given.optional else part)
        return found

    def _part(self, model: MappedModel, name: str, value: Value, site: Site, depth: int) -> Condition | None:
        if name in {"AND", "OR"}:
            items = value.items if isinstance(value, Items) else [value]
            parts = [self.read(model, item, site, depth + 1) for item in items if isinstance(item, Entries)]
            if len(parts) < len([i for i in items if not isinstance(i, Undefined)]):
                parts.append(UNKNOWN_CONDITION)
            return (any_of(parts) if name == "OR" else all_of(parts)) if parts else None
        if name == "NOT":
            return (
                negated(self.read(model, value, site, depth + 1)) if isinstance(value, Entries) else UNKNOWN_CONDITION
            )
        if name == "RAW":
            if isinstance(value, Function):
                value = site.interpreter.run(value, Arguments((Table(model), Operators())), site)
            return truth(value)
        column = column_of(Table(model), name, self.building.documents)
        if column is not None:
            return self._compared(column, value)
        relation = model.relations.get(name)
        return self._related(model, relation, value, site, depth) if relation is not None else UNKNOWN_CONDITION

    def _compared(self, column: Column, value: Value) -> Condition:
        if not isinstance(value, Entries):
            return compare(column, COMPARISONS["eq"], value)
        found = UNKNOWN_CONDITION if value.open else Condition()
        for operator, item in value.entries.items():
            part = self._operator(column, operator, item)
            found = both(found, sometimes(part) if operator in value.optional else part)
        return found

    def _operator(self, column: Column, operator: str, value: Value) -> Condition:
        if isinstance(value, Undefined):
            return Condition()
        if operator in {"OR", "AND"}:
            items = value.items if isinstance(value, Items) else [value]
            parts = [self._compared(column, item) for item in items]
            return any_of(parts) if operator == "OR" and parts else all_of(parts)
        if operator == "NOT":
            return negated(self._compared(column, value))
        name = {"in": "inArray", "notIn": "notInArray"}.get(operator, operator)
        args = (column,) if name in {"isNull", "isNotNull"} else (column, value)
        if name in {"isNull", "isNotNull"} and isinstance(value, Const) and value.value is False:
            return Condition()
        found = called(name, Arguments(args), self.building.documents)
        return found if isinstance(found, Condition) else UNKNOWN_CONDITION

    def _related(self, model: MappedModel, relation: MappedRelation, value: Value, site: Site, depth: int) -> Condition:
        target = site.interpreter.models.get(relation.target)
        if target is None:
            return UNKNOWN_CONDITION
        if relation.through is not None:
            table = relation.through.table
            near = Join(tuple((model.table.column(a), table.column(b)) for a, b in relation.through.near))
            far = Join(tuple((table.column(a), target.table.column(b)) for a, b in relation.through.far))
            found = Condition(joins=(near, far))
        else:
            pairs = tuple((model.table.column(a), target.table.column(b)) for a, b in relation.pairs)
            found = Condition(joins=(Join(pairs),) if pairs else (), tables=(target.table,))
        if isinstance(value, Entries):
            return both(found, self.read(target, value, site, depth + 1))
        return found
