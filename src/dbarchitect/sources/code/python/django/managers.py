"""Managers and querysets of the project: which methods they have of their own, and what they begin with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.python.django.values import (
    NARROWED,
    PLAIN,
    KindClass,
    QueryKind,
    QuerySet,
    UnboundManager,
)
from dbarchitect.sources.code.python.values import Function, ModelClass
from dbarchitect.sources.code.python.vocabulary import Arguments, Following, Site
from dbarchitect.sources.code.values import Value
from dbarchitect.sources.mapping import MappedModel
from dbarchitect.sources.python.expressions import Attribute, Call, Expr, Name
from dbarchitect.sources.python.resolved import External
from dbarchitect.sources.python.resolved import Value as Bound
from dbarchitect.sources.python.statements import Assign, ClassDef, FunctionDef, Statement

USERS, NAMED_AFTER = "models of managers", "managers called after models"
_MANAGER_LIKE = ("Manager", "as_manager")
_KIND_NAME = re.compile(r"_?(?:Base|Abstract)?(\w+?)(?:Base)?(?:QuerySet|Queryset|Manager)(?:Base|Mixin)?\Z")
LIBRARY_METHODS = frozenset(
    {"all", "filter", "exclude", "get", "create", "get_or_create", "update_or_create", "bulk_create", "bulk_update",
     "update", "delete", "count", "exists", "first", "last", "latest", "earliest", "aggregate", "annotate", "alias",
     "values", "values_list", "only", "defer", "order_by", "reverse", "distinct", "select_related", "prefetch_related",
     "select_for_update", "using", "union", "none", "dates", "datetimes", "iterator", "in_bulk", "raw", "extra",
     "get_queryset", "as_manager", "from_queryset", "add", "remove", "set", "clear", "contains", "explain"}
)  # fmt: skip
_NARROWS = re.compile(
    r"(?:Soft|Safe)_?Delet|Paranoi|Undeleted|NonDeleted|NotDeleted|Archiv|Active|Published|Visible|CurrentSite|Tenant",
)
"""What managers and models of packages are called that leave rows out."""
_OWN_BASES = frozenset({"django.db.models.Model", "django.db.models.base.Model"})
_STANDARD = frozenset({"objects", "_default_manager", "_base_manager"})


class Managers:
    """Knows the managers of every model of one interpreter."""

    def __init__(self) -> None:
        self._kinds: dict[ClassDef, KindClass | None] = {}
        self._of_model: dict[str, dict[str, QueryKind]] = {}
        self._begun: dict[tuple[str, QueryKind], QuerySet] = {}
        self._beginning: set[tuple[str, QueryKind]] = set()
        self._named_after: dict[str, list[ClassDef]] | None = None
        self._users: dict[ClassDef, list[MappedModel]] | None = None

    def forget(self) -> None:
        """What the managers of models begin with is followed again in the next module."""
        self._begun.clear()

    def kind_of(self, cls: ClassDef, interpreter: Following) -> KindClass | None:
        """What managers or querysets a class makes; None where it is neither."""
        if cls not in self._kinds:
            self._kinds[cls] = None
            self._kinds[cls] = self._read_kind(cls, interpreter)
        return self._kinds[cls]

    def _read_kind(self, cls: ClassDef, interpreter: Following) -> KindClass | None:
        queryset: list[ClassDef] = []
        is_manager = is_queryset = narrowed = False
        for base in interpreter.index.mro(cls):
            if isinstance(base, External):
                last = base.name.rpartition(".")[2]
                is_manager = is_manager or last.endswith("Manager")
                is_queryset = is_queryset or last.endswith(("QuerySet", "Queryset"))
                narrowed = narrowed or (last.endswith("Manager") and _NARROWS.search(last) is not None)
            elif isinstance(base, Bound):
                found = self._made_class(base, interpreter)
                if found is not None:
                    is_manager = True
                    queryset.extend(found.kind.queryset)
                    queryset.extend(c for c in found.kind.manager if c is not cls)
        if is_manager:
            return KindClass(QueryKind((cls,), tuple(dict.fromkeys(queryset)), narrowed), manager=True)
        return KindClass(QueryKind((), (cls,)), manager=False) if is_queryset else None

    def _made_class(self, base: Bound, interpreter: Following) -> KindClass | None:
        """A base that is made by a call: `models.Manager.from_queryset(OrderQuerySet)`."""
        if not isinstance(base.expr, Call):
            return None
        value = interpreter.apart(
            lambda: interpreter.evaluation.of(base.expr, interpreter.module_frame(base.module, base.owner))
        )
        return value if isinstance(value, KindClass) else None

    def of_model(self, model: MappedModel, interpreter: Following) -> dict[str, QueryKind]:
        """The managers that a model's class and its bases bind, by name, in their order."""
        interpreter.touch(model.key.partition(":")[0])
        if model.key not in self._of_model:
            self._of_model[model.key] = {}
            cls = interpreter.objects.class_of(model)
            found: dict[str, QueryKind] = {}
            for holder in interpreter.index.lineage(cls) if cls is not None else ():
                for statement in holder.body:
                    if isinstance(statement, Assign) and statement.target not in found:
                        kind = self._assigned(statement.value, holder, interpreter)
                        if kind is not None:
                            found[statement.target] = kind
            self._of_model[model.key] = found
        return self._of_model[model.key]

    def _assigned(self, value: Expr | None, holder: ClassDef, interpreter: Following) -> QueryKind | None:
        if not isinstance(value, Call):
            return None
        function = value.function
        if isinstance(function, Name):
            last = function.id.rpartition(".")[2]
            if not last.endswith(_MANAGER_LIKE) and not self._is_manager_class(function, holder, interpreter):
                return None
        elif not isinstance(function, Call | Attribute):
            return None
        made = interpreter.apart(
            lambda: interpreter.evaluation.of(value, interpreter.module_frame(holder.module, holder))
        )
        if isinstance(made, UnboundManager):
            return made.kind
        if not isinstance(function, Name) or not function.id.rpartition(".")[2].endswith("Manager"):
            return None
        return self._of_package(function, value, holder, interpreter)

    def _of_package(self, function: Name, made: Call, holder: ClassDef, interpreter: Following) -> QueryKind:
        """A manager of a package: one that is told something (`QueryManager(state="open")`) may ask for some rows only,
        as one does that says so by its name."""
        found = interpreter.index.resolve(holder.module, function.id, holder)
        name = found.name if isinstance(found, External) else function.id
        told = bool(made.args or made.kwargs)
        return NARROWED if told or _NARROWS.search(name.rpartition(".")[2]) else PLAIN

    def _inherited(self, model: MappedModel, interpreter: Following) -> QueryKind:
        """The manager of a model that binds none: that of the package's class that it extends, or the plain one."""
        cls = interpreter.objects.class_of(model)
        bases = interpreter.index.external_bases(cls) if cls is not None else ()
        return NARROWED if any(_NARROWS.search(base.rpartition(".")[2]) for base in bases) else PLAIN

    def _is_manager_class(self, function: Name, holder: ClassDef, interpreter: Following) -> bool:
        found = interpreter.index.resolve(holder.module, function.id, holder)
        return isinstance(found, ClassDef) and self.kind_of(found, interpreter) is not None

    def named(self, model: MappedModel, name: str, interpreter: Following) -> QueryKind | None:
        """The manager of a model that a name means; None where it means none."""
        managers = self.of_model(model, interpreter)
        if name in managers:
            return managers[name]
        if name == "_default_manager":
            return self.default(model, interpreter)
        if name.endswith("_objects") and self._is_of_library(model, name, interpreter):
            return PLAIN
        return self._inherited(model, interpreter) if name in _STANDARD else None

    def _is_of_library(self, model: MappedModel, name: str, interpreter: Following) -> bool:
        """Whether a name that no class of the project binds may be bound by a library's base (`global_objects`)."""
        cls = interpreter.objects.class_of(model)
        if cls is None or interpreter.index.attribute(cls, name) is not None:
            return False
        return not _OWN_BASES.issuperset(interpreter.index.external_bases(cls))

    def default(self, model: MappedModel, interpreter: Following) -> QueryKind:
        """The manager that relations and generic views use."""
        managers = self.of_model(model, interpreter)
        return managers.get("objects") or next(iter(managers.values()), None) or self._inherited(model, interpreter)

    def used_by(self, cls: ClassDef, interpreter: Following) -> MappedModel | None:
        """The one model whose managers or querysets are of this class; None where there are several or none."""
        tables = {model.table.key: model for model in self.users(interpreter).get(cls, ())}
        if not tables:
            return self._called_after(cls, interpreter)
        return next(iter(tables.values())) if len(tables) == 1 else None

    def users(self, interpreter: Following) -> dict[ClassDef, list[MappedModel]]:
        """The models by the classes that their managers and querysets are of."""
        interpreter.ask(USERS)
        if self._users is None:
            self._users = {}
            for model in interpreter.models.values():
                for kind in self.of_model(model, interpreter).values():
                    for known in dict.fromkeys(self._classes(kind, interpreter)):
                        self._users.setdefault(known, []).append(model)
        return self._users

    def _called_after(self, cls: ClassDef, interpreter: Following) -> MappedModel | None:
        """The one model that a class is named after (`VersionQuerySet`), in the package that it stands in."""
        named = _KIND_NAME.match(cls.name)
        if named is None:
            return None
        folder = cls.module.directory
        found = [
            m for m in interpreter.models.values()
            if m.name == named[1] and (m.key.startswith(f"{folder}/") or folder.startswith(m.key.rpartition("/")[0]))
        ]  # fmt: skip
        return found[0] if len(found) == 1 else None

    def _classes(self, kind: QueryKind, interpreter: Following) -> Iterator[ClassDef]:
        for cls in (*kind.manager, *kind.queryset):
            yield from interpreter.index.lineage(cls)

    # What a manager gives

    def manager(self, model: MappedModel, kind: QueryKind, origin: Origin) -> QuerySet:
        """A manager of a model."""
        return QuerySet(Draft("django", origin, model=model, table=model.table), kind, manager=True)

    def begun(self, manager: QuerySet, site: Site) -> QuerySet:
        """The queryset that a manager gives: what `get_queryset` says, then what a relation asks."""
        if not manager.manager:
            return manager
        draft = manager.draft
        plain = replace(manager, manager=False)
        if manager.kind.narrowed:
            draft = draft.unknown("where")
            plain = replace(plain, draft=draft)
        if draft.model is None or not manager.kind.manager:
            return plain
        own = self._own_queryset(manager, site)
        if own is None:
            return plain
        begun = replace(
            own.draft,
            origin=draft.origin,
            dynamic=tuple(dict.fromkeys((*draft.dynamic, *own.draft.dynamic))),
            predicates=(*draft.predicates, *own.draft.predicates),
            joins=(*draft.joins, *(j for j in own.draft.joins if j not in draft.joins)),
            joined=(*draft.joined, *(t for t in own.draft.joined if t not in draft.joined)),
            builders=(own.draft.origin,) if own.draft.predicates or own.draft.ordering else (),
        )
        return replace(plain, draft=begun, kind=own.kind if own.kind.queryset else plain.kind)

    def _own_queryset(self, manager: QuerySet, site: Site) -> QuerySet | None:
        model = manager.draft.model
        if model is None:
            return None
        key = (model.key, manager.kind)
        if key in self._begun:
            return self._begun[key]
        found = self.method(manager, "get_queryset", site.interpreter)
        if found is None or key in self._beginning:
            return None
        self._beginning.add(key)
        try:
            base = self.manager(model, manager.kind, found.module.origin(found.span))
            made = site.interpreter.run(Function(found, base), Arguments(), site)
        finally:
            self._beginning.discard(key)
        if not isinstance(made, QuerySet):
            return None
        self._begun[key] = replace(made, manager=False)
        return self._begun[key]

    def method(self, held: QuerySet, name: str, interpreter: Following) -> FunctionDef | None:
        """The project's own method of a manager or queryset."""
        classes = (*held.kind.manager, *held.kind.queryset) if held.manager else held.kind.queryset
        for cls in classes:
            found = interpreter.index.attribute(cls, name)
            if found is not None and isinstance(found[1], FunctionDef):
                return found[1]
        return self._by_name(held, name, interpreter)

    def bound(self, held: QuerySet, name: str, interpreter: Following) -> KindClass | None:
        """A class of querysets that the project's class of a manager or queryset binds to a name."""
        for cls in (*held.kind.manager, *held.kind.queryset) if held.manager else held.kind.queryset:
            found = interpreter.index.attribute(cls, name)
            if found is not None:
                made = self._evaluated(*found, interpreter)
                return made if isinstance(made, KindClass) else None
        return None

    def _evaluated(self, owner: ClassDef, statement: Statement, interpreter: Following) -> Value | None:
        if not isinstance(statement, Assign):
            return None
        value = statement.value
        return interpreter.apart(
            lambda: interpreter.evaluation.of(value, interpreter.module_frame(owner.module, owner))
        )

    def _by_name(self, held: QuerySet, name: str, interpreter: Following) -> FunctionDef | None:
        """A method of a class called after the model, where the model's manager is made in a way nobody can read."""
        model = held.draft.model
        if model is None or name in LIBRARY_METHODS or name.startswith("_"):
            return None
        for cls in self.named_after(interpreter).get(model.key, ()):
            found = interpreter.index.attribute(cls, name)
            if found is not None and isinstance(found[1], FunctionDef):
                return found[1]
        return None

    def named_after(self, interpreter: Following) -> dict[str, list[ClassDef]]:
        """The classes of managers and querysets that are called after a model."""
        interpreter.ask(NAMED_AFTER)
        if self._named_after is None:
            self._named_after = {}
            for module in interpreter.index.candidates(b"QuerySet", b"Queryset", b"Manager"):
                for cls in module.classes:
                    if _KIND_NAME.match(cls.name) and self.kind_of(cls, interpreter) is not None:
                        model = self._called_after(cls, interpreter)
                        if model is not None:
                            self._named_after.setdefault(model.key, []).append(cls)
        return self._named_after

    def made(self, kind: KindClass, arguments: Arguments, site: Site) -> Value:
        """`OrderManager()`, `OrderQuerySet(self.model, using=self._db)`."""
        model = arguments.get(0, "model")
        if kind.manager or not isinstance(model, ModelClass):
            return UnboundManager(kind.kind)
        draft = Draft("django", site.origin, model=model.model, table=model.model.table)
        return QuerySet(draft, kind.kind)


def from_queryset(base: KindClass, queryset: KindClass) -> KindClass:
    """`OrderManager.from_queryset(OrderQuerySet)`."""
    return KindClass(QueryKind(base.kind.manager, (*queryset.kind.queryset, *base.kind.queryset)), manager=True)
