"""Every change from one kind of column to another does what the algebra says, on every version."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import Column, Identity
from dbarchitect.catalog.objects import Catalog, Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.types import parse_type
from dbarchitect.change.apply import apply
from dbarchitect.change.operations import AddColumn, AlterColumn, CreateTable
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.postgresql import ENGINE
from dbarchitect.errors import ChangeRefused
from dbarchitect.shadow import Shadow

INTEGER, BIGINT, TEXT = parse_type("integer"), parse_type("bigint"), parse_type("text")
KINDS = (
    Column("", INTEGER),
    Column("", INTEGER, nullable=False),
    Column("", INTEGER, default=expression("5")),
    Column("", INTEGER, nullable=False, default=expression("'-5'::integer")),
    Column("", INTEGER, nullable=False, identity=Identity.ALWAYS),
    Column("", INTEGER, nullable=False, identity=Identity.BY_DEFAULT),
    Column("", INTEGER, nullable=False, identity=Identity.SERIAL),
    Column("", INTEGER, identity=Identity.SERIAL),
    Column("", INTEGER, generated=expression("base * 2")),
    Column("", INTEGER, generated=expression("base * 3")),
    Column("", BIGINT),
    Column("", BIGINT, nullable=False, identity=Identity.ALWAYS),
    Column("", BIGINT, nullable=False, identity=Identity.SERIAL),
    Column("", BIGINT, generated=expression("base * 2")),
    Column("", TEXT, default=expression("'7'::text")),
    Column("", TEXT, nullable=False, collation="C"),
    Column("", parse_type("varchar(10)"), collation="POSIX", default=expression("'7'::character varying")),
    Column("", parse_type("numeric(10,2)"), default=expression("5")),
)
REF = Ref.of_table('the "table"')


def _changes() -> list[AlterColumn]:
    made = []
    for number, (first, second) in enumerate(permutations(KINDS, 2)):
        name = f'c "{number}" \\'
        old, new = replace(first, name=name), replace(second, name=name)
        using = None
        if new.type != old.type:
            using = '"' + name.replace('"', '""') + f'"::{new.type}'
        made.append(AlterColumn(REF, old, new, using))
    return made


def test_every_kind_becomes_every_other(postgresql_every_version: Shadow) -> None:
    url = postgresql_every_version.database()
    state = ENGINE.read(url, ReadOptions()).catalog
    changes = _changes()
    columns = [change.old for change in changes]
    table = Table(REF.table or "", (Column("base", INTEGER), *columns))
    create = CreateTable(replace(table, columns=tuple(replace(c, position=i) for i, c in enumerate(table.columns))))
    ENGINE.execute(url, ENGINE.render(create, state))
    state = apply(create, state)
    assert ENGINE.read(url, ReadOptions()).catalog == state
    refused = []
    statements: list[str] = []
    for change in changes:
        try:
            statements += ENGINE.render(change, state)
        except ChangeRefused:
            refused.append(change)
            continue
        state = apply(change, state)
    ENGINE.execute(url, ["begin;" + ";".join(statements) + ";commit"])
    assert ENGINE.read(url, ReadOptions()).catalog == state
    assert all(change.old.generated is None and change.new.generated is not None for change in refused)
    assert len(refused) == 15 * 3
    with_sequences = "select count(*) from pg_class where relkind = 'S'"
    numbered = sum(1 for column in state.tables[0].columns if column.identity is not None)
    assert _one(url, with_sequences) == numbered, "no sequence is left behind"


def _one(url: str, query: str) -> object:
    import psycopg

    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def test_a_serial_that_grows_counts_on_as_far(postgresql: Shadow) -> None:
    url = postgresql.database()
    ENGINE.execute(url, ['create table "T" (id serial primary key)'])
    catalog = ENGINE.read(url, ReadOptions()).catalog
    old = catalog.tables[0].columns[0]
    change = AlterColumn(catalog.tables[0].ref, old, replace(old, type=BIGINT))
    ENGINE.execute(url, ENGINE.render(change, catalog))
    reading = ENGINE.read(url, ReadOptions())
    assert reading.catalog == apply(change, catalog)
    assert reading.facts is not None
    assert [facts.maximum for facts in reading.facts.sequences.values()] == [2**63 - 1]


def test_values_survive(postgresql: Shadow) -> None:
    url = postgresql.database()
    ENGINE.execute(url, ["create table t (a varchar(3) default '1')", "insert into t values ('42')"])
    catalog = ENGINE.read(url, ReadOptions()).catalog
    old = catalog.tables[0].columns[0]
    new = replace(old, type=INTEGER, default=expression("1"), nullable=False, comment="It's a number")
    change = AlterColumn(catalog.tables[0].ref, old, new, "a::integer")
    ENGINE.execute(url, ENGINE.render(change, catalog))
    assert _one(url, "select a + 1 from t") == 43
    assert ENGINE.read(url, ReadOptions()).catalog.tables[0].columns[0].comment == "It's a number"


def test_a_virtual_column_becomes_no_plain_one() -> None:
    old = Column("a", INTEGER, generated=expression("1"), generated_stored=False)
    with pytest.raises(ChangeRefused, match="computed when it is read"):
        ENGINE.render(AlterColumn(REF, old, Column("a", INTEGER)), Catalog())


def test_columns_are_added_as_they_are(postgresql_every_version: Shadow) -> None:
    url = postgresql_every_version.database()
    ENGINE.execute(url, ["create table t (base integer)"])
    state = ENGINE.read(url, ReadOptions()).catalog
    for number, kind in enumerate(KINDS):
        change = AddColumn(Ref.of_table("t"), replace(kind, name=f"c{number}", comment="mine"))
        ENGINE.execute(url, ENGINE.render(change, state))
        state = apply(change, state)
    found = ENGINE.read(url, ReadOptions()).catalog
    assert found == state
    assert {column.comment for column in found.tables[0].columns} == {None, "mine"}
