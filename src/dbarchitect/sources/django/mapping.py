"""How the models of a Django project stand for its tables: their columns, relations and order.

The key of a model of the project is `path:qualified.name` of its class; that of a library's model which we describe,
the dotted name of the class (`django.contrib.auth.models.User`), so that the `External` which an import of it resolves
to leads there; that of a library's model that nobody describes, what the relation calls it (`filer.Image`). The model
that Django makes for a many-to-many relation is `<key>.<field>.through`.

A model has the columns of its own table alone. What it inherits from a concrete model lies in that one's table and is
reached by the relation `<parent>_ptr` (`MappedRelation.parent`); `column_of` and `relation_of` go that way. A proxy has
all that its concrete model has. A relation to the foreign key's side is called as the program does (`order_set`), and
in filters by its `query_name` (`order`). `ordering` ends where a column of another table or an expression would follow.
Source: https://docs.djangoproject.com/en/5.2/ref/models/fields/#module-django.db.models.fields.related
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.sources.django.columns import ColumnMaker, pointer_name
from dbarchitect.sources.django.field_classes import Located
from dbarchitect.sources.django.fields import FieldDef
from dbarchitect.sources.django.generic import GenericField, generic_fields
from dbarchitect.sources.django.mapped_histories import with_histories
from dbarchitect.sources.django.models import Model
from dbarchitect.sources.django.names import split_schema
from dbarchitect.sources.django.registry import Outsider, Registry, Target
from dbarchitect.sources.django.world import World
from dbarchitect.sources.mapping import MappedModel, MappedRelation, Through
from dbarchitect.sources.python import ClassDef, External
from dbarchitect.sources.python.expressions import Attribute, Call, Display, Expr, Literal, Name

_USER = ("django.contrib.auth.get_user_model", "django.conf.settings.AUTH_USER_MODEL")
_NO_COLUMN = frozenset({"ManyToManyField", "GenericForeignKey", "CompositePrimaryKey"})


def mapped_models(registry: Registry, tables: Iterable[Table], engine: str) -> tuple[MappedModel, ...]:
    """Every concrete model of the project and of the libraries that it installs: proxies and unmanaged ones too.

    `tables` are those that were made of the models, completed by the migrations: a column that no field tells of has
    its own name for an attribute.
    """
    tables = tuple(tables)
    return with_histories(_Mapper(registry, tables, engine).models(), tables, registry)


def key_of(cls: ClassDef, world: World) -> str:
    """The key of a model's class."""
    return cls.dotted if world.is_library(cls.module) else f"{cls.module.path}:{cls.qualname}"


@dataclass(slots=True)
class _Draft:
    """A mapped model in the making."""

    key: str
    name: str
    label: str
    table: Ref
    columns: dict[str, str] = field(default_factory=dict)
    primary_key: tuple[str, ...] = ()
    relations: dict[str, MappedRelation] = field(default_factory=dict)
    ordering: tuple[tuple[str, bool], ...] = ()
    bases: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    def add(self, relation: MappedRelation) -> None:
        """Add a relation; of two with one name the first counts."""
        self.relations.setdefault(relation.name, relation)

    def made(self) -> MappedModel:
        """The model."""
        return MappedModel(
            self.key, self.name, self.table, self.columns, self.primary_key, self.relations, self.label, self.ordering,
            self.bases, self.aliases,
        )  # fmt: skip


