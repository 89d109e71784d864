"""What stands beside a table's columns: indexes, keys, checks, policies, in the object or array after them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import Action, Check, Column, ForeignKey, Index, IndexColumn, Policy, UniqueKey
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.drizzle.columns import Complain, Reference, Unique
from dbarchitect.sources.drizzle.library import is_drizzle
from dbarchitect.sources.drizzle.names import foreign_key_name, index_name, primary_key_name, stored, unique_name
from dbarchitect.sources.drizzle.operators import settled, truth
from dbarchitect.sources.drizzle.services import roles
from dbarchitect.sources.drizzle.shapes import Shapes
from dbarchitect.sources.drizzle.sqltext import SqlText
from dbarchitect.sources.drizzle.values import UNDEFINED, Called, Closure, Got, Obj, Step, Unknown, Value, chain
from dbarchitect.sources.sqlfiles.postgresql.indexes import operator_class
from dbarchitect.sources.typescript.syntax import External

_ACTIONS = {action.value: action for action in Action}
_DIRECTION = re.compile(
    r"(?<!\s)\s++(?:(asc|desc)(?:\s++nulls\s++(first|last))?|nulls\s++(first|last))\s*+\Z", re.IGNORECASE
)
_CLASSED = re.compile(r"(.*\S)\s+((?:\w+\.)?\w+_ops)\Z", re.DOTALL)
_BARE = re.compile(r"""\(*\s*(?:"((?:[^"]|"")+)"|`((?:[^`]|``)+)`|([A-Za-z_]\w*))\s*\)*\Z""")
_METHODS = frozenset({"using", "on", "onOnly"})


@dataclass(slots=True)
class Members:
    """What was found beside a table's columns."""

    primary_keys: list[UniqueKey] = field(default_factory=list)
    unique_keys: list[UniqueKey] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)


