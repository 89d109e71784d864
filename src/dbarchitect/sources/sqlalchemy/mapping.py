"""How the models and `Table(…)` objects of an application stand for its tables: `SourceReading.models`.

A model has the columns of its own table; what it has from a model with another table (joined-table inheritance) is
told by `bases`. Relationships that lead to no model that was read are left out.
Source: https://docs.sqlalchemy.org/en/20/orm/relationship_api.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from dbarchitect.catalog.objects import Catalog
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.mapping import MappedModel, MappedRelation, Through
from dbarchitect.sources.python.expressions import Attribute, Call, Expr, Lambda, Name
from dbarchitect.sources.python.statements import Assign, ClassDef, Module
from dbarchitect.sources.sqlalchemy.drafts import TableDraft
from dbarchitect.sources.sqlalchemy.joins import Condition, Joined, JoinReader, Link
from dbarchitect.sources.sqlalchemy.located import Frame, Located
from dbarchitect.sources.sqlalchemy.models import ModelReader
from dbarchitect.sources.sqlalchemy.relationships import WrittenRelation
from dbarchitect.sources.sqlalchemy.tables import Tables

_EAGER = frozenset({"joined", "selectin", "subquery", "immediate"})
_QUERIES = frozenset({"dynamic", "write_only"})


@dataclass(frozen=True, slots=True)
class Finished:
    """What is known of the tables in the end: the catalog, each table's name in it, and where foreign keys lead."""

    catalog: Catalog
    ref: Callable[[TableDraft], Ref]
    links: Callable[[TableDraft], tuple[Link, ...]]


@dataclass(slots=True)
class _Draft:
    """A model's relations while they are collected; `partners` names the relation that each says is its reverse."""

    cls: ClassDef
    table: TableDraft
    relations: dict[str, MappedRelation] = field(default_factory=dict)
    partners: dict[str, str] = field(default_factory=dict)


