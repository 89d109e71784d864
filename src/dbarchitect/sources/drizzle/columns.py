"""Columns: their types, defaults and numbering, and the keys that stand with them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from dbarchitect.catalog.expressions import Expression, expression
from dbarchitect.catalog.members import Column, Identity
from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.types import SqlType, parse_type
from dbarchitect.sources.drizzle.library import Builder, declared
from dbarchitect.sources.drizzle.names import unique_name
from dbarchitect.sources.drizzle.operators import settled
from dbarchitect.sources.drizzle.runtime import Runtime
from dbarchitect.sources.drizzle.shapes import Property, Shapes
from dbarchitect.sources.drizzle.sqltext import SqlText, json_text, literal, quoted_text
from dbarchitect.sources.drizzle.standard import enumerated
from dbarchitect.sources.drizzle.types import SERIALS, column_type, mysql_enum
from dbarchitect.sources.drizzle.values import UNDEFINED, Called, Closure, Obj, Step, Tagged, Unknown, Value
from dbarchitect.sources.typescript.syntax import External

Complain = Callable[[Origin, str], None]
_NOW = {
    "postgresql": "now()",
    "mysql": "(now())",
    "sqlite": "(cast((julianday('now') - 2440587.5)*86400000 as integer))",
}
_JSON = frozenset({"json", "jsonb"})
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)?\Z")


@dataclass(frozen=True, slots=True)
class Unique:
    """A column's own unique constraint."""

    name: str
    nulls_not_distinct: bool
    origin: Origin


@dataclass(frozen=True, slots=True)
class Reference:
    """A column's own foreign key: what it points at, and what happens there."""

    column: str
    target: Value
    actions: Value
    origin: Origin


@dataclass(frozen=True, slots=True)
class ColumnDraft:
    """A column with what its declaration says of the table."""

    column: Column
    primary: bool = False
    autoincrement: bool = False
    unique: Unique | None = None
    references: tuple[Reference, ...] = ()


