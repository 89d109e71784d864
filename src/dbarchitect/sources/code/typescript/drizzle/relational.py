"""Relational queries: `db.query.users.findMany({ where, columns, with, orderBy, limit })`.

The relations that are loaded along come in the same statement, so they are joins of the one query.
"""

from __future__ import annotations

from collections.abc import Mapping

from dbarchitect.catalog.queries import Bound, Fetch, Join
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.builders.conditions import truth
from dbarchitect.sources.code.typescript.builders.drafts import bound
from dbarchitect.sources.code.typescript.builders.running import touched
from dbarchitect.sources.code.typescript.builders.values import Sort
from dbarchitect.sources.code.typescript.drizzle.building import Building
from dbarchitect.sources.code.typescript.drizzle.expressions import column_of
from dbarchitect.sources.code.typescript.drizzle.filters import Filters
from dbarchitect.sources.code.typescript.drizzle.values import LIBRARY, Operators
from dbarchitect.sources.code.typescript.values import Const, Function, Table, Undefined
from dbarchitect.sources.code.typescript.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import Entries, Items, Value
from dbarchitect.sources.mapping import MappedModel, MappedRelation

FINDS = {"findMany": Fetch.ALL, "findFirst": Fetch.FIRST}
_DEEPEST = 8


class Finding:
    """Reads what `findMany` and `findFirst` are given."""

    def __init__(self, building: Building) -> None:
        self.building = building
        self.filters = Filters(building)

    def find(self, model: MappedModel, name: str, arguments: Arguments, site: Site) -> Draft:
        """The query of `findMany(…)` or `findFirst(…)`."""
        draft = Draft(LIBRARY, site.origin, model=model, table=model.table).note("from", ((model.table, None),))
        if name == "findFirst":
            draft = draft.but(limit=Bound(1)).note("kind", "first")
        given = arguments.get(0)
        if isinstance(given, Entries):
            draft = self._configured(draft, model, given, site)
        elif given is not None and not isinstance(given, Undefined):
            draft = draft.unknown("where")
        return touched(draft, site)

    def _configured(self, draft: Draft, model: MappedModel, given: Entries, site: Site) -> Draft:
        entries = given.entries
        draft = self._where(draft, model, given, site)
        draft = self._ordered(draft, model, entries.get("orderBy"), site)
        if draft.limit is None:
            draft = draft.but(limit=bound(entries.get("limit")))
        offset = bound(entries.get("offset"))
        draft = draft.but(offset=None if offset is not None and offset.value == 0 else offset)
        columns = _columns(model, entries.get("columns"))
        draft, along = self._along(draft, model, entries.get("with"), site, 0, "")
        if columns is not None:
            draft = draft.but(columns=(*columns, *along))
        return draft.unknown("where") if given.open else draft

    def _where(self, draft: Draft, model: MappedModel, given: Entries, site: Site) -> Draft:
        value = given.entries.get("where")
        if value is None:
            return draft
        value = _called(value, model, site)
        condition = self.filters.read(model, value, site) if isinstance(value, Entries) else truth(value)
        return self.building.filling.applied(draft, condition, site) if condition is not None else draft

    def _ordered(self, draft: Draft, model: MappedModel, value: Value | None, site: Site) -> Draft:
        if value is None or isinstance(value, Undefined):
            return draft
        value = _called(value, model, site)
        if isinstance(value, Entries):  # `{ id: "desc" }`
            keys: list[Value] = []
            for name, way in value.entries.items():
                column = column_of(Table(model), name, self.building.documents)
                if column is not None:
                    keys.append(Sort(column, isinstance(way, Const) and way.value == "desc"))
            value = Items(keys)
        for item in value.items if isinstance(value, Items) else (value,):
            found = self.building.filling.keys_of(item, draft, site)
            draft = draft.ordered(found) if found is not None else draft.unknown("order by")
        return draft

    def _along(
        self, draft: Draft, model: MappedModel, value: Value | None, site: Site, depth: int, path: str
    ) -> tuple[Draft, tuple[Ref, ...]]:
        """A query with the relations that it loads along, and the columns that are read of them."""
        columns: list[Ref] = []
        if not isinstance(value, Entries) or depth > _DEEPEST:
            return draft, ()
        for name, said in value.entries.items():
            relation = model.relations.get(name)
            target = site.interpreter.models.get(relation.target) if relation is not None else None
            if relation is None or target is None or _is_off(said):
                continue
            draft = _joined(draft, model, relation, target)
            draft = draft.but(loaded=draft.loaded | {f"{path}{name}"})
            if isinstance(said, Entries):
                draft = self._where(draft, target, said, site)
                columns.extend(_columns(target, said.entries.get("columns")) or _all(target))
                draft, more = self._along(draft, target, said.entries.get("with"), site, depth + 1, f"{path}{name}.")
                columns.extend(more)
            else:
                columns.extend(_all(target))
        return draft, tuple(columns)


def _is_off(value: Value) -> bool:
    return isinstance(value, Undefined) or (isinstance(value, Const) and not value.value)


def _called(value: Value, model: MappedModel, site: Site) -> Value:
    """What a callback gives that is handed the table and the operators."""
    if not isinstance(value, Function):
        return value
    return site.interpreter.run(value, Arguments((Table(model), Operators())), site)


def _joined(draft: Draft, model: MappedModel, relation: MappedRelation, target: MappedModel) -> Draft:
    if relation.through is not None:
        table = relation.through.table
        near = Join(tuple((model.table.column(a), table.column(b)) for a, b in relation.through.near), True)
        far = Join(tuple((table.column(a), target.table.column(b)) for a, b in relation.through.far), True)
        return draft.join(near, far)
    pairs = tuple((model.table.column(a), target.table.column(b)) for a, b in relation.pairs)
    return draft.join(Join(pairs, True)) if pairs else draft.using(target.table)


def _columns(model: MappedModel, value: Value | None) -> tuple[Ref, ...] | None:
    """The columns that `columns: {…}` leaves; None for all."""
    if not isinstance(value, Entries) or value.open or not value.entries:
        return None
    said = {n: not _is_off(v) for n, v in value.entries.items() if n in model.columns}
    wanted = [n for n, on in said.items() if on] or [n for n in model.columns if n not in said]
    return tuple(model.table.column(model.columns[n]) for n in wanted)


def _all(model: MappedModel) -> tuple[Ref, ...]:
    return tuple(model.table.column(c) for c in dict.fromkeys(model.columns.values()))


def models_by_label(models: Mapping[str, MappedModel]) -> dict[str, MappedModel]:
    """The models by the names that `db.query` has for them."""
    found: dict[str, MappedModel] = {}
    for model in models.values():
        found.setdefault(model.name, model)
    for model in models.values():
        if model.label is not None:
            found[model.label] = model
    return found
