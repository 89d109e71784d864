"""What the PostgreSQL engine writes, the reader of SQL files reads back: whole databases, and changes to them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import TypeVar

from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from dbarchitect.catalog.members import Check, ForeignKey, Index, UniqueKey
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.change.apply import apply
from dbarchitect.change.diff import diff
from dbarchitect.engines.postgresql import ENGINE
from dbarchitect.errors import ChangeRefused
from dbarchitect.sources.sqlfiles.reading import replay
from dbarchitect.sources.sqlfiles.text import read_text
from dbarchitect.testing import strategies

SLOW = settings(max_examples=30, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


Member = TypeVar("Member", UniqueKey, ForeignKey, Check, Index)


def named(table: Table, members: Iterable[Member]) -> tuple[Member, ...]:
    """The members, each once, under names that no two different ones share."""
    found = {}
    for member in members:
        bare = replace(member, name=None)
        found[bare] = replace(bare, name=f"m{zlib.crc32(f'{table.ref}{bare}'.encode()):08x}")
    return tuple(found.values())


def usual(index: Index) -> Index:
    """The index with the order of NULLs told only where it is not the usual one."""
    keys = (replace(c, nulls_first=None if c.nulls_first == c.descending else c.nulls_first) for c in index.columns)
    return replace(index, columns=tuple(keys))


def possible(catalog: Catalog) -> Catalog:
    """The database as a server makes it: what is a key or numbered is never NULL, names are distinct, and no key of a
    new table says the same as its primary key."""
    tables = []
    for table in catalog.tables:
        keyed = table.primary_key.columns if table.primary_key is not None else ()
        columns = (replace(c, nullable=c.nullable and not c.identity and c.name not in keyed) for c in table.columns)
        primary = table.primary_key
        tables.append(
            replace(
                table,
                columns=tuple(columns),
                primary_key=replace(primary, name=f"p{zlib.crc32(str(table.ref).encode())}") if primary else None,
                unique_keys=named(table, (key for key in table.unique_keys if key != primary)),
                foreign_keys=named(table, table.foreign_keys),
                checks=named(table, table.checks),
                exclusions=(),  # those of the strategies stand on columns that need not be there
                indexes=named(table, map(usual, table.indexes)),
            )
        )
    views = []
    for view in catalog.views:
        indexes = (usual(replace(index, name=f"{view.name}{n}")) for n, index in enumerate(view.indexes))
        views.append(replace(view, indexes=tuple(indexes)))
    return replace(catalog, tables=tuple(tables), views=tuple(views), functions=())


def script(*states: Catalog) -> str:
    """The statements that lead from nothing through these states."""
    statements: list[str] = []
    done = Catalog(states[0].engine)
    for state in states:
        for change in diff(done, state):
            try:
                statements += ENGINE.render(change, done)
            except ChangeRefused:  # a constraint without a name cannot be dropped
                reject()
            done = apply(change, done)
    return "".join(f"{statement};\n" for statement in statements)


def assert_read_back(expected: Catalog, text: str) -> None:
    replayed = replay([read_text("schema.sql", text.encode())], "postgresql", ordered=True)
    assert replayed.diagnostics == (), text
    found = replayed.catalog
    assert [t.ref for t in found.tables] == [t.ref for t in expected.tables]
    for one, other in zip(found.tables, expected.tables, strict=True):
        for field in fields(Table):
            if field.compare:
                mine, theirs = getattr(one, field.name), getattr(other, field.name)
                assert mine == theirs, f"{one.name}.{field.name}\n{text}"
    assert [v.name for v in found.views] == [v.name for v in expected.views]
    for kind in ("enums", "domains", "sequences", "extensions"):
        assert getattr(found, kind) == getattr(expected, kind), text


@SLOW
@given(strategies.catalogs())
def test_what_is_written_is_read_back(catalog: Catalog) -> None:
    catalog = possible(catalog)
    assert_read_back(catalog, script(catalog))


@SLOW
@given(st.data())
def test_changes_are_followed(data: st.DataObject) -> None:
    before = possible(data.draw(strategies.catalogs()))
    after = possible(data.draw(strategies.changed(before)))
    assert_read_back(after, script(before, after))
