"""Catalogs that Hypothesis thinks of, made on a server and read back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import Action, Check, Column, ForeignKey, Index
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.change.apply import apply, apply_all
from dbarchitect.change.diff import diff
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.postgresql import ENGINE
from dbarchitect.engines.postgresql.names import quote
from dbarchitect.shadow import Shadow
from dbarchitect.testing.strategies import catalogs

CONDITIONS = {
    "integer": ("{} >= 0", "{} between 1 and 10", "{} in (1, 2)", "{} > 0 or {} is null", "not ({} = 3)"),
    "text": ("{} in ('a', 'b')", "length({}) < 5", "{} ~ '^x'", "{} <> ''", "{} like 'a%'", "lower({}) = {}"),
    "character varying(20)": ("{} in ('a', 'it''s')", "char_length({}) between 1 and 3", "{} <> ''"),
    "numeric(10,2)": ("{} >= 0", "{} <= 99.5", "{} > 0 and {} < 1000"),
    "boolean": ("{}", "not {}", "{} is true"),
    "date": ("{} > '2020-01-01'",),
    "jsonb": ("jsonb_typeof({}) = 'object'",),
}
SETUP = (
    "create schema other",
    "create function touch() returns trigger language plpgsql as $$ begin return new; end $$",
)


@st.composite
def postgresql_catalogs(draw: DrawFn) -> Catalog:
    """Catalogs that a server accepts: what it would refuse or rewrite is left out or put right."""
    catalog = draw(catalogs())
    plain = [_accepted(draw, table) for table in catalog.tables]
    linked = [replace(table, foreign_keys=_references(draw, table, plain)) for table in plain]
    if any(table.foreign_keys for table in linked):
        linked = [replace(table, unlogged=False) for table in linked]
    return replace(
        catalog, tables=tuple(linked), views=(), functions=(), extensions=(), domains=catalog.domains, schemas=()
    )


def _accepted(draw: DrawFn, table: Table) -> Table:
    key = table.primary_key
    if key is not None:
        key = replace(key, name=None, include=())
    in_key = key.columns if key is not None else ()
    columns = [
        replace(
            column,
            nullable=column.nullable and column.name not in in_key,
            default=None if column.default is not None and column.default.text == "null" else column.default,
        )
        for column in table.columns
    ]
    unique = {
        other.columns: replace(other, name=None, include=()) for other in table.unique_keys if other.columns != in_key
    }
    return replace(
        table,
        columns=tuple(columns),
        primary_key=key,
        unique_keys=tuple(unique.values()),
        foreign_keys=(),
        checks=tuple(_check(draw, column) for column in columns if draw(st.booleans())),
        exclusions=(),
        indexes=tuple(_index(draw, index, columns) for index in table.indexes),
        policies=tuple(replace(policy, roles=()) for policy in table.policies),
        partitioning=None,
    )


def _condition(draw: DrawFn, column: Column) -> str:
    templates = CONDITIONS.get(str(column.type), ("{} is not null",))
    return draw(st.sampled_from(templates)).replace("{}", quote(column.name))


def _check(draw: DrawFn, column: Column) -> Check:
    return Check(expression(_condition(draw, column)), draw(st.booleans()))


def _index(draw: DrawFn, index: Index, columns: list[Column]) -> Index:
    predicate = expression(_condition(draw, draw(st.sampled_from(columns)))) if index.predicate is not None else None
    keys = tuple(replace(key, nulls_first=None) if key.nulls_first == key.descending else key for key in index.columns)
    return replace(index, name=None, predicate=predicate, columns=keys)


def _references(draw: DrawFn, table: Table, others: list[Table]) -> tuple[ForeignKey, ...]:
    found = []
    for other in others:
        key = other.primary_key
        if key is None or key.deferrable or len(key.columns) > 1:
            continue
        target = other.column(key.columns[0])
        for column in table.columns:
            if target is not None and column.type == target.type and draw(st.booleans()):
                action = draw(st.sampled_from(Action))
                valid = draw(st.booleans())
                found.append(ForeignKey((column.name,), other.ref, key.columns, on_delete=action, validated=valid))
    return tuple(found[:2])


# A smaller example would cost minutes of databases to find.
LAW = settings(deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.reuse, Phase.generate])


@pytest.mark.slow
@settings(LAW, max_examples=60)
@given(postgresql_catalogs(), postgresql_catalogs())
def test_any_catalog_can_be_made_and_become_another(postgresql: Shadow, first: Catalog, second: Catalog) -> None:
    _make_both(postgresql, first, second)


@settings(LAW, max_examples=8, derandomize=True)
@given(postgresql_catalogs(), postgresql_catalogs())
def test_some_catalogs_can_be_made_and_become_others(postgresql: Shadow, first: Catalog, second: Catalog) -> None:
    _make_both(postgresql, first, second)


def _make_both(shadow: Shadow, first: Catalog, second: Catalog) -> None:
    url = shadow.database()
    ENGINE.execute(url, SETUP)
    state = start = ENGINE.read(url, ReadOptions()).catalog
    try:
        for catalog in (first, _same_types(first, second)):
            wanted = replace(catalog, engine=state.engine, schemas=state.schemas, functions=state.functions)
            for change in diff(state, wanted):
                statements = ENGINE.render(change, state)
                ENGINE.execute(url, statements)
                state = apply(change, state)
            assert diff(state, wanted) == ()
            found = ENGINE.read(url, ReadOptions()).catalog
            assert diff(found, wanted) == (), "\n".join(map(str, diff(found, wanted)))
            assert found == state == wanted
            state = found
        for change in diff(state, start):
            ENGINE.execute(url, ENGINE.render(change, state))
            state = apply_all([change], state)
        assert ENGINE.read(url, ReadOptions()).catalog == start
    finally:
        shadow.drop(url)


def _same_types(first: Catalog, second: Catalog) -> Catalog:
    """The second catalog, its tables renamed where a column would change to a type that it cannot be cast to."""
    renamed = {
        table.ref: f"{table.name} 2"
        for table in second.tables
        for old in first.tables
        if old.ref == table.ref
        and any((known := old.column(c.name)) is not None and known.type != c.type for c in table.columns)
    }
    tables = tuple(
        replace(
            table,
            name=renamed.get(table.ref, table.name),
            foreign_keys=tuple(
                replace(
                    key, referenced=replace(key.referenced, table=renamed.get(key.referenced, key.referenced.table))
                )
                for key in table.foreign_keys
            ),
        )
        for table in second.tables
    )
    return replace(second, tables=tables)
