"""Tables by their declarations: what they are called, and which property is which column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.sources.drizzle.evaluate import Evaluator
from dbarchitect.sources.drizzle.library import Builder, Declared, builder, declared
from dbarchitect.sources.drizzle.names import cased, stored
from dbarchitect.sources.drizzle.operators import settled
from dbarchitect.sources.drizzle.services import column_of
from dbarchitect.sources.drizzle.values import Called, Closure, Computed, Got, Obj, Unknown, Value
from dbarchitect.sources.typescript.syntax import External

_DEFAULT_SCHEMAS = frozenset({"public"})


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a table: the builder of its column (None: not to be told), and where it stands."""

    key: str
    column: str
    value: Value
    builder: Builder | None
    place: Origin

    @property
    def said(self) -> str:
        """The name as it is written, before any casing: that of the column, else the property's own."""
        return (self.builder.name if self.builder is not None else None) or self.key


class Shapes:
    """The shapes of tables and views, each worked out once. `casing` is the configured one."""

    def __init__(self, evaluator: Evaluator, casing: str | None) -> None:
        self.evaluator = evaluator
        self.casing = casing
        self._known: dict[Called, Mapping[str, Property]] = {}
        self._partial: dict[Called, Unknown] = {}

    def name(self, made: Declared) -> str | None:
        """The name in the database; None where it cannot be told."""
        given = settled(made.args[0]) if made.args else None
        if made.wrapped is not None and isinstance(given, str):
            whole = settled(self.evaluator.call(made.wrapped, (given,)))
            # A prefix that the environment tells: the name alone is known.
            given = whole if isinstance(whole, str) and whole else given
        return stored(given, made.engine) if isinstance(given, str) and given else None

    def is_whole(self, made: Declared) -> bool:
        """Whether the name is all of it: False where what a table creator adds to it cannot be told."""
        if made.wrapped is None or not made.args:
            return True
        return isinstance(settled(self.evaluator.call(made.wrapped, (settled(made.args[0]),))), str)

    def schema(self, made: Declared) -> str | None:
        """The schema, None for the default one."""
        name = settled(made.schema)
        return name if isinstance(name, str) and name and name not in _DEFAULT_SCHEMAS else None

    def ref(self, made: Declared) -> Ref | None:
        """The address of a table or view."""
        name = self.name(made)
        return Ref.of_table(name, self.schema(made)) if name is not None else None

    def properties(self, made: Declared) -> Mapping[str, Property]:
        """The properties of a table or view in their order."""
        known = self._known.get(made.call)
        if known is not None:
            return known
        self._known[made.call] = {}  # a table that asks for itself while its columns are made
        given: Value = made.args[1] if len(made.args) > 1 else Obj({})
        if isinstance(given, Closure):
            given = self.evaluator.call(given, (External(made.package, "*"),))
        found: dict[str, Property] = {}
        if isinstance(given, Obj):
            for key, value in given.entries.items():
                place = given.places.get(key, made.call.place)
                found[key] = self._property(key, value, place, made)
            if given.partial is not None:
                self._partial[made.call] = given.partial
        else:
            self._partial[made.call] = Unknown("its columns cannot be told", made.call.place)
        self._known[made.call] = found
        return found

    def partial(self, made: Declared) -> Unknown | None:
        """What hides some of the columns, if anything does."""
        self.properties(made)
        return self._partial.get(made.call)

    def _property(self, key: str, value: Value, place: Origin, made: Declared) -> Property:
        casing = made.casing or self.casing
        built = builder(_before_what_is_broken(value))
        name = built.name if built is not None else None
        return Property(key, stored(name or cased(key, casing), made.engine), value, built, place)

    def column(self, value: Value) -> tuple[Declared, str] | None:
        """The table and column that `users.id` is; None for anything else."""
        found = self.property(value)
        return (found[0], found[1].column) if found is not None else None

    def property(self, value: Value) -> tuple[Declared, Property] | None:
        """The table and property that `users.id` is; None for anything else."""
        if not isinstance(value, Got):
            return None
        owner = declared(value.owner)
        if owner is None or owner.kind not in {"table", "view", "materialized view"}:
            return None
        found = self.properties(owner).get(value.name)
        return (owner, found) if found is not None else None

    def address(self, value: Value) -> tuple[Ref, str] | None:
        """The table and column that `users.id` is, of a hosting service's own tables too."""
        brought = column_of(value)
        if brought is not None:
            return brought
        found = self.column(value)
        ref = self.ref(found[0]) if found is not None else None
        return (ref, found[1]) if found is not None and ref is not None else None


def _before_what_is_broken(value: Value) -> Value:
    """The builder in what a parser took for a comparison: `text("a").$type<…>()` with a type that it does not know."""
    while isinstance(value, Computed) and value.operator in {"<", ">"}:
        value = value.left
    return value.owner if isinstance(value, Got) and value.name == "$type" else value
