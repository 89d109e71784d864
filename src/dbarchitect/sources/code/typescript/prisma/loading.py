"""`select`, `include`, `omit`: the columns that rows come with, and the relations that are loaded along.

Prisma loads each relation by a query of its own for all rows together (or by a lateral join, which needs the same
index): `IN` on the columns by which the other rows are found.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dbarchitect.catalog.queries import Aggregate, Comparison, Idiom, Predicate
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.prisma.data import Path
from dbarchitect.sources.code.typescript.prisma.models import Models, foreign_columns
from dbarchitect.sources.code.typescript.prisma.ordering import Ordering, grouping
from dbarchitect.sources.code.typescript.prisma.reading import entry, is_false, is_open, is_raw_object, named
from dbarchitect.sources.code.typescript.prisma.values import LIBRARY
from dbarchitect.sources.code.typescript.prisma.where import PLAIN, Where
from dbarchitect.sources.code.typescript.values import Const, Undefined
from dbarchitect.sources.code.values import Entries, Value
from dbarchitect.sources.mapping import MappedModel, MappedRelation

_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Load:
    """A relation that is loaded along: its query, where it is written, and what its rows come with. `name` None: a
    count of its rows."""

    name: str | None
    model: MappedModel
    draft: Draft
    path: Path
    many: bool
    shape: Shape


@dataclass(slots=True)
class Shape:
    """What rows come with. `columns` None: all; `known`: no others are loaded; `counted` are relations counted."""

    columns: tuple[Ref, ...] | None = None
    loads: list[Load] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)
    known: bool = True

    def loaded(self) -> frozenset[str]:
        """The names of the relations that are there, with those behind them: `author`, `author.profile`."""
        found: set[str] = set()
        for load in self.loads:
            if load.name is not None:
                found.add(load.name)
                found.update(f"{load.name}.{inner}" for inner in load.shape.loaded())
        return frozenset(found)


class Loading:
    """Reads what is asked for of a model's rows."""

    def __init__(self, models: Models, where: Where, ordering: Ordering) -> None:
        self.models = models
        self.where = where
        self.ordering = ordering

    def asked(self, draft: Draft, model: MappedModel, given: Value | None) -> Draft:
        """The query with the conditions, order and bounds that the arguments of a call ask for."""
        if given is None or isinstance(given, Undefined | Const):
            return draft
        if not isinstance(given, Entries):
            draft = draft.unknown("where", "order by", "limit", "columns")
            return draft.but(raw_input=True) if is_raw_object(given) else draft
        where = entry(given, "where")
        draft = self.where.put(draft, model, where, PLAIN.sometimes("where" in given.optional))
        draft = self.ordering.put(draft, model, given)
        if is_open(given):
            draft = draft.unknown("where") if where is None else draft
            draft = draft.unknown("limit") if entry(given, "take") is None else draft
            draft = draft.but(raw_input=True) if is_raw_object(given) else draft
        return draft

    def shape(self, model: MappedModel, given: Value | None, path: Path = (), depth: int = 0) -> Shape:
        """What the rows of a call come with."""
        found = Shape()
        if not isinstance(given, Entries):
            found.known = given is None or isinstance(given, Undefined | Const)
            return found
        select, include, omit = (entry(given, name) for name in ("select", "include", "omit"))
        found.known = not is_open(given)
        if select is not None:
            self._selected(found, model, select, (*path, "select"), depth)
        elif isinstance(omit, Entries) and not is_open(omit):
            left_out = {name for name, value, _ in named(omit) if not is_false(value)}
            kept = (column for name, column in model.columns.items() if name not in left_out)
            found.columns = tuple(map(model.table.column, kept))
        if include is not None:
            self._relations(found, model, include, (*path, "include"), depth)
        return found

    def _selected(self, found: Shape, model: MappedModel, select: Value, path: Path, depth: int) -> None:
        if not isinstance(select, Entries):
            found.known = False
            return
        columns = [
            model.columns[name] for name, value, _ in named(select) if name in model.columns and not is_false(value)
        ]
        self._relations(found, model, select, path, depth)
        for load in found.loads:
            relation = model.relations.get(load.name or "")
            pairs = relation.pairs if relation is not None else ()
            columns.extend(own for own, _ in pairs)
        if not is_open(select):
            found.columns = tuple(model.table.column(name) for name in dict.fromkeys(columns))
        found.known = found.known and not is_open(select)

    def _relations(self, found: Shape, model: MappedModel, wanted: Value, path: Path, depth: int) -> None:
        if not isinstance(wanted, Entries):
            found.known = False
            return
        found.known = found.known and not is_open(wanted)
        for name, value, _ in named(wanted):
            if is_false(value):
                continue
            if name == "_count":
                self._counted(found, model, value, (*path, name))
            elif name in model.relations and depth < _DEEPEST:
                load = self.load(model, name, value, (*path, name), depth + 1)
                if load is not None:
                    found.loads.append(load)

    def load(self, model: MappedModel, name: str, given: Value | None, path: Path, depth: int = 0) -> Load | None:
        """The query that loads a relation of rows along, with what was asked of it."""
        found = self.models.relation(model, name)
        if found is None:
            return None
        relation, target = found
        given = given if isinstance(given, Entries) else None  # `true`, or a variable that is true or not
        draft = self.asked(self._found_by(model, relation, target), target, given)
        shape = self.shape(target, given, path, depth)
        columns = shape.columns
        if columns is not None and relation.through is None:
            columns = tuple(dict.fromkeys((*columns, *foreign_columns(relation, target))))
        cut = draft.limit is not None or draft.offset is not None
        idiom = None if cut else Idiom.LAZY_RELATION
        many = relation.many
        return Load(name, target, distinct(draft.but(columns=columns, idiom=idiom), target, given), path, many, shape)

    def _counted(self, found: Shape, model: MappedModel, value: Value, path: Path) -> None:
        """`_count`: the rows of relations, counted for each row."""
        select = entry(value, "select")
        if isinstance(select, Entries):
            wanted = [(name, given) for name, given, _ in named(select) if not is_false(given)]
        else:
            wanted = [(name, value) for name, relation in model.relations.items() if relation.many]
        for name, given in wanted:
            relation = self.models.relation(model, name)
            if relation is None:
                continue
            draft = self.where.put(self._found_by(model, *relation), relation[1], entry(given, "where"))
            columns = foreign_columns(*relation)
            draft = draft.but(
                aggregates=(Aggregate("count"),), grouping=columns, columns=columns, idiom=Idiom.LAZY_RELATION
            )
            written = (*path, "select", name) if isinstance(select, Entries) else path
            found.loads.append(Load(None, relation[1], draft, written, True, Shape()))
            found.counted.append(name)

    def _found_by(self, model: MappedModel, relation: MappedRelation, target: MappedModel) -> Draft:
        """The rows of a relation, for those that have it."""
        draft = Draft.begun(LIBRARY, Origin(), model=target, table=target.table)
        if relation.through is not None:
            steps = self.models.steps(model, relation, target, outer=False)
            draft = draft.using(relation.through.table).join(*steps[1:])
        return draft.where(*(Predicate(c, Comparison.IN) for c in foreign_columns(relation, target)))


def distinct(draft: Draft, model: MappedModel, given: Value | None) -> Draft:
    """The query with the columns that `distinct` names read as well."""
    names = grouping(model, entry(given, "distinct")) if draft.distinct else None
    if not names or draft.columns is None:
        return draft
    wanted = (model.table.column(model.columns[name]) for name in names)
    return draft.but(columns=tuple(dict.fromkeys((*draft.columns, *wanted))))
