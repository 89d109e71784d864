"""Hostile names: whatever a table, column, index, constraint, enum or schema is called, every rule judges it, every
format shows it on the lines that it should, and the SQL of every fix runs, forwards and back."""

from __future__ import annotations

import json
import sqlite3
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from support.dba import dba

from dbarchitect import api
from dbarchitect.catalog.objects import Catalog
from dbarchitect.change.apply import apply
from dbarchitect.change.diff import diff
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.registry import engine
from dbarchitect.shadow import Shadow

NAMES = (
    'say "hi"',
    "it's",
    "two\nlines\tand\rmore",
    "</script><b>",
    "back\\slash\\",
    "%s%(x)s%",
    "{}{0!r}",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202egnp\u2066",
    "😀" * 10,
    "select",
    "User",
    " ",
    "$1 $$ $a$",
    "-- x /* y",
    "a;b.c",
    "`tick` [box]",
    "null",
    "\N{COMBINING ACUTE ACCENT}\N{ZERO WIDTH JOINER}x",
)
LONGEST = "😀" * 15 + "abc"  # 63 bytes, as many as PostgreSQL keeps

# {n} is the name, {s} the schema's; what stands in double quotes is quoted by the engine.
SCHEMA = """
create table "account {n}" ("id" integer primary key, "email{n}" varchar(200), "password" varchar(100),
  "balance {n}" double precision, "created_at" timestamp);
create table "{n}" ("{n}" integer not null references "account {n}" ("id"), "status {n}" varchar(10) not null,
  "settings {n}" text, "price {n}" real not null, "deleted_at" timestamp, "id" integer primary key,
  "parent_id" integer references "{n}" ("id"), "other_id" integer, constraint "ck {n}" check ("price {n}" <> 7));
create index "ix {n}" on "{n}" ("status {n}");
create index "ix2 {n}" on "{n}" ("status {n}");
create index "ix3 {n}" on "{n}" ("status {n}", "price {n}") where "settings {n}" is null;
create unique index "ux {n}" on "account {n}" ("email{n}");
create view "view {n}" as select "{n}" from "{n}";
"""


@dataclass(frozen=True)
class Outcome:
    """What the command said of a target, in every format."""

    data: dict[str, Any]
    text: str
    concise: str


