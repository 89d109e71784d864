"""Relations that the program follows: `relations(users, …)` beside the tables, `defineRelations(schema, …)` for all.

A relation that names no columns is the other end of one that does, found by the table that it leads back to and by the
name that both bear where there are several.
Source: https://orm.drizzle.team/docs/relations, https://orm.drizzle.team/docs/relations-v2
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.drizzle.evaluate import Evaluator
from dbarchitect.sources.drizzle.library import Declared, declared, is_drizzle
from dbarchitect.sources.drizzle.shapes import Shapes
from dbarchitect.sources.drizzle.values import UNDEFINED, Called, Got, Obj, Value
from dbarchitect.sources.typescript.syntax import External

_ONE = External("drizzle-orm/relations", "one")
_MANY = External("drizzle-orm/relations", "many")
_ROOT = External("drizzle-orm/relations", "r")
Complain = Callable[[Origin, str], None]


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation as declared: between which tables, and by which columns where that is said.

    `over` is the table between, with the columns that join it: (own, its) and (its, theirs).
    """

    name: str
    source: Called
    target: Called
    many: bool
    pairs: tuple[tuple[str, str], ...] = ()
    label: str | None = None
    over: tuple[Called, tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]] | None = None


def is_relations(value: Value) -> bool:
    """Whether a value declares relations."""
    return isinstance(value, Called) and is_drizzle(
        value.function, "relations", "defineRelations", "defineRelationsPart"
    )


