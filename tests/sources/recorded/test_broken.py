"""A record never stands in the way: the same catalog and the same words with it as without it, whatever the text."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from dbarchitect.catalog.migrations import Migration
from dbarchitect.sources.sqlfiles.reading import replay
from dbarchitect.sources.sqlfiles.text import SqlText, read_text

FILES = Path(__file__).parents[1] / "sqlfiles"
NOISE = ["'", '"', "(", ")", ";", "$$", ",", "\x01", "\0", "CASCADE", "NULL", "é", "--", "/*", "`", "[", "IF EXISTS"]
MORE = """
update only a set b = 1 where c; delete from a; truncate a, b cascade; vacuum (full) a; cluster a using b;
lock table a in share mode; reindex index concurrently a; refresh materialized view concurrently a; set a.b = 'c';
alter table a rename b to c; alter table a rename to b; alter index a rename to b; alter table a set schema b;
drop trigger if exists a on b; drop schema a cascade; drop database a; drop function a(int); drop index concurrently a;
alter table a attach partition b default, detach partition c concurrently; alter table a validate constraint b;
alter table a add constraint b unique using index c; alter table a alter b type int using b::int, alter c set not null;
do $$ begin alter table a add b int; update a set b = 1; execute 'drop table ' || a; end $$; call a(); begin; commit;
"""


def same(text: SqlText, dialect: str) -> None:
    bare = replay([text], dialect, ordered=True)
    recorded = replay([text], dialect, ordered=True, migrations=[Migration(text.path, text.path)])
    assert recorded.catalog == bare.catalog
    assert recorded.diagnostics == bare.diagnostics
    (migration,) = recorded.migrations
    for operation in migration.operations:
        assert operation.origin.path == text.path
        assert len(operation.statement) <= 200
        assert "\n" not in operation.statement


def broken(text: str, seed: int, breaks: int) -> str:
    chance = random.Random(seed)
    tokens = re.findall(r"\w+|\s+|[^\w\s]", text)
    changed = list(tokens)
    for _ in range(breaks):
        at = chance.randrange(len(changed))
        changed[at : at + chance.randrange(2)] = [chance.choice([*NOISE, *tokens])] * chance.randrange(2)
    return "".join(changed)


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
@pytest.mark.parametrize("breaks", [0, 1, 5, 25])
def test_nothing_else_changes(dialect: str, breaks: int) -> None:
    for path in sorted((FILES / dialect).glob("*.sql")):
        same(read_text("a.sql", broken(path.read_text(), breaks, breaks).encode()), dialect)


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_broken_statements_of_every_kind(dialect: str) -> None:
    tables = "create table a (b int, c int, d text); create index i on a (b); create table p (a int);"
    for seed in range(60):
        same(read_text("a.sql", broken(tables + MORE, seed, seed % 12).encode()), dialect)


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_every_beginning_of_a_statement(dialect: str) -> None:
    for statement in MORE.split(";"):
        words = statement.split()
        for end in range(1, len(words) + 1):
            text = "create table a (b int, c int); " + " ".join(words[:end])
            same(read_text("a.sql", text.encode()), dialect)


@pytest.mark.parametrize("dialect", ["postgresql", "sqlite"])
def test_bytes_that_are_no_text_at_all(dialect: str) -> None:
    for seed in range(20):
        same(read_text("noise.sql", random.Random(seed).randbytes(2000)), dialect)