class _Mapper:
    """Maps the models of one registry."""

    def __init__(self, registry: Registry, tables: Iterable[Table], engine: str) -> None:
        self.registry = registry
        self.reader = registry.reader
        self.world = registry.world
        self.columns = ColumnMaker(registry, engine)
        self.tables: dict[tuple[str, ...], Table] = {}
        self.between: dict[str, Table] = {}
        for table in tables:
            self.tables.setdefault(table.ref.key, table)
            self.between.setdefault(table.model or "", table)
        self.concrete = {key_of(m.cls, self.world): m for m in registry.models.values() if not m.proxy}
        self.drafts: dict[str, _Draft] = {}

    def models(self) -> Iterator[MappedModel]:
        """All of them; columns come first, then what leads from one to another."""
        for model in self.concrete.values():
            self._draft(model)
        for model in self.concrete.values():
            self._relate(model)
        for model in self.concrete.values():
            for generic in generic_fields(model, self.registry):
                self._relate_generic(model, generic)
        for model in self.concrete.values():
            self._of(model).ordering = self._ordering(model)
        for model in self.registry.models.values():
            if model.proxy:
                self._draft_proxy(model)
        return (draft.made() for draft in self.drafts.values())

    def _of(self, target: Target) -> _Draft:
        """The draft of a relation's target; that of a library's unknown model has its key alone."""
        key = target.label if isinstance(target, Outsider) else key_of(target.cls, self.world)
        if key not in self.drafts:
            schema, name = split_schema(target.table)
            id_ = self.columns.key(target).name
            draft = _Draft(key, target.label.rpartition(".")[2], target.label, Ref.of_table(name, schema))
            draft.columns = {id_: id_, "pk": id_}
            draft.primary_key = (id_,)
            self._complete(draft)
            self.drafts[key] = draft
        return self.drafts[key]

    def _draft(self, model: Model) -> None:
        schema, name = split_schema(model.table)
        ref = Ref.of_table(name, schema)
        draft = _Draft(key_of(model.cls, self.world), model.cls.name, model.label, ref)
        fields = self.reader.fields(model.cls)
        links = self.columns.parent_links(model)
        has_key = False
        for parent, link in links.items():
            if link is None:
                draft.columns[_pointer(parent)] = draft.columns[pointer_name(parent)] = pointer_name(parent)
        for name, field_ in fields.items():
            has_key = has_key or field_.kind == "CompositePrimaryKey" or field_.flag(self.world, "primary_key")
            if field_.kind in _NO_COLUMN or (field_.kind is None and None in field_.db_type.values()):
                continue
            draft.columns[name] = self.columns.column_name(field_)
            if field_.is_relation():
                draft.columns[f"{name}_id"] = draft.columns[name]
        if not has_key and not links:
            draft.columns = {"id": "id", **draft.columns}
        if self.reader.option(model.cls, "order_with_respect_to") is not None:
            draft.columns["_order"] = "_order"
        draft.bases = tuple(key_of(parent.cls, self.world) for parent in links)
        draft.primary_key = (self.columns.key(model).name,)
        self._complete(draft)
        if len(draft.primary_key) == 1:
            draft.columns["pk"] = draft.primary_key[0]
        draft.aliases = _USER if model.label.lower() == self.registry.user_model.lower() else ()
        self.drafts[draft.key] = draft

    def _complete(self, draft: _Draft) -> None:
        """Bring a draft in line with its table: what the migrations make counts."""
        table = self.tables.get(draft.table.key)
        if table is None:
            return
        there = {column.name for column in table.columns}
        draft.columns = {name: column for name, column in draft.columns.items() if column in there}
        mapped = set(draft.columns.values())
        references = {key.columns[0] for key in table.foreign_keys if len(key.columns) == 1}
        for column in there - mapped:
            draft.columns.setdefault(column, column)
            if column in references and column.endswith("_id"):
                draft.columns.setdefault(column.removesuffix("_id"), column)
        if table.primary_key is not None:
            draft.primary_key = table.primary_key.columns

    def _draft_proxy(self, model: Model) -> None:
        original = self.registry.by_class.get(self.reader.concrete(model.cls))
        found = self.drafts.get(key_of(original.cls, self.world)) if original is not None else None
        if original is None or found is None:
            return
        own = self.reader.meta(model.cls, "ordering") is not None
        key = key_of(model.cls, self.world)
        self.drafts[key] = _Draft(
            key, model.cls.name, model.label, found.table, dict(found.columns), found.primary_key,
            dict(found.relations), self._sorted(model, found) if own else found.ordering, (found.key,),
        )  # fmt: skip

    def _relate(self, model: Model) -> None:
        """Add the relations that a model's fields make, at both their ends."""
        here = self._of(model)
        links = self.columns.parent_links(model)
        for parent, link in links.items():
            if link is None:
                self._link(here, self._of(parent), pointer_name(parent), model, parent)
        for field_ in self.reader.fields(model.cls).values():
            target = self.columns.target(field_, model) if field_.kind not in {None, "GenericForeignKey"} else None
            if target is None:
                continue
            if field_.is_relation():
                self._relate_key(field_, model, target, is_link=field_ in links.values())
            elif field_.kind == "ManyToManyField":
                self._relate_many(field_, model, target)

    def _link(self, here: _Draft, there: _Draft, column: str, model: Model, parent: Model) -> None:
        other = self.columns.key(parent).name
        here.add(MappedRelation(_pointer(parent), there.key, many=False, pairs=((column, other),), parent=True))
        there.add(
            MappedRelation(model.cls.name.lower(), here.key, many=False, pairs=((other, column),), reverse=True)
        )  # fmt: skip

    def _relate_key(self, field_: FieldDef, model: Model, target: Target, *, is_link: bool) -> None:
        here, there = self._of(model), self._of(target)
        to_field = field_.value(self.world, "to_field")
        own = here.columns.get(field_.name)
        other = self.columns.key(target, to_field if isinstance(to_field, str) else None).name
        if own is None or other not in there.columns.values():
            return
        here.add(MappedRelation(field_.name, there.key, many=False, pairs=((own, other),), parent=is_link))
        one = field_.kind == "OneToOneField" or field_.flag(self.world, "unique")
        names = self._names_back(field_, model, is_single=field_.kind == "OneToOneField")
        if names is not None:
            many = not one or field_.kind != "OneToOneField"
            back = MappedRelation(names[0], here.key, many, ((other, own),), query_name=names[1], reverse=True)
            there.add(back)

    def _relate_many(self, field_: FieldDef, model: Model, target: Target) -> None:
        here, there = self._of(model), self._of(target)
        through = self._through(field_, model, target)
        if through is None:
            return
        here.add(MappedRelation(field_.name, there.key, many=True, through=through))
        names = self._names_back(field_, model, is_single=False)
        if names is None or self._is_symmetrical(field_):
            return
        back = Through(through.table, _turned(through.far), _turned(through.near))
        there.add(MappedRelation(names[0], here.key, True, through=back, query_name=names[1], reverse=True))

    def _through(self, field_: FieldDef, model: Model, target: Target) -> Through | None:
        """The table between, Django's own or that of the model that the field names."""
        mine, theirs = self.columns.key(model).name, self.columns.key(target).name
        located = field_.options.get("through")
        if located is None:
            table = self.between.get(f"{model.label}.{field_.name}")
            if table is None:
                return None
            ends = [column.name for column in table.ordered_columns[1:3]]
            self._draft_between(table, field_, (model, target), ends)
            return Through(table.ref, ((mine, ends[0]),), ((ends[1], theirs),))
        between = self.registry.target(located, model)
        if not isinstance(between, Model):
            return None
        keys = self._ends(field_, between, model, target)
        if keys is None:
            return None
        draft = self._of(between)
        near, far = (draft.columns.get(key.name) for key in keys)
        if near is None or far is None:
            return None
        mine = self._referenced(keys[0], model)
        return Through(draft.table, ((mine, near),), ((far, self._referenced(keys[1], target)),))

    def _referenced(self, key: FieldDef, target: Target) -> str:
        to_field = key.value(self.world, "to_field")
        return self.columns.key(target, to_field if isinstance(to_field, str) else None).name

    def _ends(self, field_: FieldDef, between: Model, model: Model, target: Target) -> tuple[FieldDef, FieldDef] | None:
        """The foreign keys of the model between: `through_fields`, else the first to each side."""
        fields = self.reader.fields(between.cls)
        named = field_.value(self.world, "through_fields")
        if isinstance(named, (tuple, list)) and len(named) == 2:
            near, far = (fields.get(name) if isinstance(name, str) else None for name in named)
            return (near, far) if near is not None and far is not None else None
        keys = [(f, self.columns.target(f, between)) for f in fields.values() if f.is_relation()]
        near = next((f for f, to in keys if to == model), None)
        far = next((f for f, to in keys if to == target and f is not near), None)
        return (near, far) if near is not None and far is not None else None

    def _draft_between(self, table: Table, field_: FieldDef, sides: tuple[Model, Target], ends: list[str]) -> None:
        """The model that Django makes for the table between."""
        here = self._of(sides[0])
        key = f"{here.key}.{field_.name}.through"
        name = f"{here.name}_{field_.name}"
        draft = _Draft(key, name, f"{sides[0].app.label}.{name}", table.ref, primary_key=("id",))
        draft.columns = {"id": "id", "pk": "id"}
        for end, side in zip(ends, sides, strict=True):
            attribute, other = end.removesuffix("_id"), self.columns.key(side).name
            draft.columns |= {attribute: end, end: end}
            draft.add(MappedRelation(attribute, self._of(side).key, many=False, pairs=((end, other),)))
        self.drafts[key] = draft

    def _names_back(self, field_: FieldDef, model: Model, *, is_single: bool) -> tuple[str, str | None] | None:
        """What the other side calls a relation, and what filters do where that differs; None where it has no name."""
        given = field_.value(self.world, "related_name") or self.reader.option(model.cls, "default_related_name")
        asked = field_.value(self.world, "related_query_name")
        if not isinstance(given, (str, type(None))):
            return None  # computed
        own = model.cls.name.lower()
        name = _expanded(given, model) if given else (own if is_single else f"{own}_set")
        if name.endswith("+"):
            return None
        query = _expanded(asked, model) if isinstance(asked, str) else (name if given else own)
        return name, query if query != name else None

    def _is_symmetrical(self, field_: FieldDef) -> bool:
        """Whether a relation of a model to itself holds both ways, so that it has no other end."""
        to = field_.options.get("to")
        is_self = to is not None and to.expr == Literal("self")
        return is_self and field_.flag(self.world, "symmetrical", default=True)

    def _relate_generic(self, model: Model, generic: GenericField) -> None:
        """Add the way of a GenericRelation, or of tags, by the object's key and the type of the object."""
        located = Located(generic.target, generic.module, generic.scope)
        other = self.registry.target(located, model)
        if not isinstance(other, Model):
            return
        here, there = self._of(model), self._of(other)
        if len(here.primary_key) != 1:
            return
        own, key = here.primary_key[0], there.columns.get(generic.object_id)
        kind = there.columns.get(generic.content_type)
        fixed = (kind,) if kind is not None else ()
        if not generic.is_tags:
            if key is None:
                return
            here.add(MappedRelation(generic.name, there.key, True, ((own, key),), reverse=True, fixed=fixed))
            if generic.query_name is not None:
                name = _expanded(generic.query_name, model)
                there.add(MappedRelation(name, here.key, many=False, pairs=((key, own),)))
            return
        tag, thing = there.relations.get("tag"), there.relations.get("content_object")
        if thing is not None:
            (near,) = thing.pairs
            own, key, fixed = near[1], near[0], ()
        if tag is None or key is None:
            return
        between = Through(there.table, ((own, key),), tag.pairs, fixed)
        here.add(MappedRelation(generic.name, tag.target, many=True, through=between))

    def _ordering(self, model: Model) -> tuple[tuple[str, bool], ...]:
        if self.reader.option(model.cls, "order_with_respect_to") is not None:
            return (("_order", False),)
        return self._sorted(model, self._of(model))

    def _sorted(self, model: Model, draft: _Draft) -> tuple[tuple[str, bool], ...]:
        """Meta.ordering as columns of the model's table, up to the first that is none."""
        found = self.reader.meta(model.cls, "ordering")
        keys: list[tuple[str, bool]] = []
        for located in self._entries(found) if found is not None else ():
            named = self._sort_key(located)
            column = draft.columns.get(named[0]) if named is not None else None
            if named is None or column is None or self._is_ordered_by_another(draft, named[0]):
                break
            keys.append((column, named[1]))
        return tuple(keys)

    def _is_ordered_by_another(self, draft: _Draft, name: str) -> bool:
        """Whether a name is that of a relation, which sorts by the other model's own order where it has one."""
        relation = draft.relations.get(name)
        if relation is None:
            return False
        model = self.concrete.get(relation.target)
        return model is None or self.reader.meta(model.cls, "ordering") is not None

    def _entries(self, found: tuple[Expr, ClassDef]) -> Iterator[Located]:
        expr, owner = found
        if isinstance(expr, Display):
            yield from (Located(item, owner.module, owner) for item in expr.items)
            return
        value = self.world.value(expr, owner.module, owner)
        for name in value if isinstance(value, (list, tuple)) else ():
            yield Located(Literal(name if isinstance(name, str) else None), owner.module, owner)

    def _sort_key(self, located: Located) -> tuple[str, bool] | None:
        """A name and whether it descends: `"-created"`, `F("created").desc()`; None for anything else."""
        expr = located.expr
        function = expr.function if isinstance(expr, Call) else None
        if isinstance(expr, Call) and isinstance(function, Attribute) and isinstance(function.value, Call):
            inner = function.value
            named = inner.argument(0, "name")
            made = self.world.resolve_expr(located.module, inner.function, located.scope)
            is_field = isinstance(made, External) and made.name.startswith("django.") and made.name.endswith(".F")
            if not is_field or expr.kwargs or function.attr not in {"asc", "desc"} or named is None:
                return None
            value, descends = self.world.value(named, located.module, located.scope), function.attr == "desc"
            return (value, descends) if isinstance(value, str) else None
        value = self.world.value(expr, located.module, located.scope) if isinstance(expr, (Literal, Name)) else None
        return (value.removeprefix("-"), value.startswith("-")) if isinstance(value, str) else None


def _pointer(parent: Model) -> str:
    return pointer_name(parent).removesuffix("_id")


def _turned(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((second, first) for first, second in pairs)


def _expanded(name: str, model: Model) -> str:
    """A related name with what stands in for the class that inherits it."""
    own = model.cls.name.lower()
    for mark, word in (("class", own), ("model_name", own), ("app_label", model.app.label.lower())):
        name = name.replace(f"%({mark})s", word)
    return name