class MemberReader:
    """Reads what stands beside the columns of one table."""

    def __init__(
        self, shapes: Shapes, sql: SqlText, engine: str, table: str, columns: Iterable[Column], complain: Complain
    ) -> None:
        self.shapes = shapes
        self.sql = sql
        self.engine = engine
        self.table = table
        self.columns = {column.name: column for column in columns}
        self.complain = complain
        self.found = Members()

    def read(self, given: Value, table: Called) -> None:
        """Everything that the third argument of a table says; `table` is what its function is called with."""
        if isinstance(given, Closure):
            given = self.shapes.evaluator.call(given, (table,))
        self._items(given, table.place)

    def _items(self, given: Value, place: Origin) -> None:
        if isinstance(given, Unknown):
            self.complain(given.place, f"what stands beside the columns of {self.table} cannot be told: {given.why}")
        elif isinstance(given, tuple | Obj):
            if isinstance(given, Obj) and given.partial is not None:
                self._items(given.partial, place)
            for item in given.entries.values() if isinstance(given, Obj) else given:
                if isinstance(item, Called):
                    self._item(item)
                else:
                    self._items(item, place)
        elif truth(given) is not False:
            self.complain(place, f"something beside the columns of {self.table} cannot be told")

    def _item(self, item: Called) -> None:
        head, steps = chain(item)
        name = head.name if isinstance(head, External) and is_drizzle(head, head.name) else ""
        origin = steps[0].call.place
        match name:
            case "index" | "uniqueIndex":
                self._index(steps, origin, unique=name == "uniqueIndex")
            case "unique":
                self._unique(steps, origin)
            case "primaryKey":
                self._primary_key(steps[0], origin)
            case "foreignKey":
                self._foreign_key(steps, origin)
            case "check":
                self._check(steps[0], origin)
            case "pgPolicy":
                policy = self.policy(steps[0])
                self.found.policies += [policy] if policy is not None else []
            case "crudPolicy":
                self._crud_policies(steps[0])
            case _:
                self.complain(origin, f"{name or 'something'} beside the columns of {self.table} is not understood")

    def _names(self, values: Iterable[Value], origin: Origin, what: str) -> tuple[str, ...]:
        """The columns that a key or index names; nothing where one of them cannot be told."""
        names: list[str] = []
        for value in values:
            found = self.shapes.column(value)
            if found is None:
                self.complain(origin, f"a column of {what} of {self.table} cannot be told")
                return ()
            names.append(found[1])
        return tuple(names)

    def _primary_key(self, step: Step, origin: Origin) -> None:
        config = step.arg(0)
        named: Value = UNDEFINED
        values: Value = step.args
        if isinstance(config, Obj):
            values, named = config.get("columns"), config.get("name")
        names = self._names(values if isinstance(values, tuple) else (), origin, "the primary key")
        if not names:
            return
        name = named if isinstance(named, str) else primary_key_name(self.table, names)
        # SQLite's is written without its name.
        given = None if self.engine == "sqlite" and len(names) == 1 else stored(name, self.engine)
        self.found.primary_keys.append(UniqueKey(names, given, origin=origin))

    def _unique(self, steps: tuple[Step, ...], origin: Origin) -> None:
        on = next((step for step in steps if step.name == "on"), None)
        names = self._names(on.args if on is not None else (), origin, "a unique key")
        if on is None or not names:
            return
        # Drizzle makes the name of what is written: the casing of columns does not count for it.
        said = [found[1].said for found in map(self.shapes.property, on.args) if found is not None]
        given = steps[0].arg(0)
        name = given if isinstance(given, str) and given else unique_name(self.table, said)
        distinct = any(step.name == "nullsNotDistinct" for step in steps)
        self.unique(Unique(name, distinct, origin), names)

    def unique(self, found: Unique, columns: tuple[str, ...]) -> None:
        """A unique constraint, which on SQLite is a unique index."""
        name = stored(found.name, self.engine)
        if self.engine == "sqlite":
            keys = tuple(IndexColumn(column) for column in columns)
            self.found.indexes.append(Index(keys, unique=True, name=name, origin=found.origin))
        else:
            self.found.unique_keys.append(
                UniqueKey(columns, name, nulls_not_distinct=found.nulls_not_distinct, origin=found.origin)
            )

    def _foreign_key(self, steps: tuple[Step, ...], origin: Origin) -> None:
        config = steps[0].arg(0)
        if isinstance(config, Closure):
            config = self.shapes.evaluator.call(config, ())
        if not isinstance(config, Obj):
            self.complain(origin, f"a foreign key of {self.table} cannot be told")
            return
        here, there = config.get("columns"), config.get("foreignColumns")
        columns = self._names(here if isinstance(here, tuple) else (), origin, "a foreign key")
        targets = [self.shapes.address(value) for value in there] if isinstance(there, tuple) else []
        known = [target for target in targets if target is not None]
        if not columns or len(known) != len(columns) or len(known) != len(targets):
            self.complain(origin, f"what a foreign key of {self.table} refers to cannot be told")
            return
        named = config.get("name")
        actions: dict[str, Value] = {step.name: step.arg(0) for step in steps if step.name in {"onDelete", "onUpdate"}}
        others = tuple(column for _, column in known)
        name = (
            named if isinstance(named, str) else foreign_key_name(self.table, columns, known[0][0].table or "", others)
        )
        self._add_foreign_key(ForeignKey(columns, known[0][0], others, name=name, origin=origin), Obj(actions))

    def reference(self, found: Reference) -> None:
        """A foreign key that stands with its column."""
        target = found.target
        if isinstance(target, Closure):
            target = self.shapes.evaluator.call(target, ())
        address = self.shapes.address(settled(target))
        if address is None:
            self.complain(found.origin, f"what {self.table}.{found.column} refers to cannot be told")
            return
        ref, other = address
        name = foreign_key_name(self.table, (found.column,), ref.table or "", (other,))
        key = ForeignKey((found.column,), ref, (other,), name=name, origin=found.origin)
        self._add_foreign_key(key, found.actions if isinstance(found.actions, Obj) else Obj({}))

    def _add_foreign_key(self, key: ForeignKey, actions: Obj) -> None:
        deleted, changed = _action(actions.get("onDelete")), _action(actions.get("onUpdate"))
        self.found.foreign_keys.append(
            replace(
                key,
                name=stored(key.name or "", self.engine) if self.engine != "sqlite" else None,
                on_delete=deleted or Action.NO_ACTION,
                on_update=changed or Action.NO_ACTION,
                on_delete_written=deleted is not None,
            )
        )

    def _check(self, step: Step, origin: Origin) -> None:
        name, text = step.arg(0), self.sql.condition(step.arg(1))
        if text is None:
            self.complain(origin, f"the condition of a check of {self.table} cannot be told")
            return
        given = stored(name, self.engine) if isinstance(name, str) else None
        self.found.checks.append(Check(expression(text), name=given, origin=origin))

    def policy(self, step: Step) -> Policy | None:
        """A policy; None where not even its name can be told."""
        name, config = step.arg(0), step.arg(1)
        if not isinstance(name, str):
            self.complain(step.call.place, f"a policy of {self.table} cannot be told")
            return None
        said = config if isinstance(config, Obj) else Obj({})
        texts: dict[str, str | None] = {}
        for part in ("using", "withCheck"):
            value = said.get(part)
            texts[part] = self.sql.condition(value) if value is not UNDEFINED else None
            if value is not UNDEFINED and texts[part] is None:
                self.complain(step.call.place, f"a condition of the policy {name} of {self.table} cannot be told")
        using, check = texts["using"], texts["withCheck"]
        command = said.get("for")
        return Policy(
            name,
            command.lower() if isinstance(command, str) else "all",
            permissive=said.get("as") != "restrictive",
            roles=tuple(sorted(role for role in roles(said.get("to")) if role != "public")),
            using=expression(using) if using is not None else None,
            check=expression(check) if check is not None else None,
            origin=step.call.place,
        )

    def _crud_policies(self, step: Step) -> None:
        """Neon's `crudPolicy({ role, read, modify })`: a policy for each command; null makes none."""
        config = step.arg(0)
        if not isinstance(config, Obj):
            self.complain(step.call.place, f"the policies of {self.table} cannot be told")
            return
        named = tuple(roles(config.get("role")))
        for command in ("select", "insert", "update", "delete"):
            given = settled(config.get("read" if command == "select" else "modify"))
            text = self.sql.condition(given) if given is not None else None
            if text is None and given is not None:
                self.complain(step.call.place, f"a condition of the policies of {self.table} cannot be told")
            if text is not None:
                self.found.policies.append(
                    Policy(
                        f"crud-{'-'.join(named)}-policy-{command}",
                        command,
                        roles=tuple(sorted(name for name in named if name != "public")),
                        using=expression(text) if command != "insert" else None,
                        check=expression(text) if command in {"insert", "update"} else None,
                        origin=step.call.place,
                    )
                )

    def _index(self, steps: tuple[Step, ...], origin: Origin, *, unique: bool) -> None:
        method = "btree"
        values: tuple[Value, ...] = ()
        predicate: str | None = None
        for step in steps[1:]:
            if step.name in _METHODS:
                args = step.args
                if step.name == "using":
                    method, args = self._method(args[0] if args else UNDEFINED), args[1:]
                values = args or values
            elif step.name == "where":
                predicate = self.sql.condition(step.arg(0))
                if predicate is None:
                    self.complain(origin, f"the condition of an index of {self.table} cannot be told")
                    return
        keys = [self._index_column(value, method) for value in values]
        known = [key for key in keys if key is not None]
        if not known or len(known) < len(keys):
            self.complain(origin, f"what an index of {self.table} is over cannot be told")
            return
        given = steps[0].arg(0)
        name = given if isinstance(given, str) and given else index_name(self.table, (k.name or "" for k in known))
        self.found.indexes.append(
            Index(
                tuple(known),
                unique=unique,
                method=method,
                predicate=expression(predicate) if predicate else None,
                name=stored(name, self.engine),
                origin=origin,
            )
        )

    def _method(self, value: Value) -> str:
        spelled = value if isinstance(value, str) else self.sql.of(value)
        return (spelled or "btree").lower()

    def _index_column(self, value: Value, method: str) -> IndexColumn | None:
        """One key of an index: a column with what is called on it, or SQL."""
        said: dict[str, tuple[Value, ...]] = {}
        while (
            isinstance(value, Called)
            and isinstance(value.function, Got)
            and not is_drizzle(value.function.owner, "sql")
        ):
            said.setdefault(value.function.name, value.args)
            value = value.function.owner
        if isinstance(value, Called) and is_drizzle(value.function, "desc", "asc") and value.args:
            said[getattr(value.function, "name", "")] = ()
            value = value.args[0]
        column = self.shapes.column(value)
        if column is None:
            text = self.sql.of(value)
            return self._parsed(text, method) if text else None
        descending = "desc" in said
        first = True if "nullsFirst" in said else False if "nullsLast" in said else None
        if first is None and descending and self.engine == "postgresql":
            first = False  # Drizzle writes NULLS LAST whichever way the order goes
        named = said.get("op", ("",))[0] if said.get("op") else None
        return self._key(column[1], named if isinstance(named, str) else None, method, descending, first)

    def _key(self, column: str, named: str | None, method: str, descending: bool, first: bool | None) -> IndexColumn:
        own = self.columns.get(column)
        type_name = own.type.name if own is not None else None
        if own is not None and own.type.dimensions:
            type_name = "array"
        nulls = None if first == descending else first
        return IndexColumn(column, None, operator_class(named, type_name, method), None, descending, nulls)

    def _parsed(self, text: str, method: str) -> IndexColumn:
        """SQL as a key of an index: `lower("email")`, `"created_at" DESC`, `"name" gin_trgm_ops`."""
        descending, first = False, None
        order = _DIRECTION.search(text)
        if order is not None:
            descending = (order[1] or "").lower() == "desc"
            nulls = (order[2] or order[3] or "").lower()
            first = nulls == "first" if nulls else None
            text = text[: order.start()]
        classed = _CLASSED.match(text)
        named = classed[2] if classed is not None else None
        text = classed[1] if classed is not None else text
        bare = _BARE.match(text)
        name = next((part for part in bare.groups() if part), None) if bare is not None else None
        if name is not None and name in self.columns:
            return self._key(name, named, method, descending, first)
        nulls_first = None if first == descending else first
        return IndexColumn(None, expression(text), named, None, descending, nulls_first)


def _action(value: Value) -> Action | None:
    return _ACTIONS.get(value.lower()) if isinstance(value, str) else None
