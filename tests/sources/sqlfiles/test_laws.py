"""What the PostgreSQL engine writes, the reader of SQL files reads back: whole databases, and changes to them."""

from __future__ import annotations

from dataclasses import fields, replace

from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.change.apply import apply
from dbarchitect.change.diff import diff
from dbarchitect.engines.postgresql import ENGINE
from dbarchitect.errors import ChangeRefused
from dbarchitect.sources.sqlfiles.reading import replay
from dbarchitect.sources.sqlfiles.text import read_text
from dbarchitect.testing import strategies

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def possible(catalog: Catalog) -> Catalog:
    """The database as a server can hold it: what is a key or numbered is never NULL. Without functions."""
    tables = []
    for table in catalog.tables:
        key = table.primary_key.columns if table.primary_key is not None else ()
        columns = (replace(c, nullable=c.nullable and not c.identity and c.name not in key) for c in table.columns)
        tables.append(replace(table, columns=tuple(columns)))
    return replace(catalog, tables=tuple(tables), functions=())


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