class RelationReader:
    """Reads declared relations."""

    def __init__(self, evaluator: Evaluator, shapes: Shapes, complain: Complain) -> None:
        self.evaluator = evaluator
        self.shapes = shapes
        self.complain = complain

    def read(self, values: Iterable[Value]) -> tuple[Relation, ...]:
        """The relations that these values declare, in their order."""
        found: list[Relation] = []
        for value in values:
            if isinstance(value, Called) and is_drizzle(value.function, "relations"):
                found += self._of_table(value)
            elif isinstance(value, Called):
                found += self._of_schema(value)
        return tuple(found)

    def _of_table(self, call: Called) -> Iterator[Relation]:
        source = declared(call.args[0]) if call.args else None
        given = self.evaluator.call(call.args[1], (Obj({"one": _ONE, "many": _MANY}),)) if len(call.args) > 1 else None
        if source is None or not isinstance(given, Obj):
            self.complain(call.place, "relations of what is no table that is read, or that cannot be told")
            return
        for name, value in given.entries.items():
            target = declared(value.args[0]) if isinstance(value, Called) and value.args else None
            if not isinstance(value, Called) or target is None or value.function not in (_ONE, _MANY):
                self.complain(given.places.get(name, call.place), f"where the relation {name} leads cannot be told")
                continue
            config = value.args[1] if len(value.args) > 1 else UNDEFINED
            said = config if isinstance(config, Obj) else Obj({})
            label = said.get("relationName")
            pairs = self._pairs(said.get("fields"), said.get("references"))
            yield Relation(
                name,
                source.call,
                target.call,
                value.function == _MANY,
                pairs,
                label if isinstance(label, str) else None,
            )

    def _pairs(self, own: Value, other: Value) -> tuple[tuple[str, str], ...]:
        here, there = self._columns(own), self._columns(other)
        return tuple(zip(here, there, strict=True)) if len(here) == len(there) else ()

    def _columns(self, values: Value) -> tuple[str, ...]:
        found = [self.shapes.column(value) for value in values] if isinstance(values, tuple) else []
        return tuple(one[1] for one in found if one is not None) if None not in found else ()

    def _of_schema(self, call: Called) -> Iterator[Relation]:
        tables = self._tables(call.args[0] if call.args else UNDEFINED)
        given = self.evaluator.call(call.args[1], (_ROOT,)) if len(call.args) > 1 else None
        if not isinstance(given, Obj):
            if len(call.args) > 1:
                self.complain(call.place, "the relations of this schema cannot be told")
            return
        for key, of_table in given.entries.items():
            source = tables.get(key)
            if source is None or not isinstance(of_table, Obj):
                self.complain(given.places.get(key, call.place), f"the relations of {key} cannot be told")
                continue
            for name, value in of_table.entries.items():
                found = self._second(name, source, value, tables)
                if found is None:
                    place = of_table.places.get(name, call.place)
                    self.complain(place, f"where the relation {name} leads cannot be told")
                else:
                    yield found

    def _tables(self, schema: Value) -> Mapping[str, Declared]:
        spread = self.evaluator.spread(schema)
        if spread is None:
            return {}
        found = ((key, declared(value)) for key, value in spread.entries.items())
        return {key: made for key, made in found if made is not None and made.kind != "enum"}

    def _second(self, name: str, source: Declared, value: Value, tables: Mapping[str, Declared]) -> Relation | None:
        """`r.many.posts({ from: r.users.id, to: r.posts.authorId })`."""
        if not isinstance(value, Called) or not isinstance(value.function, Got):
            return None
        target, kind = tables.get(value.function.name), value.function.owner
        if target is None or not isinstance(kind, Got) or kind.owner != _ROOT:
            return None
        config = value.args[0] if value.args else UNDEFINED
        said = config if isinstance(config, Obj) else Obj({})
        near, far = _listed(said.get("from")), _listed(said.get("to"))
        label = said.get("alias")
        many, named = kind.name == "many", label if isinstance(label, str) else None
        if near and any(isinstance(one, Called) for one in (*near, *far)):
            return self._through(name, source, target, many, near, far, tables)
        pairs = self._joined(near, far, tables)
        return Relation(name, source.call, target.call, many, pairs, named)

    def _joined(
        self, here: tuple[Value, ...], there: tuple[Value, ...], tables: Mapping[str, Declared]
    ) -> tuple[tuple[str, str], ...]:
        own, other = [self._second_column(v, tables) for v in here], [self._second_column(v, tables) for v in there]
        if len(own) != len(other):
            return ()
        return tuple((a[1], b[1]) for a, b in zip(own, other, strict=True) if a is not None and b is not None)

    def _second_column(self, value: Value, tables: Mapping[str, Declared]) -> tuple[Declared, str] | None:
        """The table and column of `r.users.id`."""
        if not isinstance(value, Got) or not isinstance(value.owner, Got) or value.owner.owner != _ROOT:
            return self.shapes.column(value)
        table = tables.get(value.owner.name)
        found = self.shapes.properties(table).get(value.name) if table is not None else None
        return (table, found.column) if table is not None and found is not None else None

    def _through(
        self,
        name: str,
        source: Declared,
        target: Declared,
        many: bool,
        near: tuple[Value, ...],
        far: tuple[Value, ...],
        tables: Mapping[str, Declared],
    ) -> Relation | None:
        first = [self._crossing(value, tables) for value in near]
        last = [self._crossing(value, tables) for value in far]
        own = [one for one in first if one is not None]
        other = [one for one in last if one is not None]
        if not own or not other or len(own) < len(first) or len(other) < len(last):
            return None
        joins = tuple((column, between) for column, _, between in own)
        goes_on = tuple((between, column) for column, _, between in other)
        return Relation(name, source.call, target.call, many, over=(own[0][1].call, joins, goes_on))

    def _crossing(self, value: Value, tables: Mapping[str, Declared]) -> tuple[str, Declared, str] | None:
        """Of `r.users.id.through(r.usersToGroups.userId)` the column, the table between, and its column."""
        if not isinstance(value, Called) or not isinstance(value.function, Got) or value.function.name != "through":
            return None
        column = self._second_column(value.function.owner, tables)
        between = self._second_column(value.args[0], tables) if value.args else None
        return (column[1], between[0], between[1]) if column is not None and between is not None else None


def _listed(value: Value) -> tuple[Value, ...]:
    if isinstance(value, tuple):
        return value
    return () if value is UNDEFINED else (value,)


def other_end(relation: Relation, every: Iterable[Relation]) -> Relation | None:
    """The relation that leads back and says by which columns; None where there is none, or more than one."""
    back = [
        other
        for other in every
        if other is not relation
        and (other.source, other.target) == (relation.target, relation.source)
        and (other.pairs or other.over)
    ]
    named = [other for other in back if other.label == relation.label]
    return named[0] if len(named) == 1 else back[0] if len(back) == 1 and relation.label is None else None
