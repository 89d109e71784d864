"""What Django believes the models to be between two migrations, in the shape that the models' reader works on.

Each model of the state is a class without a body: its fields, options, indexes and constraints are kept beside it, so
that `TableMaker` makes its table as it makes that of a model in `models.py`. A field keeps the place of the migration
that wrote it, whose names it speaks.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from dbarchitect.catalog.members import Check, Exclusion, Index, UniqueKey
from dbarchitect.sources.django.apps import App
from dbarchitect.sources.django.field_classes import Located
from dbarchitect.sources.django.fields import FieldDef
from dbarchitect.sources.django.models import Model, ModelReader
from dbarchitect.sources.django.names import table_name
from dbarchitect.sources.django.registry import Outsider, Registry, Target
from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import ClassDef, Constant, Module, Statement
from dbarchitect.sources.python.expressions import Expr, Literal, Span

ModelKey = tuple[str, str]
"""An application's label and a model's name in lower case."""

_DEFAULTS: dict[str, Constant] = {"managed": True, "proxy": False, "abstract": False}


@dataclass(frozen=True, slots=True)
class Extra:
    """An index or constraint of a model. `option` is the option of Meta it belongs to, `name` what Django calls it.

    What cannot be told has no `member`; it is kept for the operation that removes it.
    """

    option: str
    name: str | None
    member: UniqueKey | Check | Exclusion | Index | None
    fields: tuple[str, ...] = ()


@dataclass(eq=False, slots=True)
class StateModel:
    """A model of the state. `bases` are models of the state and the project's classes."""

    model: Model
    fields: dict[str, FieldDef]
    options: dict[str, Located]
    bases: tuple[ModelKey | ClassDef, ...] = ()
    extras: tuple[Extra, ...] = ()

    @property
    def cls(self) -> ClassDef:
        """The class that stands for it."""
        return self.model.cls

    @property
    def key(self) -> ModelKey:
        """What it is found by."""
        return self.model.app.label, self.cls.name.lower()


def _no_body(_: ClassDef) -> tuple[Statement, ...]:
    return ()


def new_model(
    name: str, app: App, module: Module, span: Span, fields: dict[str, FieldDef], options: dict[str, Located]
) -> StateModel:
    """A model made at a place of a migration; whether it has a table is told by `StateRegistry.settle`."""
    cls = ClassDef(name, name, module, (), (), (), None, (), span, _no_body)
    return StateModel(Model(cls, app, abstract=False, proxy=False, managed=True), fields, options)


class StateReader(ModelReader):
    """Reads models of the state, and a library's as ever."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.states: dict[ClassDef, StateModel] = {}
        self.models: dict[ModelKey, Model] = {}

    def is_model(self, cls: ClassDef) -> bool:
        """Whether a class is a model."""
        return cls in self.states or super().is_model(cls)

    def is_abstract(self, cls: ClassDef) -> bool:
        """Whether it is abstract: none of the state is."""
        return cls not in self.states and super().is_abstract(cls)

    def is_proxy(self, cls: ClassDef) -> bool:
        """Whether it has the table of its base."""
        state = self.states.get(cls)
        return state.model.proxy if state is not None else super().is_proxy(cls)

    def fields(self, cls: ClassDef) -> dict[str, FieldDef]:
        """The fields of the model's own table by name."""
        state = self.states.get(cls)
        return state.fields if state is not None else super().fields(cls)

    def option(self, cls: ClassDef, name: str, default: Constant = None) -> Constant:
        """The constant value of an option."""
        state = self.states.get(cls)
        if state is None:
            return super().option(cls, name, default)
        located = state.options.get(name)
        if located is None:
            return _DEFAULTS.get(name, default)
        return self.world.value(located.expr, located.module, located.scope)

    def meta(self, cls: ClassDef, name: str) -> tuple[Expr, ClassDef] | None:
        """The expression of an option; None for a model of the state, whose indexes and constraints are kept apart."""
        return None if cls in self.states else super().meta(cls, name)

    def parents(self, cls: ClassDef) -> tuple[ClassDef, ...]:
        """The concrete models that it inherits from."""
        state = self.states.get(cls)
        if state is None:
            return super().parents(cls)
        found = (self.models.get(base) for base in state.bases if not isinstance(base, ClassDef))
        return tuple(dict.fromkeys(self.concrete(model.cls) for model in found if model is not None))

    def concrete(self, cls: ClassDef) -> ClassDef:
        """The class whose table a proxy stands for."""
        seen = {cls}
        while (state := self.states.get(cls)) is not None and state.model.proxy:
            bases = (self.models.get(base) for base in state.bases if not isinstance(base, ClassDef))
            parent = next((model.cls for model in bases if model is not None and model.cls not in seen), None)
            if parent is None:
                return cls
            seen.add(parent)
            cls = parent
        return cls if cls in self.states else super().concrete(cls)


@dataclass(slots=True)
class _Kept:
    models: dict[ModelKey, Model]
    states: dict[ClassDef, StateModel]
    copies: list[tuple[StateModel, StateModel, str, Model]] = field(default_factory=list)