def audited(target: str, folder: Path) -> Outcome:
    """Run the command once with every format; whatever must hold for every input is asserted here."""
    files = [folder / f"report.{name}" for name in api.FORMATS]
    formats = [part for name, file in zip(api.FORMATS, files, strict=True) for part in ("--format", f"{name}:{file}")]
    result = dba("audit", "env:HOSTILE", "--limit", "0", *formats, HOSTILE=target)
    assert result.stderr == "" and result.stdout == ""
    assert result.returncode in {0, 1}
    written = {name: file.read_text(encoding="utf-8") for name, file in zip(api.FORMATS, files, strict=True)}
    text, concise, data = written["text"], written["concise"], written["json"]
    outcome = Outcome(json.loads(data), text, concise)
    failed = [
        n for a in outcome.data["applications"] for n in a["examined"]["rules_not_evaluated"] if "fail" in n["why"]
    ]
    assert not failed
    assert len(outcome.concise.splitlines()) == len(outcome.data["findings"]) > 0
    for report in (text, concise):
        unsafe = {c for c in report if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"}}
        assert not unsafe, f"printed as they are: {unsafe!a}"
    return outcome


def quoted(statement: str, **values: str) -> str:
    """The statements with values put in, whatever stands in double quotes quoted for PostgreSQL and SQLite."""
    parts = statement.split('"')
    parts[1::2] = [part.format(**values).replace('"', '""') for part in parts[1::2]]
    return '"'.join(parts)


def try_fixes(data: dict[str, Any], target: str) -> int:
    """Run every fix forwards and back; afterwards the database must be as it was. How many were run."""
    name = "sqlite" if target.startswith("sqlite:") else "postgresql"
    writer = engine(name)
    before = writer.read(target, ReadOptions()).catalog
    tried = 0
    for finding in data["findings"]:
        fix = finding["fix"]
        if fix is None or not fix["up"]:
            continue
        writer.execute(target, fix["up"])
        assert fix["down"] is not None, f"no way back: {fix['up']}"
        writer.execute(target, fix["down"])
        tried += 1
    after = writer.read(target, ReadOptions()).catalog
    assert not diff(before, after)
    return tried


def test_postgresql(postgresql: Shadow, tmp_path: Path) -> None:
    target = postgresql.database()
    with psycopg.connect(target, autocommit=True) as connection:
        for name in (*NAMES, LONGEST):
            schema = sql.Identifier(name).as_string(connection)
            short = name if name != LONGEST else "😀" * 12
            script = quoted(SCHEMA, n=short)
            connection.execute(f"create schema {schema}; set search_path = {schema}".encode())
            connection.execute(script.encode())
            enum = quoted('create type "enum {n}" as enum (', n=short) + sql.Literal(name).as_string(connection) + ")"
            connection.execute(enum.encode())
            table = quoted('create table "{n} of"', n=short)
            column, kind = quoted('"{n}"', n=name), quoted('"enum {n}"', n=short)
            connection.execute(f"{table} ({column} {kind}, c {kind}[])".encode())
    outcome = audited(target, tmp_path)
    assert outcome.data["examined"]["tables"] == 3 * (len(NAMES) + 1)
    objects = {(f["object"]["schema"], f["object"]["table"]) for f in outcome.data["findings"]}
    assert {(name, name) for name in NAMES} <= objects
    assert try_fixes(outcome.data, target) > len(NAMES)


def test_the_longest_names(postgresql: Shadow, tmp_path: Path) -> None:
    """A name of ours that grows out of one of 63 bytes must not be cut in the middle of a character, nor be taken."""
    target = postgresql.database()
    long = LONGEST.replace('"', "")
    other = long[:-1] + "d"
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute(f'create table "{long}" ("{long}" integer primary key, price real not null)'.encode())
        both = f'"{long}" integer not null references "{long}", "{other}" integer not null references "{long}"'
        connection.execute(f'create table "{other}" (id bigint primary key, {both})'.encode())
    outcome = audited(target, tmp_path)
    missing = [f for f in outcome.data["findings"] if f["rule"] in {"unindexed-foreign-key", "missing-natural-key"}]
    assert len(missing) == 2  # a key of the pair, which serves the first of them, and an index of the second
    writer = engine("postgresql")
    for finding in missing:
        writer.execute(target, finding["fix"]["up"])
    rest = audited(target, tmp_path)
    assert not {f["rule"] for f in rest.data["findings"]} & {"unindexed-foreign-key", "missing-natural-key"}
    assert try_fixes(rest.data, target) > 0


def test_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "hostile.db"
    connection = sqlite3.connect(path, isolation_level=None)
    for name in (*NAMES, LONGEST):
        connection.executescript(quoted(SCHEMA, n=name))
    connection.close()
    target = f"sqlite:///{path}"
    outcome = audited(target, tmp_path)
    assert outcome.data["examined"]["tables"] == 2 * (len(NAMES) + 1)
    assert {*NAMES, LONGEST} <= {f["object"]["table"] for f in outcome.data["findings"]}
    assert try_fixes(outcome.data, target) > len(NAMES)


def test_unknown_types_and_extensions(postgresql: Shadow, tmp_path: Path) -> None:
    target = postgresql.database()
    optional = {"citext": "citext", "ltree": "ltree", "hstore": "hstore", "cube": "cube", "isn": "isbn"}
    with psycopg.connect(target, autocommit=True) as connection:
        connection.execute("create type mood as enum ('sad', 'it''s ok', '')")
        connection.execute("create domain positive as integer check (value > 0)")
        connection.execute("create domain deeper as positive[] not null default '{1}'")
        connection.execute("create type pair as (a integer, b mood[])")
        connection.execute("create type span as range (subtype = timestamptz)")
        connection.execute("create type shelly")
        there = {row[0] for row in connection.execute("select name from pg_available_extensions").fetchall()}
        columns = "m mood[], p positive, d deeper, r pair[], s span, x xml, i interval day to second(2), t tsvector"
        columns += ', o oid, n name, c "char", b bit varying(3), ip inet, pt point, z numeric(9)[], v void_t, w text'
        for extension in optional.keys() & there:
            connection.execute(f"create extension {extension}".encode())
            columns += f", e_{extension} {optional[extension]}"
        if "pg_trgm" in there:
            connection.execute("create extension pg_trgm")
        connection.execute('create domain void_t as text collate "C"')
        connection.execute(f"create table odd (id bigint primary key, {columns})".encode())
        if "pg_trgm" in there:
            connection.execute("create index on odd using gin (w gin_trgm_ops)")
        connection.execute("create index on odd using spgist (s)")
        connection.execute("create table child (id integer primary key, odd_id bigint not null references odd)")
    outcome = audited(target, tmp_path)
    assert outcome.data["examined"]["tables"] == 2
    assert outcome.data["examined"]["columns"] == columns.count(", ") + 4
    assert try_fixes(outcome.data, target) > 0


DJANGO = """
from django.db import models

class Account(models.Model):
    name = models.CharField(max_length=50, db_column={column})
    status = models.CharField(max_length=9, choices=[({value}, "x"), ("b", {value})])
    class Meta:
        db_table = {table}
        indexes = [models.Index(fields=["name"], name={index})]

class Entry(models.Model):
    account = models.ForeignKey(Account, on_delete=models.CASCADE, db_index=False, db_column={reference})
    price = models.FloatField()
    class Meta:
        db_table = {other}
        constraints = [models.UniqueConstraint(fields=["price", "account"], name={constraint})]
"""
SQLALCHEMY = """
from sqlalchemy import Column, Enum, Float, ForeignKey, ForeignKeyConstraint, Index, Integer, String
from sqlalchemy.orm import declarative_base

Base = declarative_base()

class Account(Base):
    __tablename__ = {table}
    id = Column(Integer, primary_key=True)
    name = Column({column}, String(50), nullable=False, index=True)
    status = Column(Enum({value}, "b", name={constraint}), nullable=False)

class Entry(Base):
    __tablename__ = {other}
    __table_args__ = (ForeignKeyConstraint([{reference}], [Account.id]), Index({index}, "price"))
    id = Column(Integer, primary_key=True)
    account = Column({reference}, Integer, nullable=False)
    price = Column(Float, nullable=False)
"""
PRISMA = """
datasource db {{
  provider = "postgresql"
  url      = env("DATABASE_URL")
}}

model Account {{
  id      Int     @id @default(autoincrement())
  name    String  @map({column})
  status  Status
  entries Entry[]

  @@index([name], map: {index})
  @@map({table})
}}

model Entry {{
  id        Int     @id @default(autoincrement())
  accountId Int     @map({reference})
  account   Account @relation(fields: [accountId], references: [id], map: {constraint})
  price     Float

  @@map({other})
}}

enum Status {{
  a @map({value})
  b
}}
"""
MODELS = {"shop/models.py": DJANGO, "models.py": SQLALCHEMY, "schema.prisma": PRISMA}
SETTINGS = 'INSTALLED_APPS = ["shop"]\nDATABASES = {"default": {"ENGINE": "django.db.backends.postgresql"}}\n'


@pytest.mark.parametrize("path", MODELS)
def test_models(path: str, postgresql: Shadow, tmp_path: Path) -> None:
    """One repository holds an application for each name; the schema of each is built and every fix is run on it."""
    project = tmp_path / "project"
    names = [name.replace("\r", "") for name in NAMES if name != " "]
    if (
        path == "shop/models.py"
    ):  # Django puts names into quotes as they are: none of its tables has a quote in its name
        names = [name for name in names if '"' not in name]
    for number, name in enumerate(names):
        folder = project / f"app{number}"
        file = folder / path
        file.parent.mkdir(parents=True)
        keys = ("column", "value", "table", "index", "reference", "other", "constraint")
        values = {key: json.dumps(f"{key} {name}") for key in keys}
        values |= {"table": json.dumps(name), "value": json.dumps(name[:9])}
        file.write_text(MODELS[path].format(**values), encoding="utf-8")
        if path == "shop/models.py":
            (folder / "manage.py").touch()
            (folder / "settings.py").write_text(SETTINGS)
            (folder / "shop" / "__init__.py").touch()
        else:
            (folder / "package.json").write_text("{}")
    outcome = audited(str(project), tmp_path)
    assert len(outcome.data["applications"]) == len(names)
    assert not outcome.data["diagnostics"]
    tables = {(f["object"]["table"]) for f in outcome.data["findings"]}
    assert {f"other {name}" for name in names} <= tables
    for survey in api.survey([str(project)]):
        target = postgresql.database()
        build(survey.catalog, target)
        mine = [f for f in outcome.data["findings"] if f["application"] == survey.application.name]
        assert try_fixes({"findings": mine}, target) > 0


def build(catalog: Catalog, target: str) -> None:
    """Make the tables of a catalog in an empty database."""
    writer = engine("postgresql")
    state = Catalog(catalog.engine)
    for change in diff(state, catalog):
        writer.execute(target, writer.render(change, state))
        state = apply(change, state)


WORDLESS = """
create table user_settings ("_" integer, "-" integer, user_id integer, thing_id integer, "$" integer, kind text,
  closed boolean, closed_at timestamptz, target_id integer, primary key ("_", user_id), unique ("-", thing_id));
create table orders (id integer primary key, "_" text, "-" numeric, kind text, target_id integer);
create table users (id integer primary key, "_" text);
"""
ASKING = """
import psycopg


def found(connection, key):
    return connection.execute(
        'select * from orders o join users u on u.id = o.target_id where o."_" = %s', (key,)
    ).fetchall()


def of_thing(connection, key):
    return connection.execute('select * from user_settings s where s.thing_id = %s', (key,)).fetchall()
"""


def test_columns_without_a_word_in_a_program(tmp_path: Path) -> None:
    (tmp_path / "schema.sql").write_text(WORDLESS)
    (tmp_path / "asking.py").write_text(ASKING)
    audited(str(tmp_path), tmp_path)
