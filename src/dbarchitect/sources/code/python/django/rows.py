"""Rows as objects: their columns, the rows behind their relations, and what saves them."""

from __future__ import annotations

from dataclasses import replace

from dbarchitect.catalog.queries import Comparison, Join, Operand, Predicate
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.django.managers import Managers
from dbarchitect.sources.code.python.django.paths import Paths
from dbarchitect.sources.code.python.django.values import PLAIN, QuerySet
from dbarchitect.sources.code.python.django.writing import Writing
from dbarchitect.sources.code.python.values import Const, Function, ModelClass
from dbarchitect.sources.code.python.vocabulary import Arguments, Site
from dbarchitect.sources.code.values import OPAQUE, Member, Opaque, Rows, Value, given
from dbarchitect.sources.mapping import MappedModel, MappedRelation, column_of, relation_of
from dbarchitect.sources.python.statements import FunctionDef

_METHODS = frozenset(
    {"save", "delete", "refresh_from_db", "full_clean", "clean", "validate_unique", "save_base", "asave", "adelete",
     "arefresh_from_db"}
)  # fmt: skip


class RowObjects:
    """What a program asks of rows."""

    def __init__(self, paths: Paths, managers: Managers, writing: Writing) -> None:
        self.paths = paths
        self.models = paths.models
        self.managers = managers
        self.writing = writing
        self._accessors: dict[str, tuple[MappedModel, MappedRelation] | None] | None = None

    def of_unknown(self, name: str, site: Site) -> Value | None:
        """`something.order_set`: nobody knows the object, but only the rows of one model have an attribute that the
        library calls so."""
        if self._accessors is None:
            self._accessors = {}
            for model in self.models.values():
                for relation in model.relations.values():
                    if relation.reverse and relation.many and relation.name.endswith("_set"):
                        known = self._accessors.setdefault(relation.name, (model, relation))
                        if known is not None and known[1].target != relation.target:
                            self._accessors[relation.name] = None
        found = self._accessors.get(name)
        return self.many(Rows(found[0], "django"), found[1], site) if found is not None else None

    def attribute(self, row: Rows, name: str, site: Site) -> Value | None:
        """`row.name`."""
        if name in _METHODS:
            return Member(row, name)
        if name == "__class__":
            return ModelClass(row.model, "django")
        relation = relation_of(self.models, row.model, name)
        if relation is not None and relation[1].name == name:
            return self._related(row, relation[1], site)
        column = column_of(self.models, row.model, name)
        if column is None:
            return None
        ref, _ = column
        if row.record is not None:
            row.record.attributes.add(ref)
            row.record.otherwise = True
        return Opaque(reads=frozenset({ref}), cell=ref)

    def _related(self, row: Rows, relation: MappedRelation, site: Site) -> Value:
        if relation.many:
            return self.many(row, relation, site)
        found = site.interpreter.objects.related(row, relation, site)
        row.loaded = row.loaded | {relation.name}  # a row keeps what it has fetched once
        return found

    def many(self, row: Rows, relation: MappedRelation, site: Site) -> Value:
        """The manager of the rows behind a relation."""
        target = self.models.get(relation.target)
        if target is None:
            return OPAQUE
        draft = Draft("django", site.origin, model=target, table=target.table)
        if row.record is not None:
            row.record.otherwise = True
        through, back = relation.through, frozenset[str]()
        if through is not None:
            far = tuple((target.table.column(b), through.table.column(a)) for a, b in through.far)
            draft = draft.join(Join(far))
            keys = tuple(through.table.column(b) for _, b in through.near)
        else:
            keys = tuple(target.table.column(b) for _, b in relation.pairs)
            back = _back(relation, row.model, target)
            draft = draft.but(loaded=draft.loaded | back)
        draft = draft.where(*(Predicate(key, Comparison.EQUAL, Operand.PARAMETER) for key in keys))
        draft = draft.where(*self.paths.fixed(relation, target))
        kind = self.managers.default(target, site.interpreter)
        rows = None
        if relation.name in row.loaded:
            inner, computed = _within(row.loaded, relation), _within(row.computed, relation)
            rows = Rows(target, "django", True, row.record, inner | back, computed=computed)
        return QuerySet(draft, kind or PLAIN, manager=True, row=row, relation=relation, rows=rows)

    def call(self, row: Rows, name: str, arguments: Arguments, site: Site, *, above: bool = False) -> Value | None:
        """`row.save()` and the like; `above`: of `super()`."""
        plain = name.removeprefix("a") if name in {"asave", "adelete", "arefresh_from_db"} else name
        if plain not in {"save", "delete", "refresh_from_db", "save_base"}:
            return None
        if above:
            return Const(None)  # the caller of the method that overrides it is who saves
        self._own(row, plain, arguments, site)
        if plain == "delete":
            return self.writing.delete_row(row, site)
        if plain == "refresh_from_db":
            return self.writing.refresh(row, site)
        return self.writing.save(row, arguments, site)

    def _own(self, row: Rows, name: str, arguments: Arguments, site: Site) -> None:
        """What the class's own method of that name does besides."""
        cls = site.interpreter.objects.class_of(row.model)
        found = site.interpreter.index.attribute(cls, name) if cls is not None else None
        if found is not None and isinstance(found[1], FunctionDef):
            own = found[1]
            key = f"{own.module.path}:{own.qualname}"
            site.interpreter.recorder.call(site.interpreter.place(site.frame), key, site.origin)
            site.interpreter.run(Function(own, row), arguments, site)

    def assign(self, row: Rows, name: str, value: Value) -> bool | None:
        """`row.name = value`; a row without a key is a new one."""
        if name in {"pk", "id"} and isinstance(value, Const) and value.value is None:
            row.new = True
            return True
        column = column_of(self.models, row.model, name)
        if column is None:
            return None
        row.pending = [a for a in row.pending if a.column != column[0]]
        row.pending.append(self.writing.assignment(column[0], value, row.model))
        if name in row.model.relations:
            row.loaded = row.loaded | {name, given(name)}
        return True

    def made(self, model: MappedModel, arguments: Arguments) -> Rows:
        """`Order(user=user)`: a new row."""
        assigned, _ = self.writing.assignments(model, arguments.kwargs, arguments)
        loaded = frozenset(n for n in arguments.kwargs if n in model.relations)
        return replace(Rows(model, "django", new=True, loaded=loaded), pending=list(assigned))


def _within(paths: frozenset[str], relation: MappedRelation) -> frozenset[str]:
    """What is said of the rows behind a relation: `user` of `lines.user`."""
    return frozenset(path.partition(".")[2] for path in paths if path.startswith(f"{relation.name}."))


def _back(relation: MappedRelation, model: MappedModel, target: MappedModel) -> frozenset[str]:
    """What leads back from each of the rows behind a relation: Django hands them the row that they were asked of."""
    pairs = {(theirs, own) for own, theirs in relation.pairs}
    names = [
        name
        for name, other in target.relations.items()
        if relation.reverse and not (other.reverse or other.many) and other.target == model.key
        if not relation.fixed and set(other.pairs) == pairs
    ]
    return frozenset((*names, *map(given, names)))