class Columns:
    """Reads the columns of tables for one engine."""

    def __init__(self, shapes: Shapes, sql: SqlText, engine: str, complain: Complain) -> None:
        self.shapes = shapes
        self.sql = sql
        self.engine = engine
        self.complain = complain
        self.runtime = Runtime(shapes.evaluator, sql)

    def read(self, table: str, item: Property, position: int) -> ColumnDraft:
        """One column. What cannot be told of it is complained of; the column itself is there all the same."""
        built = item.builder
        if built is None:
            why = f": {item.value.why}" if isinstance(item.value, Unknown) else ""
            self.complain(item.place, f"the column {table}.{item.column} cannot be told{why}")
            return ColumnDraft(Column(item.column, SqlType(""), position=position, origin=item.place))
        type_ = self._type(table, item, built)
        serial = built.kind in SERIALS
        key = built.step("primaryKey")
        identity = self._identity(built)
        not_null = key is not None or serial or identity is not None or built.step("notNull") is not None
        generated = self._generated(table, item, built)
        default = self._default(table, item, built, type_)
        column = Column(
            item.column,
            type_,
            nullable=not not_null,
            default=default,
            identity=identity,
            generated=generated[0],
            generated_stored=generated[1],
            position=position,
            declared=self.runtime.declared(built, type_, has_default=built.step("default", "defaultNow") is not None),
            origin=item.place,
        )
        return ColumnDraft(
            column,
            primary=key is not None,
            autoincrement=self._autoincrement(key),
            unique=self._unique(table, item, built),
            references=tuple(self._references(item, built)),
        )

    def _type(self, table: str, item: Property, built: Builder) -> SqlType:
        type_ = column_type(self.engine, built)
        if built.kind == "enum":
            type_ = self._enum(built)
        elif built.kind == "mysqlEnum":
            type_ = mysql_enum(_texts(next((arg for arg in built.args if isinstance(arg, tuple | Obj)), UNDEFINED)))
        elif built.kind == "custom":
            type_ = self._custom(built)
        if type_ is None:
            what = f"the builder {built.kind} is not known" if built.kind else "what builds it is not known"
            self.complain(item.place, f"the type of {table}.{item.column} cannot be told: {what}")
            type_ = SqlType("")
        arrays = sum(_dimensions(step.arg(0)) for step in built.steps if step.name == "array")
        return replace(type_, dimensions=type_.dimensions + arrays) if arrays else type_

    def _enum(self, built: Builder) -> SqlType | None:
        made = declared(built.of)
        name = self.shapes.name(made) if made is not None else None
        if made is None or name is None:
            return None
        return SqlType(name, schema=self.shapes.schema(made), spelled=name)

    def _custom(self, built: Builder) -> SqlType | None:
        """The type that `customType`'s own `dataType` gives for the column's settings."""
        given = built.of.args[0] if isinstance(built.of, Called) and built.of.args else UNDEFINED
        if not isinstance(given, Obj):
            return None
        config: Value = next((arg for arg in built.args if isinstance(arg, Obj)), UNDEFINED)
        spelled = settled(self.shapes.evaluator.call(given.get("dataType"), (config,)))
        return parse_type(spelled) if isinstance(spelled, str) and spelled.strip() else None

    def _identity(self, built: Builder) -> Identity | None:
        if self.engine == "mysql":
            numbered = built.kind == "serial" or built.step("autoincrement") is not None
            return Identity.AUTOINCREMENT if numbered else None
        if self.engine != "postgresql":
            return None
        if built.kind in SERIALS:
            return Identity.SERIAL
        if built.step("generatedAlwaysAsIdentity") is not None:
            return Identity.ALWAYS
        return Identity.BY_DEFAULT if built.step("generatedByDefaultAsIdentity") is not None else None

    def _autoincrement(self, key: Step | None) -> bool:
        config = key.arg(0) if key is not None else UNDEFINED
        return isinstance(config, Obj) and config.get("autoIncrement") is True and self.engine == "sqlite"

    def _generated(self, table: str, item: Property, built: Builder) -> tuple[Expression | None, bool]:
        step = built.step("generatedAlwaysAs")
        if step is None:
            return None, True
        config = step.arg(1)
        mode = config.get("mode") if isinstance(config, Obj) else UNDEFINED
        stored = mode == "stored" if self.engine == "sqlite" else mode != "virtual"
        given = step.arg(0)
        if isinstance(given, Closure):
            given = settled(self.shapes.evaluator.call(given, ()))
        # A bare text is the expression itself, not a constant.
        text = given if isinstance(given, str) else self.sql.of(given)
        if text is None:
            self.complain(item.place, f"the expression that {table}.{item.column} is generated as cannot be told")
            return expression("NULL"), stored
        return expression(text), stored

    def _default(self, table: str, item: Property, built: Builder, type_: SqlType) -> Expression | None:
        step = built.step("default", "defaultNow", "defaultRandom")
        if step is None:
            return None
        if step.name == "defaultRandom":
            return expression("gen_random_uuid()")
        if step.name == "defaultNow":
            return self._expression(_NOW[self.engine], type_)
        value = settled(step.arg(0))
        is_json = type_.name in _JSON and not type_.dimensions
        if value is UNDEFINED or (value is None and not is_json):
            return None
        text = self._default_text(value, type_, is_json=is_json)
        if text is None:
            self.complain(item.place, f"the default of {table}.{item.column} cannot be told")
            return None
        found = self._expression(text, type_)
        return None if found.canonical.upper() == "NULL" else found

    def _expression(self, text: str, type_: SqlType) -> Expression:
        # As the replayed migrations have it: PostgreSQL converts a constant to the column's type.
        return expression(text, type_) if self.engine == "postgresql" and type_.name else expression(text)

    def _default_text(self, value: Value, type_: SqlType, *, is_json: bool) -> str | None:
        moment = _moment(value)
        if moment is not None:
            return quoted_text(moment)
        if isinstance(value, Tagged) or (isinstance(value, Called) and not isinstance(value.function, External)):
            return self.sql.of(value)
        if isinstance(value, str):
            return quoted_text(value)
        if is_json or (isinstance(value, Obj | tuple) and not type_.dimensions):
            text = json_text(value)
            cast = f"::{type_.name}" if is_json and self.engine == "postgresql" else ""
            return quoted_text(text) + cast if text is not None else None
        if isinstance(value, tuple):
            array = _array(value)
            return quoted_text(array) if array is not None else None
        return literal(value)

    def _unique(self, table: str, item: Property, built: Builder) -> Unique | None:
        step = built.step("unique")
        if step is None:
            return None
        name, config = step.arg(0), step.arg(1)
        distinct = isinstance(config, Obj) and config.get("nulls") == "not distinct"
        given = name if isinstance(name, str) and name else unique_name(table, (item.said,))
        return Unique(given, distinct, item.place)

    def _references(self, item: Property, built: Builder) -> list[Reference]:
        return [
            Reference(item.column, step.arg(0), step.arg(1), item.place)
            for step in built.steps
            if step.name == "references"
        ]


def _dimensions(given: Value) -> int:
    """Of `.array()` and `.array(3)` one, of `.array("[][]")` as many as it says."""
    return max(given.count("["), 1) if isinstance(given, str) else 1


def _texts(value: Value) -> tuple[str, ...]:
    if isinstance(value, Obj):
        value = tuple(value.entries.values())
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, tuple) else ()


def enum_values(value: Value) -> tuple[str, ...]:
    """The values of an enumeration in their order; nothing where they cannot be told."""
    named = enumerated(value)
    return tuple(item for item in named.values() if isinstance(item, str)) if named is not None else ()


def _moment(value: Value) -> str | None:
    """`new Date("2024-01-01")` as it is written into SQL."""
    if not isinstance(value, Called) or value.function != External("", "Date") or len(value.args) != 1:
        return None
    given = value.args[0]
    if not isinstance(given, str) or not _DATE.match(given):
        return None
    return given.replace("T", " ").removesuffix("Z")


def _array(items: tuple[Value, ...]) -> str | None:
    """An array as PostgreSQL spells it."""
    parts: list[str] = []
    for item in items:
        if isinstance(item, bool):
            parts.append(str(item).lower())
        elif isinstance(item, int | float):
            parts.append(str(item))
        elif isinstance(item, str):
            parts.append('"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"')
        elif isinstance(item, tuple):
            inner = _array(item)
            if inner is None:
                return None
            parts.append(inner)
        elif isinstance(item, Obj):
            text = json_text(item)
            if text is None:
                return None
            parts.append('"' + text.replace('"', '\\"') + '"')
        else:
            return None
    return "{" + ",".join(parts) + "}"
