"""Applies operations to the state, and what follows from them to the database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from dbarchitect.catalog.objects import Table
from dbarchitect.catalog.refs import Diagnostic
from dbarchitect.sources.django.apps import App
from dbarchitect.sources.django.field_classes import Located
from dbarchitect.sources.django.fields import FieldDef, read_field
from dbarchitect.sources.django.migrations.calls import Invocation
from dbarchitect.sources.django.migrations.database import PLAIN, Database, Manner
from dbarchitect.sources.django.migrations.state import StateModel, StateRegistry
from dbarchitect.sources.django.migrations.tables import Slots, StateTables
from dbarchitect.sources.django.models import Model
from dbarchitect.sources.django.world import World
from dbarchitect.sources.python import ClassDef, Module, Value
from dbarchitect.sources.python.expressions import Call, Name
from dbarchitect.sources.sqlfiles.record import Said


@dataclass
class Editor:
    """Applies operations to the state and, where `in_database`, what follows from them to the database.

    `believed`: code has made the tables, nobody can see here how, that the state has from here on.
    """

    registry: StateRegistry
    tables: StateTables
    database: Database
    app: App
    module: Module
    in_database: bool = True
    believed: bool = False
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def report(self, call: Invocation, text: str) -> None:
        """Note what could not be followed of an operation."""
        self.diagnostics.append(Diagnostic(call.origin, text))

    def model(self, call: Invocation, argument: str = "model_name") -> StateModel | None:
        """The model that an operation names."""
        name = call.text(argument)
        state = self.registry.find(self.app.label, name) if name is not None else None
        if state is None:
            known = name is not None and (self.app.label, name.lower()) in self.registry.models
            if not known:
                self.report(call, f"{call.statement}: there is no model {name or 'of a name that can be told'} by then")
        return state

    def alter(
        self,
        call: Invocation,
        state: StateModel,
        change: Callable[[], object],
        *,
        referrers: bool = False,
        manner: Manner = PLAIN,
        said: Said | None = None,
        slots: Mapping[str, str] = MappingProxyType({}),
        only: Collection[str] | None = None,
    ) -> None:
        """Change a model of the state, and its tables with it; with `referrers` those of the models that point at it.

        `slots` are relations that get another name, by their old ones. Of the relations' tables Django touches `only`
        these, where given, whatever the state makes of the others.
        """
        others = self.referrers(state) if referrers else ()
        before = {slots.get(slot, slot): table for slot, table in self.tables.slots(state).items()}
        around = [(other, self.tables.slots(other)) for other in others]
        change()
        self.registry.settle(state)
        self.tables.forget(state)
        said = said or Said(call.statement, call.origin)
        self._turn_slot("", before.get(""), state, said, manner)
        moved = _Moved(before.get(""), self.tables.slots(state).get(""), manner.renamed)
        self.turn({slot: moved.follow(table) for slot, table in before.items()}, state, said, own=False, only=only)
        for other, old in around:
            self.tables.forget(other)
            self.turn({slot: moved.follow(table) for slot, table in old.items()}, other, said)

    def turn(
        self,
        before: Slots,
        state: StateModel | None,
        said: Said,
        *,
        own: bool = True,
        only: Collection[str] | None = None,
    ) -> None:
        """Bring the database from some tables of a model to those that it has now (None: it is gone)."""
        after = self.tables.slots(state) if state is not None else {}
        for slot in dict.fromkeys((*before, *after)):
            if (slot or own) and (only is None or slot in only):
                manner = _of_ends(before.get(slot), after.get(slot)) if slot else PLAIN
                self._turn_slot(slot, before.get(slot), state, said, manner)

    def _turn_slot(self, slot: str, old: Table | None, state: StateModel | None, said: Said, manner: Manner) -> None:
        new = self.tables.slots(state).get(slot) if state is not None else None
        if not self.in_database:
            if self.believed and new is not None and not self.database.has(new):
                self.database.put_silently(new)
            held = self.database.held(new) if new is not None else None
        else:
            old = self.database.held(old) if old is not None else None
            held = self.database.turn(old, new, said, manner)
        if held is not None and state is not None:
            self.tables.hold(state, slot, held)

    def referrers(self, state: StateModel) -> tuple[StateModel, ...]:
        """The models whose tables depend on the key of this one: those that point at it, and where a key of theirs
        is such a pointer, those that point at them."""
        pointing = self._pointing()
        found: dict[StateModel, None] = {}
        waiting = [state]
        while waiting:
            for other, is_key in pointing.get(waiting.pop().cls, ()):
                if other is not state and other not in found:
                    found[other] = None
                    if is_key:
                        waiting.append(other)
        return tuple(found)

    def _pointing(self) -> Mapping[ClassDef, list[tuple[StateModel, bool]]]:
        found: dict[ClassDef, list[tuple[StateModel, bool]]] = {}
        world = self.registry.world
        for other in self.registry.state.states.values():
            for field_ in other.fields.values():
                if not field_.is_relation() and field_.kind != "ManyToManyField":
                    continue
                target = self.tables.columns.target(field_, other.model)
                if isinstance(target, Model):
                    is_key = field_.flag(world, "primary_key")
                    found.setdefault(self.registry.state.concrete(target.cls), []).append((other, is_key))
        return found

    def field(self, call: Invocation, name: str, located: Located) -> FieldDef | None:
        """The field that an operation gives; None for one without a column."""
        found = called(located, self.registry.world)
        if found is None:
            self.report(call, f"the field {name} cannot be told; it is left out")
            return None
        return read_field(name, found.expr, found.module, found.scope, found.expr.span, self.registry.world)


def called(located: Located, world: World) -> Located | None:
    """The call that makes a field, through the names that it was given."""
    for _ in range(10):
        if isinstance(located.expr, Call):
            return located
        if not isinstance(located.expr, Name):
            return None
        found = world.resolve(located.module, located.expr.id, located.scope)
        if not isinstance(found, Value) or found.expr is None or found.rest:
            return None
        located = Located(found.expr, found.module, found.owner)
    return None


@dataclass(frozen=True, slots=True)
class _Moved:
    """A model's own table before and after an operation, with the columns that were renamed in it."""

    old: Table | None
    new: Table | None
    renamed: Mapping[str, str]

    def follow(self, table: Table) -> Table:
        """Another table as the renaming has made it: its foreign keys follow without anything being sent."""
        if self.old is None or self.new is None or (not self.renamed and self.old.ref == self.new.ref):
            return table
        old, new = self.old.ref, self.new.ref
        keys = tuple(
            replace(
                key,
                referenced=new,
                referenced_columns=tuple(self.renamed.get(c, c) for c in key.referenced_columns),
            )
            if key.referenced == old
            else key
            for key in table.foreign_keys
        )
        return replace(table, foreign_keys=keys)


def _of_ends(old: Table | None, new: Table | None) -> Manner:
    """The columns of a relation's table are named for the models: renamed one by one where these are."""
    if old is None or new is None:
        return PLAIN
    pairs = zip(old.ordered_columns[1:3], new.ordered_columns[1:3], strict=False)
    return Manner({a.name: b.name for a, b in pairs if a.name != b.name})
