"""From what a schema declares to the catalog that drizzle-kit makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from dbarchitect.catalog.engine import EngineInfo
from dbarchitect.catalog.frameworks import framework_of
from dbarchitect.catalog.members import Column, Identity, UniqueKey
from dbarchitect.catalog.objects import Catalog, Enum, Sequence, Table, View
from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.drizzle.columns import ColumnDraft, Columns, enum_values
from dbarchitect.sources.drizzle.evaluate import Evaluator
from dbarchitect.sources.drizzle.library import Declared, declared
from dbarchitect.sources.drizzle.members import MemberReader, Members
from dbarchitect.sources.drizzle.shapes import Shapes
from dbarchitect.sources.drizzle.sqltext import SqlText
from dbarchitect.sources.drizzle.values import UNDEFINED, Called, Closure, Obj, Step, Value


@dataclass(frozen=True, slots=True)
class Exported:
    """Something that a module of the schema declares: the names that lead to it, the first of them its own.

    `path` is the module that binds it by that name, `label` the name under which the schema exports it; `place` is its
    declaration: the call of a function that makes it, where one does.
    """

    declared: Declared
    path: str
    name: str
    label: str
    place: Origin


class SchemaReader:
    """Builds the catalog of one schema; problems gather in `diagnostics`."""

    def __init__(self, evaluator: Evaluator, engine: EngineInfo, casing: str | None) -> None:
        self.engine = engine
        self.shapes = Shapes(evaluator, casing)
        self.sql = SqlText(self.shapes, engine.name)
        self.diagnostics: list[Diagnostic] = []
        self.drafts: dict[Called, dict[str, ColumnDraft]] = {}
        self._columns = Columns(self.shapes, self.sql, engine.name, self._complain)

    def read(self, exported: Iterable[Exported]) -> Catalog:
        """The catalog of everything that the schema exports."""
        listed = [item for item in exported if item.declared.engine == self.engine.name]
        tables: dict[tuple[str, ...], Table] = {}
        again: dict[str | None, list[tuple[Table, Table]]] = {}
        for item in listed:
            table = self._table(item) if item.declared.kind == "table" else None
            if table is None:
                continue
            other = tables.get(table.ref.key)
            if other is not None:
                again.setdefault(table.origin.path, []).append((table, other))
            else:
                tables[table.ref.key] = table
        for (table, other), *more in again.values():
            beside = f" (and {len(more)} more tables of this file)" if more else ""
            text = f"the table {table.ref} is declared twice: the first, {other.origin}, is read{beside}"
            self._complain(table.origin, text)
        for item in listed:
            if item.declared.kind == "policy":
                self._link(item.declared, tables)
        found = tuple(tables.values())
        views = tuple(v for v in (self._view(i) for i in listed if "view" in i.declared.kind) if v is not None)
        enums = tuple(e for e in (self._enum(i) for i in listed if i.declared.kind == "enum") if e is not None)
        sequences = tuple(s for s in (self._sequence(i) for i in listed if i.declared.kind == "sequence") if s)
        objects: tuple[Table | View | Enum | Sequence, ...] = (*found, *views, *enums, *sequences)
        schemas = {item.schema for item in objects if item.schema is not None}
        return Catalog(
            self.engine, found, views=views, enums=enums, sequences=sequences, schemas=tuple(sorted(schemas))
        )

    def _complain(self, origin: Origin, text: str) -> None:
        problem = Diagnostic(origin, text)
        if problem not in self.diagnostics:
            self.diagnostics.append(problem)

    def _table(self, item: Exported) -> Table | None:
        made = item.declared
        name, origin = self.shapes.name(made), item.place
        if name is None:
            self._complain(origin, f"the name of the table {item.name} cannot be told")
            return None
        if not self.shapes.is_whole(made):
            self._complain(origin, f"what is added to the name of {name} cannot be told: it is read without")
        partial = self.shapes.partial(made)
        if partial is not None:
            self._complain(partial.place, f"not all columns of {name} can be told: {partial.why}")
        properties = self.shapes.properties(made)
        drafts = {
            key: self._columns.read(name, one, position) for position, (key, one) in enumerate(properties.items(), 1)
        }
        if not drafts:
            self._complain(origin, f"no column of {name} can be told")
            return None
        self.drafts[made.call] = drafts
        columns = [draft.column for draft in drafts.values()]
        members = MemberReader(self.shapes, self.sql, self.engine.name, name, columns, self._complain)
        for draft in drafts.values():
            if draft.unique is not None:
                members.unique(draft.unique, (draft.column.name,))
            for reference in draft.references:
                members.reference(reference)
        if len(made.args) > 2:
            members.read(made.args[2], made.call)
        found = members.found
        key = self._primary_key(name, drafts, found)
        return Table(
            name,
            tuple(self._in_key(column, key, drafts) for column in columns),
            self.shapes.schema(made),
            primary_key=key,
            unique_keys=tuple(found.unique_keys),
            foreign_keys=tuple(found.foreign_keys),
            checks=tuple(found.checks),
            indexes=tuple(found.indexes),
            policies=tuple(found.policies),
            row_security=bool(found.policies) or made.secured or any(s.name == "enableRLS" for s in made.steps),
            owned_by=framework_of(name, (column.name for column in columns)),
            model=item.name,
            origin=origin,
        )

    def _primary_key(self, table: str, drafts: Mapping[str, ColumnDraft], beside: Members) -> UniqueKey | None:
        """The primary key that stands beside the columns, else that of a column, which only MySQL's is named. MySQL
        numbers no column that leads no key: where none is declared, it is the primary key, which a schema drawn from a
        database may lack."""
        if beside.primary_keys:
            return beside.primary_keys[0]
        own = tuple(draft.column for draft in drafts.values() if draft.primary)
        if not own and self.engine.name == "mysql":
            led = {key.columns[:1] for key in beside.unique_keys} | {index.column_names[:1] for index in beside.indexes}
            numbered = (draft.column for draft in drafts.values() if draft.column.identity is Identity.AUTOINCREMENT)
            own = tuple(column for column in numbered if (column.name,) not in led)
        if not own:
            return None
        names = tuple(column.name for column in own)
        return UniqueKey(
            names, "_".join((table, *names)) if self.engine.name == "mysql" else None, origin=own[0].origin
        )

    def _in_key(self, column: Column, key: UniqueKey | None, drafts: Mapping[str, ColumnDraft]) -> Column:
        """A column of the primary key: never null, but for SQLite, which numbers a lone INTEGER by itself."""
        if key is None or column.name not in key.columns:
            return column
        if self.engine.name != "sqlite":
            return replace(column, nullable=False)
        if len(key.columns) > 1 or column.type.spelled.upper() != "INTEGER":
            return column
        numbered = any(draft.autoincrement and draft.column.name == column.name for draft in drafts.values())
        return replace(column, nullable=False, identity=Identity.AUTOINCREMENT if numbered else Identity.ROWID)

    def _link(self, made: Declared, tables: dict[tuple[str, ...], Table]) -> None:
        """A policy that stands by itself, linked to a table."""
        link = next((step for step in made.steps if step.name == "link"), None)
        target = declared(link.arg(0)) if link is not None else None
        ref = self.shapes.ref(target) if target is not None else None
        table = tables.get(ref.key) if ref is not None else None
        if table is None:
            self._complain(made.call.place, "a policy is linked to no table that is read")
            return
        reader = MemberReader(self.shapes, self.sql, self.engine.name, table.name, table.columns, self._complain)
        policy = reader.policy(Step("", made.call))
        if policy is not None:
            tables[table.ref.key] = replace(table, policies=(*table.policies, policy), row_security=True)

    def _view(self, item: Exported) -> View | None:
        made = item.declared
        name = self.shapes.name(made)
        if name is None:
            self._complain(item.place, f"the name of the view {item.name} cannot be told")
            return None
        given = next((step for step in made.steps if step.name == "as"), None)
        text = None if given is None or isinstance(given.arg(0), Closure) else self.sql.of(given.arg(0))
        options = next((step.arg(0) for step in made.steps if step.name == "with"), UNDEFINED)
        return View(
            name,
            text or "",
            self.shapes.schema(made),
            materialized=made.kind == "materialized view",
            columns=tuple(one.column for one in self.shapes.properties(made).values()),
            security_invoker=_says(options, "securityInvoker"),
            security_barrier=_says(options, "securityBarrier"),
            populated=not any(step.name == "withNoData" for step in made.steps),
            origin=item.place,
        )

    def _enum(self, item: Exported) -> Enum | None:
        made = item.declared
        name, values = self.shapes.name(made), enum_values(made.call)
        if name is None or not values:
            self._complain(item.place, f"the values of the enum {name or item.name} cannot be told")
            return None
        return Enum(name, values, self.shapes.schema(made), origin=item.place)

    def _sequence(self, item: Exported) -> Sequence | None:
        made = item.declared
        name = self.shapes.name(made)
        if name is None:
            self._complain(item.place, f"the name of the sequence {item.name} cannot be told")
            return None
        options = made.args[1] if len(made.args) > 1 and isinstance(made.args[1], Obj) else Obj({})
        increment = _whole(options.get("increment"), 1)
        start = _whole(options.get("startWith"), _whole(options.get("minValue"), 1))
        maximum = _whole(options.get("maxValue"), 0)
        return Sequence(
            name,
            self.shapes.schema(made),
            start=start,
            increment=increment,
            maximum=maximum or None,
            cycle=options.get("cycle") is True,
            origin=item.place,
        )


def _says(options: Value, name: str) -> bool:
    return isinstance(options, Obj) and options.get(name) is True


def _whole(value: Value, default: int) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.lstrip("-").isdecimal() and len(value) < 30 else default