class StateRegistry(Registry):
    """The models of the state by name; those of libraries and of applications without migrations stay as they are."""

    def __init__(self, declared: Registry, migrated: frozenset[str]) -> None:
        # Nothing of the declared models is read again, so that Registry.__init__ is not what makes this one.
        self.declared = declared
        self.project, self.world, self.engine = declared.project, declared.world, declared.engine
        self.auto_field, self.user_model = declared.auto_field, declared.user_model
        self.installed, self.apps, self.listed = declared.installed, declared.apps, declared.listed
        self.diagnostics = []
        self.files = set()
        self.missed: dict[str, set[ClassDef]] = {}
        self.models = {key: model for key, model in declared.models.items() if key[0] not in migrated}
        self.by_class = {cls: model for cls, model in declared.by_class.items() if model.app.label not in migrated}
        self.state = StateReader(declared.world)
        self.state.models = self.models
        self.reader = self.state
        self.__dict__["loose_collations"] = declared.loose_collations

    def named(self, name: str, owner: Model) -> Target | None:
        """The model of a text; of one that is not there yet it is noted who points at it."""
        found = super().named(name, owner)
        if isinstance(found, Outsider):
            self.missed.setdefault(found.label.lower(), set()).add(owner.cls)
        return found

    def find(self, label: str, name: str) -> StateModel | None:
        """The model of the state of that name."""
        model = self.models.get((label, name.lower()))
        return self.state.states.get(model.cls) if model is not None else None

    def add(self, state: StateModel) -> None:
        """Put a model into the state."""
        self.settle(state)
        self.models[state.key] = state.model
        self.by_class[state.cls] = state.model
        self.state.states[state.cls] = state

    def remove(self, state: StateModel) -> None:
        """Take a model out of the state."""
        if self.models.get(state.key) is state.model:
            del self.models[state.key]
        self.by_class.pop(state.cls, None)
        self.state.states.pop(state.cls, None)

    def settle(self, state: StateModel) -> None:
        """Read from the options whether the model has a table, and what it is called."""
        model = state.model
        model.managed = self._option(state, "managed") is not False
        model.proxy = self._option(state, "proxy") is True
        given = self._option(state, "db_table")
        label, name = state.key
        if isinstance(given, str) and "%(" in given:
            given = given.replace("%(app_label)s", label).replace("%(class)s", name)
        model.table = table_name(given if isinstance(given, str) and given else f"{label}_{name}", self.engine)

    def _option(self, state: StateModel, name: str) -> Constant:
        located = state.options.get(name)
        return self.world.value(located.expr, located.module, located.scope) if located is not None else None

    def rename(self, state: StateModel, name: str) -> None:
        """Give a model another name; what points at it and what derives from it follows."""
        old = state.key
        label = f"{old[0]}.{name}"
        for other in self.state.states.values():
            for field_name, field_ in other.fields.items():
                other.fields[field_name] = self._repointed(field_, other, state.model, label)
            if old in other.bases:
                new = (old[0], name.lower())
                other.bases = tuple(new if base == old else base for base in other.bases)
        del self.models[old]
        state.cls.name = state.cls.qualname = name
        self.models[state.key] = state.model
        self.settle(state)

    def _repointed(self, field_: FieldDef, owner: StateModel, target: Model, label: str) -> FieldDef:
        options = dict(field_.options)
        for option in ("to", "through"):
            located = options.get(option)
            is_self = located is not None and isinstance(located.expr, Literal) and located.expr.value == "self"
            if located is not None and not is_self and self.target(located, owner.model) is target:
                options[option] = Located(Literal(label, located.expr.span), located.module, located.scope)
        return replace(field_, options=options) if options != field_.options else field_

    def keep(self) -> _Kept:
        """The state as it is, to come back to."""
        kept = _Kept(dict(self.models), dict(self.state.states))
        for state in self.state.states.values():
            copy = StateModel(state.model, dict(state.fields), dict(state.options), state.bases, state.extras)
            kept.copies.append((state, copy, state.cls.name, replace(state.model)))
        return kept

    def restore(self, kept: _Kept) -> None:
        """Come back to a state that was kept."""
        for cls in self.state.states.keys() - kept.states.keys():
            self.by_class.pop(cls, None)
        self.models.clear()
        self.models.update(kept.models)
        self.state.states.clear()
        self.state.states.update(kept.states)
        for state, copy, name, model in kept.copies:
            state.fields, state.options, state.bases, state.extras = (
                copy.fields, copy.options, copy.bases, copy.extras,
            )  # fmt: skip
            state.cls.name = state.cls.qualname = name
            state.model.table, state.model.managed, state.model.proxy = model.table, model.managed, model.proxy
            self.by_class[state.cls] = state.model

    def _of_class(self, cls: ClassDef) -> Target | None:
        """A class of the project stands for the model of the state of its name."""
        if cls in self.state.states:
            return super()._of_class(cls)
        declared = self.declared.by_class.get(cls)
        if declared is None:
            return super()._of_class(cls)
        found = self.models.get((declared.app.label, cls.name.lower()))
        return self._swapped(found) if found is not None else Outsider(declared.label, declared.table)
