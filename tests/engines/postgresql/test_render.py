"""How changes are spelled, and what is refused."""

from __future__ import annotations

import pytest

from dbarchitect.catalog.expressions import expression
from dbarchitect.catalog.members import (
    Check,
    Column,
    Exclusion,
    ForeignKey,
    Identity,
    Index,
    IndexColumn,
    Trigger,
    UniqueKey,
)
from dbarchitect.catalog.objects import Catalog, Function, Table
from dbarchitect.catalog.refs import Ref
from dbarchitect.catalog.types import SqlType, parse_type
from dbarchitect.change.operations import Add, Change, Create, CreateTable, Drop, RunSql, SetPrimaryKey
from dbarchitect.engines.postgresql import ENGINE
from dbarchitect.engines.postgresql.clauses import in_parentheses, invented_name
from dbarchitect.engines.postgresql.names import quote, without_public
from dbarchitect.engines.postgresql.types import read_type, type_sql
from dbarchitect.errors import ChangeRefused
from dbarchitect.shadow import Shadow

T = Ref.of_table("t")


def spell(change: Change, catalog: Catalog | None = None) -> tuple[str, ...]:
    return ENGINE.render(change, catalog or Catalog())


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("plain_1$", "plain_1$"),
        ("Upper", '"Upper"'),
        ("select", '"select"'),
        ("1st", '"1st"'),
        ("", '""'),
        ('a"b', '"a""b"'),
        ("a b", '"a b"'),
        ("ünï", '"ünï"'),
        ("new\nline", '"new\nline"'),
        ("null\0byte", '"nullbyte"'),
        ("trailing\n", '"trailing\n"'),
    ],
)
def test_quoting(name: str, quoted: str) -> None:
    assert quote(name) == quoted


def test_every_key_word_is_quoted_where_the_server_does(postgresql_every_version: Shadow) -> None:
    import psycopg

    with psycopg.connect(postgresql_every_version.database()) as connection:
        words = connection.execute("select word, quote_ident(word) from pg_get_keywords()").fetchall()
    assert [word for word, server in words if server != word and quote(word) == word] == []


def test_a_table_in_the_order_of_its_columns() -> None:
    table = Table(
        "t",
        (
            Column("b", parse_type("varchar(20)"), nullable=False, default=expression("'x'"), position=2),
            Column("a", parse_type("bigint"), nullable=False, identity=Identity.ALWAYS, position=1),
        ),
        primary_key=UniqueKey(("a",), "t_pkey"),
        foreign_keys=(ForeignKey(("a",), Ref.of_table("o", "s"), ("id",), validated=False),),
    )
    create, reference = spell(CreateTable(table))
    assert create.splitlines() == [
        "create table t (",
        "  a bigint generated always as identity not null,",
        "  b character varying(20) default 'x' not null,",
        "  constraint t_pkey primary key (a)",
        ")",
    ]
    assert reference == "alter table t add foreign key (a) references s.o (id) not valid"


def test_an_index() -> None:
    index = Index(
        (IndexColumn("a", descending=True, nulls_first=False), IndexColumn(expression=expression("lower(b)"))),
        unique=True,
        predicate=expression("c is null"),
        name="i",
    )
    assert spell(Add(T, index)) == ("create unique index i on t (a desc nulls last, (lower(b))) where (c is null)",)


