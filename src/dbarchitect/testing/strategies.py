"""Hypothesis strategies for catalogs, for the laws of the algebra and for engines' own tests.

The catalogs are consistent: keys stand on columns that exist, foreign keys on tables and columns that exist. Names may
be hostile; no two differ by case alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from dbarchitect.catalog.engine import POSTGRESQL, EngineInfo
from dbarchitect.catalog.expressions import Expression, expression
from dbarchitect.catalog.members import (
    Action,
    Check,
    Column,
    Declared,
    Exclusion,
    ForeignKey,
    Identity,
    Index,
    IndexColumn,
    Partitioning,
    Policy,
    Trigger,
    UniqueKey,
)
from dbarchitect.catalog.objects import Catalog, Domain, Enum, Extension, Function, Sequence, Table, View
from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.types import SqlType, parse_type

TYPES = (
    "integer", "bigint", "smallint", "text", "character varying(20)", "character(3)", "boolean", "numeric(10,2)",
    "real", "double precision", "date", "timestamp(3) without time zone", "timestamp with time zone", "jsonb", "uuid",
    "bytea", "text[]", "interval", "time without time zone",
)  # fmt: skip
DEFAULTS = {
    "integer": ("0", "-1", "42"),
    "text": ("''", "'it''s'", "lower('X')"),
    "boolean": ("true", "false"),
    "timestamp with time zone": ("now()", "now() + '1 day'::interval"),
    "jsonb": ("'{}'::jsonb",),
    "uuid": ("gen_random_uuid()",),
}
HOSTILE_NAMES = (
    "select",
    "User",
    "two words",
    'quo"te',
    "emoji 😀",
    "</script>",
    "new\nline",
    "ünïcode",
    "semi;colon--",
)
_WORDS = (
    "author",
    "book",
    "invoice",
    "line",
    "price",
    "status",
    "email",
    "created_at",
    "owner_id",
    "note",
    "kind",
    "a",
    "b",
)
_COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")


def names() -> SearchStrategy[str]:
    """Ordinary and hostile identifiers, 63 bytes at most."""
    return st.one_of(st.sampled_from(_WORDS), st.sampled_from(HOSTILE_NAMES))


def distinct_names(minimum: int = 1, maximum: int = 4) -> SearchStrategy[list[str]]:
    """Names of which no two differ by case alone."""
    return st.lists(names(), min_size=minimum, max_size=maximum, unique_by=str.casefold)


def types() -> SearchStrategy[SqlType]:
    """Built-in types."""
    return st.sampled_from(TYPES).map(parse_type)


def origins() -> SearchStrategy[Origin]:
    """Places in files, and the catalog."""
    return st.one_of(st.just(Origin()), st.builds(Origin, st.just("models.py"), st.integers(1, 99), st.integers(1, 99)))


def _variants() -> Iterator[Column]:
    """Columns of all types, defaults and kinds of numbering; drawing one of them is quicker than drawing its parts."""
    declared = (None, Declared(choices=("x", "y"), max_length=9))
    for number, type_ in enumerate(map(parse_type, TYPES)):
        for default in (None, *DEFAULTS.get(str(type_), ())):
            written = expression(default, type_) if default is not None else None
            for nullable in (True, False):
                comment = "a 'comment'" if nullable else None
                yield Column("", type_, nullable, written, comment=comment, declared=declared[number % 2])
        if type_.name in {"integer", "bigint"}:
            for identity in (Identity.ALWAYS, Identity.BY_DEFAULT, Identity.SERIAL):
                yield Column("", type_, nullable=False, identity=identity)


_VARIANTS = tuple(_variants())


def columns(name: str, position: int = 1) -> SearchStrategy[Column]:
    """A column of that name."""
    places = (Origin(), Origin("models.py", position))
    return st.sampled_from(_VARIANTS).map(
        lambda column: replace(column, name=name, position=position, origin=places[position % 2])
    )


def conditions(columns_: list[Column]) -> SearchStrategy[Expression]:
    """Conditions that a CHECK or a partial index on these columns may have."""

    def written(column: Column, other: Column, operator: str, shape: int) -> Expression:
        name = '"' + column.name.replace('"', '""') + '"'
        second = '"' + other.name.replace('"', '""') + '"'
        texts = (
            f"{name} is not null",
            f"{name} is null or {second} is not null",
            f"({name} is null) {operator} ({second} is null)",
        )
        return expression(texts[shape])

    column = st.sampled_from(columns_)
    return st.builds(written, column, column, st.sampled_from(_COMPARISONS), st.integers(0, 2))


@st.composite
def indexes(draw: DrawFn, columns_: list[Column]) -> Index:
    """An index on some of these columns, perhaps partial, perhaps on an expression."""
    flags = draw(st.integers(0, 31))
    keys = [
        IndexColumn(name, descending=bool(flags & 1), nulls_first=True if flags & 2 else None)
        for name in draw(_some(columns_))
    ]
    if flags & 4:
        quoted = '"' + columns_[0].name.replace('"', '""') + '"'
        keys.append(IndexColumn(expression=expression(f"({quoted} is null)")))
    return Index(
        tuple(keys),
        unique=bool(flags & 8),
        predicate=draw(conditions(columns_)) if flags & 16 else None,
        name=(None, "i1", "i2")[flags % 3],
    )


def _some(columns_: list[Column], maximum: int = 2) -> SearchStrategy[list[str]]:
    return st.lists(st.sampled_from([c.name for c in columns_]), min_size=1, max_size=maximum, unique=True)


def unique_keys(columns_: list[Column]) -> SearchStrategy[UniqueKey]:
    """A primary or unique key on some of these columns."""
    return st.builds(
        UniqueKey,
        _some(columns_).map(tuple),
        st.sampled_from([None, "k1", "k2"]),
        include=st.one_of(st.just(()), _some(columns_, 1).map(tuple)),
        deferrable=st.booleans(),
    )


@st.composite
def tables(draw: DrawFn, name: str, schema: str | None = None) -> Table:
    """A table without foreign keys."""
    made = [draw(columns(column, i)) for i, column in enumerate(draw(distinct_names(1, 5)), start=1)]
    return Table(
        name,
        tuple(made),
        schema,
        primary_key=draw(st.one_of(st.none(), unique_keys(made))),
        unique_keys=tuple(draw(st.lists(unique_keys(made), max_size=2))),
        checks=tuple(draw(st.lists(st.builds(Check, conditions(made), validated=st.booleans()), max_size=2))),
        exclusions=draw(st.sampled_from([(), (Exclusion((("a", "="), ("during", "&&"))),)])),
        indexes=tuple(draw(st.lists(indexes(made), max_size=3))),
        policies=tuple(
            Policy(policy, roles=("app",), using=expression("true")) for policy in draw(distinct_names(0, 2))
        ),
        triggers=tuple(
            Trigger(trigger, "before", ("insert", "update"), function="touch") for trigger in draw(distinct_names(0, 1))
        ),
        row_security=draw(st.booleans()),
        partitioning=draw(st.sampled_from([*[None] * 5, Partitioning("range", (made[0].name,))])),
        unlogged=draw(st.booleans()),
        options=draw(st.sampled_from([(), ("fillfactor=90",)])),
        origin=draw(origins()),
    )


@st.composite
def foreign_keys(draw: DrawFn, holder: Table, target: Table) -> ForeignKey:
    """A foreign key of one table to another, or to itself; the types need not match."""
    return ForeignKey(
        (draw(st.sampled_from([c.name for c in holder.columns])),),
        target.ref,
        (draw(st.sampled_from([c.name for c in target.columns])),),
        on_delete=draw(st.sampled_from(Action)),
        validated=draw(st.booleans()),
        name=draw(st.sampled_from([None, "f1"])),
    )


@st.composite
def catalogs(draw: DrawFn, engine: EngineInfo = POSTGRESQL) -> Catalog:
    """A whole database."""
    plain = [
        draw(tables(name, schema))
        for schema in (None, "other")
        for name in draw(distinct_names(0, 3 if schema is None else 1))
    ]
    linked = [
        replace(
            table,
            foreign_keys=tuple(
                draw(foreign_keys(table, draw(st.sampled_from(plain)))) for _ in range(draw(st.integers(0, 2)))
            ),
        )
        for table in plain
    ]
    return Catalog(
        engine,
        tuple(linked),
        views=tuple(draw(views(f"view {name}")) for name in draw(distinct_names(0, 2))),
        enums=tuple(draw(enums(f"enum {name}")) for name in draw(distinct_names(0, 2))),
        domains=tuple(
            Domain(f"domain {name}", draw(types()), checks=(Check(expression("value is not null")),))
            for name in draw(distinct_names(0, 1))
        ),
        sequences=tuple(
            Sequence(f"sequence {name}", start=draw(st.integers(1, 3))) for name in draw(distinct_names(0, 1))
        ),
        functions=tuple(
            Function(
                f"function {name}", draw(st.sampled_from(["", "a integer"])), definition=draw(st.sampled_from("xy"))
            )
            for name in draw(distinct_names(0, 1))
        ),
        extensions=draw(st.sampled_from([(), (Extension("citext"),)])),
        schemas=("other",),
    )


def views(name: str) -> SearchStrategy[View]:
    """A view, or a materialized one with indexes."""
    index = st.builds(lambda column: Index((IndexColumn(column),)), st.sampled_from("ab"))
    definition = st.sampled_from(["select 1 as a, 2 as b", "select 3 as a, 4 as b"])
    return st.one_of(
        st.builds(View, st.just(name), definition),
        st.builds(
            View, st.just(name), definition, materialized=st.just(True), indexes=st.lists(index, max_size=2).map(tuple)
        ),
    )


def enums(name: str) -> SearchStrategy[Enum]:
    """An enum of one to four values."""
    values = st.lists(st.sampled_from(["draft", "sent", "paid", "it's", "😀"]), min_size=1, max_size=4, unique=True)
    return st.builds(Enum, st.just(name), values.map(tuple))


@st.composite
def changed(draw: DrawFn, catalog: Catalog) -> Catalog:
    """Another catalog that has much in common with this one: tables lost, columns altered, added and removed."""
    other = draw(catalogs(catalog.engine))
    names_ = {table.ref.key for table in other.tables}
    kept = [table for table in catalog.tables if table.ref.key not in names_ or draw(st.booleans())]
    keys = {table.ref.key for table in kept}
    merged = [*kept, *(table for table in other.tables if table.ref.key not in keys)]
    known = {table.ref.key: table for table in merged}
    consistent = [
        replace(table, foreign_keys=tuple(k for k in table.foreign_keys if _holds(k, known))) for table in merged
    ]
    return replace(other, tables=tuple(consistent))


def _holds(key: ForeignKey, tables_: dict[tuple[str, ...], Table]) -> bool:
    target = tables_.get(key.referenced.key)
    return target is not None and all(target.column(name) is not None for name in key.referenced_columns)