class MappingReader:
    """Makes the `MappedModel`s of one application; `secondary` finds the table that `secondary=` means."""

    def __init__(
        self,
        models: ModelReader,
        tables: Tables,
        finished: Finished,
        secondary: Callable[[Located | str | None], TableDraft | None],
        properties: dict[ClassDef, dict[str, str]],
    ) -> None:
        self.names = models.names
        self.reader = models
        self.tables = tables
        self.finished = finished
        self.secondary = secondary
        self.properties = properties
        self._kept = {id(draft) for draft in tables.drafts}
        self._written = {id(draft) for draft in tables.by_place.values() if draft is not None}
        self._links: dict[int, tuple[Link, ...]] = {}
        self._by_name: dict[str, list[ClassDef]] = {}
        self._drafts: dict[ClassDef, _Draft] = {}
        for cls, table in tables.by_model.items():
            if table is not None and id(table) in self._kept:
                self._by_name.setdefault(cls.name, []).append(cls)
                self._drafts[cls] = _Draft(cls, table)
        self.joins = JoinReader(self.names, tables, self._links_of, self._class, self._table_named)

    def models(self, modules: Iterable[Module]) -> tuple[MappedModel, ...]:
        """All models, those with a relationship that names its reverse completed by it; then the tables' variables."""
        for written in self.reader.reader_of_relationships.written:
            draft = self._drafts.get(written.owner)
            if draft is not None and written.name:
                self._relation(draft, written)
        self._complete()
        self._inherit()
        found: dict[str, MappedModel] = {}
        for draft in self._drafts.values():
            model = self._model(draft)
            found.setdefault(model.key, model)
        for module in modules:
            for table in self._variables(module):
                found.setdefault(table.key, table)
        return tuple(found.values())

    # Models and tables ----------------------------------------------------------------------------------------------

    def _model(self, draft: _Draft) -> MappedModel:
        cls, table = draft.cls, draft.table
        ref = self.finished.ref(table)
        given = id(table) in self._written
        names = self._names(cls, table)
        columns = {
            a: table.column_name(k)
            for a, k in table.attributes.items()
            if a and (given or a in names) and self._is_column(table, k)
        }
        reached = set(columns.values())
        for key, column in table.columns.items() if given else ():  # who is given a table has its columns by their keys
            if column.name not in reached and key not in columns:
                columns[key] = column.name
        columns.update({a: table.column_name(k) for a, k in self.properties.get(cls, {}).items() if k in table.columns})
        bases = (base for base in self.names.index.lineage(cls) if base is not cls and base in self._drafts)
        return MappedModel(
            key_of(cls),
            cls.name,
            ref,
            columns,
            self._primary_key(ref),
            draft.relations,
            ordering=self._ordering(cls, table),
            bases=tuple(dict.fromkeys(key_of(base) for base in bases)),
        )

    def _names(self, cls: ClassDef, table: TableDraft) -> set[str]:
        """The attributes that name columns, those of the models above in the same table too."""
        above = (base for base in self.names.index.lineage(cls) if self.tables.by_model.get(base) is table)
        return {name for base in (cls, *above) for name in self.reader.named.get(base, ())}

    def _is_column(self, table: TableDraft, key: str) -> bool:
        return key in table.columns or table.key_of(key) in table.columns

    def _primary_key(self, ref: Ref) -> tuple[str, ...]:
        table = self.finished.catalog.table(ref)
        return table.primary_key.columns if table is not None and table.primary_key is not None else ()

    def _ordering(self, cls: ClassDef, table: TableDraft) -> tuple[tuple[str, bool], ...]:
        """`order_by` of `__mapper_args__`, which versions before 1.4 put into every query."""
        written = cls.assigned("__mapper_args__")
        entries = self.names.entries(written, Frame(cls.module, cls)) if written is not None else None
        given = (entries or {}).get("order_by")
        if given is None:
            return ()
        items = self.names.items(given.expr, given.frame) or (given,)
        found = [_sort_key(item.expr) for item in items]
        keys = [(table.column_name(k[0]), k[1]) for k in found if k is not None and self._is_column(table, k[0])]
        return tuple(keys) if len(keys) == len(found) else ()

    def _variables(self, module: Module) -> Iterator[MappedModel]:
        """The variables of a module, or of the classes in it, that a `Table(…)` is bound to."""
        if b"able(" not in module.source:
            return
        for scope in (None, *module.classes):
            for statement in scope.body if scope is not None else module.statements:
                if not isinstance(statement, Assign) or not isinstance(statement.value, Call):
                    continue
                if "." in statement.target or not (statement.value.name or "").lower().endswith("table"):
                    continue
                found = self.names.invocation(statement.value, Frame(module, scope))
                place = found.location.frame.key(found.location.span) if found is not None else ("", 0)
                table = self.tables.by_place.get(place)
                if table is not None and id(table) in self._kept:
                    name = f"{scope.qualname}.{statement.target}" if scope is not None else statement.target
                    ref = self.finished.ref(table)
                    columns = {key: column.name for key, column in table.columns.items()}
                    yield MappedModel(
                        f"{module.path}:{name}", statement.target, ref, columns, self._primary_key(ref), {}
                    )

    # Relationships --------------------------------------------------------------------------------------------------

    def _relation(self, draft: _Draft, written: WrittenRelation) -> None:
        target = self._target(written)
        other = self._drafts.get(target) if target is not None else None
        if other is None:
            return
        given = written.call.kwargs
        mine, theirs = self.joins.hierarchy(draft.cls), self.joins.hierarchy(other.cls)
        primary = given.get("primaryjoin")
        condition = self.joins.equalities(primary, draft.cls) if primary is not None else ()
        through = None
        table = self._between(written.secondary, draft.cls)
        if table is not None:
            through = self._through(written, mine, theirs, table, condition)
            joined = Joined()
        elif written.secondary is not None:
            joined = Joined()
        else:
            foreign = self.joins.columns(given.get("foreign_keys"), draft.cls)
            remote = self.joins.columns(given.get("remote_side"), draft.cls)
            joined = self.joins.direct(mine, theirs, condition, foreign, remote)
            joined = self._by_column_name(written.name, joined, draft, other)
        lazy = self._lazy(given.get("lazy"), written.loading)
        to_many = written.secondary is not None or joined.to_one is False
        relation = MappedRelation(
            written.name,
            key_of(other.cls),
            self._many(given.get("uselist"), written.collection, joined.to_one is not True),
            joined.pairs,
            through,
            lazy if lazy not in _QUERIES else None,
            reverse=to_many and written.secondary is None,
            dynamic=lazy in _QUERIES,
            fixed=self._fixed(primary, draft.cls, theirs, mine) if table is None else (),
        )
        draft.relations[written.name] = relation
        partner = self.names.constant(given.get("back_populates"))
        if isinstance(partner, str):
            draft.partners[written.name] = partner
        self._backref(draft, other, relation, written, joined)

    def _many(self, uselist: Located | None, collection: bool | None, otherwise: bool) -> bool:
        if collection is not None:
            return collection
        given = self.names.constant(uselist)
        return given if isinstance(given, bool) else otherwise

    def _lazy(self, given: Located | None, annotated: str | None) -> str | None:
        value = self.names.constant(given)
        if value is False:
            return "joined"
        if isinstance(value, str):
            return "raise" if value.startswith("raise") else value if value in _EAGER | _QUERIES else None
        return annotated

    def _through(
        self,
        written: WrittenRelation,
        mine: tuple[TableDraft, ...],
        theirs: tuple[TableDraft, ...],
        table: TableDraft,
        condition: Condition,
    ) -> Through | None:
        second = written.call.kwargs.get("secondaryjoin")
        further = self.joins.equalities(second, written.owner) if second is not None else ()
        near = self.joins.through(mine, table, condition)
        taken = {column for _, column in near}
        left = tuple(k for k in self._links_of(table) if not taken & {own for own, _ in k.pairs})
        far = self.joins.through(theirs, table, further, left)
        if not near or not far:
            return None
        fixed = self._fixed(written.call.kwargs.get("primaryjoin"), written.owner, (table,), mine)
        return Through(self.finished.ref(table), near, tuple((column, own) for own, column in far), fixed)

    def _between(self, given: Located | str | None, owner: ClassDef) -> TableDraft | None:
        """The table that `secondary=` means."""
        if not isinstance(given, str):
            return self.secondary(given)
        cls = self._class(given, owner)
        return self._drafts[cls].table if cls is not None else self._table_named(given)

    def _fixed(
        self, condition: Located | None, owner: ClassDef, tables: tuple[TableDraft, ...], own: tuple[TableDraft, ...]
    ) -> tuple[str, ...]:
        """The columns of the other side that the condition compares with constants."""
        if condition is None or {id(table) for table in tables} & {id(table) for table in own}:
            return ()
        theirs = {id(table) for table in tables}
        found = (name for place, name in self.joins.constants(condition, owner) if place in theirs)
        return tuple(dict.fromkeys(found))

    def _by_column_name(self, name: str, joined: Joined, draft: _Draft, other: _Draft) -> Joined:
        """`user` is joined by `user_id` where the foreign key itself could not be read."""
        key = self._primary_key(self.finished.ref(other.table))
        if joined.to_one is not None or joined.pairs or len(key) != 1 or f"{name}_id" not in draft.table.attributes:
            return joined
        return Joined(((draft.table.column_name(f"{name}_id"), key[0]),), True)

    def _backref(
        self, draft: _Draft, other: _Draft, relation: MappedRelation, written: WrittenRelation, joined: Joined
    ) -> None:
        """The relation that `backref=` puts on the other model."""
        given = written.call.kwargs.get("backref")
        if given is None:
            return
        call = self.names.invocation(given.expr, given.frame)
        value = call.argument(0, "name") if call is not None and call.name == "backref" else given
        name = self.names.constant(value)
        if not isinstance(name, str) or name in other.relations:
            return
        kwargs = call.kwargs if call is not None else {}
        lazy = self._lazy(kwargs.get("lazy"), None)
        to_many = written.secondary is not None or joined.to_one is not False
        other.relations[name] = MappedRelation(
            name,
            key_of(draft.cls),
            self._many(kwargs.get("uselist"), None, to_many),
            _turned(relation.pairs),
            _turned_through(relation.through),
            lazy if lazy not in _QUERIES else None,
            reverse=joined.to_one is True,
            dynamic=lazy in _QUERIES,
        )

    def _complete(self) -> None:
        """What one side of a relationship tells and its reverse does not."""
        by_key = {key_of(cls): draft for cls, draft in self._drafts.items()}
        for draft in self._drafts.values():
            for name, partner in draft.partners.items():
                own = draft.relations[name]
                back = by_key[own.target].relations.get(partner)
                if own.pairs or own.through is not None or back is None:
                    continue
                through, pairs = _turned_through(back.through), _turned(back.pairs)
                reverse = bool(pairs) and not back.reverse
                draft.relations[name] = replace(own, pairs=pairs, through=through, reverse=reverse)

    def _inherit(self) -> None:
        """A model in the table of the one that it derives from has its relations, too; one with a table beside that
        a relation to the other part of its row, named `<Parent>` for want of an attribute."""
        for cls, draft in self._drafts.items():
            mine = next((d for d in map(self._drafts.get, self.names.index.lineage(cls)) if d and d is not draft), None)
            if mine is not None and mine.table is not draft.table:
                link = next((k for k in self._links_of(draft.table) if k.parent is mine.table), None)
                key = self._primary_key(self.finished.ref(draft.table))
                if link is not None and {own for own, _ in link.pairs} <= set(key):
                    name = f"<{mine.cls.name}>"
                    draft.relations[name] = MappedRelation(name, key_of(mine.cls), False, link.pairs, parent=True)
            for base in self.names.index.lineage(cls):
                above = self._drafts.get(base)
                if above is not None and above is not draft and above.table is draft.table:
                    for name, relation in above.relations.items():
                        draft.relations.setdefault(name, relation)

    # Names ----------------------------------------------------------------------------------------------------------

    def _target(self, written: WrittenRelation) -> ClassDef | None:
        made = self.reader.members.made.get((written.owner, _last(written.call.argument(0, "argument"))))
        if made is not None:
            return made
        target = written.target
        if isinstance(target, ClassDef):
            return target
        given = written.call.argument(0, "argument")
        text = self.names.constant(given) if given is not None else None
        if isinstance(text, str) and target is not None and text.endswith(f".{target}"):
            target = text
        return self._class(target, written.owner) if target is not None else None

    def _class(self, name: str, owner: ClassDef) -> ClassDef | None:
        """The model that a name in a text means: of several the one whose module it names, or the nearest."""
        module, _, last = name.rpartition(".")
        found = self._by_name.get(last, [])
        if len(found) < 2:
            return found[0] if found else None
        ranked = (
            (bool(module) and f".{cls.module.name}".endswith(f".{module}"), cls.module is owner.module,
             cls.module.directory == owner.module.directory, -at)
            for at, cls in enumerate(found)
        )  # fmt: skip
        return found[-max(ranked)[3]]

    def _table_named(self, name: str) -> TableDraft | None:
        schema, _, last = name.rpartition(".")
        found = [draft for draft in self.tables.drafts if draft.name == last]
        return next((draft for draft in found if (draft.schema or "") == schema), found[0] if found else None)

    def _links_of(self, table: TableDraft) -> tuple[Link, ...]:
        if id(table) not in self._links:
            self._links[id(table)] = self.finished.links(table)
        return self._links[id(table)]


def key_of(cls: ClassDef) -> str:
    """The key of a class among the mapped models."""
    return f"{cls.module.path}:{cls.qualname}"


def _turned(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((theirs, ours) for ours, theirs in pairs)


def _turned_through(through: Through | None) -> Through | None:
    return Through(through.table, _turned(through.far), _turned(through.near)) if through is not None else None


def _last(located: Located | None) -> str:
    expr = located.expr if located is not None else None
    expr = expr.body if isinstance(expr, Lambda) else expr
    return expr.id.rpartition(".")[2] if isinstance(expr, Name) else ""


def _sort_key(expr: Expr) -> tuple[str, bool] | None:
    """The attribute and direction of `name`, `name.desc()`, `desc(name)`, `User.name.asc()`."""
    if isinstance(expr, Call):
        name = expr.name or (expr.function.attr if isinstance(expr.function, Attribute) else "")
        head, _, last = name.rpartition(".")
        if last not in {"asc", "desc"}:
            return None
        inner = _sort_key(expr.args[0]) if expr.args else (head.rpartition(".")[2], False)
        return (inner[0], last == "desc") if inner is not None else None
    return (expr.id.rpartition(".")[2], False) if isinstance(expr, Name) else None