def test_the_name_of_what_goes_is_found_or_worked_out() -> None:
    named = ForeignKey(("a",), T, ("id",), name="mine")
    nameless = ForeignKey(("a",), T, ("id",))
    catalog = Catalog(tables=(Table("t", (Column("a", parse_type("integer")),), foreign_keys=(named,)),))
    assert spell(Drop(T, nameless), catalog) == ("alter table t drop constraint mine",)
    assert spell(Drop(T, nameless)) == ("alter table t drop constraint t_a_fkey",)
    assert spell(SetPrimaryKey(T, UniqueKey(("a",)), None)) == ("alter table t drop constraint t_pkey",)
    with pytest.raises(ChangeRefused, match="name of a constraint"):
        spell(Drop(T, Check(expression("a > 0"))))


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("t", ("a",)),
        ("a_table_with_a_name_as_long_as_names_can_be_in_this_database_xx", ("column_one", "column_two")),
        ("short", ("a_column_with_a_name_as_long_as_names_can_be_in_this_database_x",)),
        ("ünïcödé_tablé_näme_thät_is_lönger_thän_it_löoks", ("ünïcödé_cölümn_näme_thät_is_löng", "b")),
        ("😀" * 15, ("😀" * 15,)),
    ],
)
def test_invented_names_are_those_of_the_server(postgresql: Shadow, table: str, columns: tuple[str, ...]) -> None:
    from dbarchitect.engines.base import ReadOptions

    url = postgresql.database()
    made = Table(
        table,
        tuple(Column(name, parse_type("integer")) for name in (*columns, "the key")),
        unique_keys=(UniqueKey(columns),),
        primary_key=UniqueKey(("the key",)),
        indexes=(Index(tuple(IndexColumn(name) for name in columns), predicate=expression("true")),),
    )
    ENGINE.execute(url, spell(CreateTable(made)))
    found = ENGINE.read(url, ReadOptions()).catalog.tables[0]
    assert found.unique_keys[0].name == invented_name(table, columns, "key")
    assert found.primary_key is not None
    assert found.primary_key.name == invented_name(table, (), "pkey")
    assert found.indexes[0].name == invented_name(table, columns, "idx")


@pytest.mark.parametrize(
    "change",
    [
        RunSql("sqlite", ("vacuum",), None, "tidy"),
        Create(Function("f")),
        Add(T, Exclusion((("a", "= (select 1)"),))),
        Add(T, Index((IndexColumn(),))),
        Add(T, Trigger("x", "before", ("insert",))),
        Add(T, Trigger("x", "before; drop table t", ("insert",), function="f")),
        CreateTable(Table("t", (), options=("fillfactor) ; drop table t; --=1",))),
        CreateTable(Table("t", (Column("a", parse_type("text"), identity=Identity.SERIAL),))),
    ],
)
def test_what_cannot_be_spelled_is_refused(change: Change) -> None:
    with pytest.raises(ChangeRefused):
        spell(change)


def test_a_comment_in_an_expression_swallows_nothing() -> None:
    statement = spell(Add(T, Check(expression("a > 0 -- positive"))))[0]
    assert statement.endswith("\n)")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("a", "(a)"), ("(a)", "(a)"), ("(a) or (b)", "((a) or (b))"), ("')' = (a)", "(')' = (a))"), ("(')')", "(')')")],
)
def test_parentheses(text: str, wanted: str) -> None:
    assert in_parentheses(text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("public.f(a)", "f(a)"),
        ("'public.x'::public.kind", "'public.x'::kind"),
        ("nextval('public.s'::regclass)", "nextval('s'::regclass)"),
        ("nextval('public.\"S x\"'::regclass)", "nextval('\"S x\"'::regclass)"),
        ('"public.".a = public."T".b', '"public.".a = "T".b'),
        ("republic.f(notpublic.a)", "republic.f(notpublic.a)"),
        ('"x".public.y', '"x".public.y'),
    ],
)
def test_the_default_schema_goes_where_it_is_a_schema(text: str, wanted: str) -> None:
    assert without_public(text) == wanted


@pytest.mark.parametrize(
    ("type_", "wanted"),
    [
        (read_type("character varying(20)"), "character varying(20)"),
        (read_type("timestamp(3) with time zone"), "timestamp(3) with time zone"),
        (read_type("text[]", 2), "text[][]"),
        (read_type('public."My Type"'), '"My Type"'),
        (read_type('app."Role"[]', 1), 'app."Role"[]'),
        (read_type("public.geometry(Point,4326)"), "geometry(Point,4326)"),
        (read_type('"char"'), '"char"'),
        (read_type("interval day to second(3)"), "interval day to second(3)"),
        (SqlType("tinyint"), "smallint"),
        (SqlType("blob"), "bytea"),
        (SqlType("user"), '"user"'),
    ],
)
def test_types(type_: SqlType, wanted: str) -> None:
    assert type_sql(type_) == wanted
