"""`--load`: the exact reading of PostgreSQL's SQL files agrees with the static one, and no file can do harm by it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.dba import dba

from dbarchitect.catalog.drift import Side
from dbarchitect.catalog.survey import Survey
from dbarchitect.engines.postgresql.server import find_binaries
from dbarchitect.errors import TargetError
from dbarchitect.loading import can_load, load
from dbarchitect.sources.drift import compare
from dbarchitect.sources.opened import survey_path

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not find_binaries(), reason="no PostgreSQL programs on this machine"),
]

FIRST = """
create type plan as enum ('free', 'paid');
create domain email as text check (value like '%@%');
create table account (
    id bigint generated always as identity primary key,
    address email not null unique,
    plan plan not null default 'free',
    credits integer default 0 check (credits between 0 and 100),
    made_at timestamptz not null default now()
);
create table note (
    id uuid primary key default gen_random_uuid(),
    account_id bigint references account (id) on delete cascade,
    title varchar(80),
    body text,
    words integer generated always as (length(body)) stored
);
create index note_title on note (lower(title)) where title is not null;
create view paying as select id from account where plan = 'paid';
"""
SECOND = """
alter table note rename column body to content;
alter table account add constraint paid_has_credits check (plan <> 'paid' or credits is not null) not valid;
alter table account validate constraint paid_has_credits;
alter table note alter column title type text, alter column title set not null;
create table event (id bigint, at timestamptz not null, kind text check (kind in ('a', 'b'))) partition by range (at);
create table event_2026 partition of event for values from ('2026-01-01') to ('2027-01-01');
insert into account (address) overriding system value values ('x@example.org');
alter type plan add value 'team' before 'paid';
drop view paying;
"""


def folder(tmp_path: Path, *files: str) -> Path:
    root = tmp_path / "shop" / "migrations"
    root.mkdir(parents=True)
    for number, text in enumerate(files, start=1):
        (root / f"{number:04}_step.sql").write_text(text)
    return root.parent


def both(root: Path) -> tuple[Survey, Survey]:
    (static,) = survey_path(root)
    assert can_load(static)
    return static, load(static, root)


def test_static_and_exact_reading_agree(tmp_path: Path) -> None:
    static, exact = both(folder(tmp_path, FIRST, SECOND))
    assert static.diagnostics == exact.diagnostics == ()
    assert compare(static.catalog, Side.MIGRATIONS, exact.catalog, Side.DATABASE) == ()
    assert [t.name for t in exact.catalog.tables] == [t.name for t in static.catalog.tables]


def test_places_in_files_stay(tmp_path: Path) -> None:
    static, exact = both(folder(tmp_path, FIRST, SECOND))
    for mine, its in zip(static.catalog.tables, exact.catalog.tables, strict=True):
        assert mine.origin == its.origin
        assert [c.origin for c in mine.columns] == [c.origin for c in its.columns]


def test_the_findings_are_the_same(tmp_path: Path) -> None:
    root = folder(tmp_path, FIRST, SECOND)
    found = []
    for words in ((), ("--load",)):
        data = json.loads(dba("audit", *words, "--format", "json", cwd=root).stdout)
        found.append({finding["fingerprint"] for finding in data["findings"]})
    assert found[0] == found[1]
    assert found[0]


def test_what_the_server_refuses_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    broken = "create extension no_such_extension;\ncreate table map (id int primary key, place geometry);\n" + FIRST
    static, exact = both(folder(tmp_path, broken))
    texts = [f"{d.origin.line}: {d.text}" for d in exact.diagnostics]
    assert any("no_such_extension" in text for text in texts)
    assert any(text.startswith("2: the server refuses this: type") for text in texts)
    assert (
        {t.name for t in exact.catalog.tables} == {t.name for t in static.catalog.tables} == {"account", "map", "note"}
    )


def test_files_without_an_order_find_theirs(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    place = root / "db" / "schema"
    place.mkdir(parents=True)
    (place / "a_book.sql").write_text("create table book (id int primary key, author_id int references author (id));\n")
    (place / "b_author.sql").write_text("create table author (id int primary key);\n")
    static, exact = both(root)
    assert exact.diagnostics == ()
    assert compare(static.catalog, Side.MIGRATIONS, exact.catalog, Side.DATABASE) == ()


@pytest.mark.parametrize(
    "harm",
    [
        "do $$ begin copy (select 1) to program 'touch {marker}'; end $$;",
        "do $$ begin perform pg_read_file('/etc/passwd'); end $$;",
        "create function f() returns int language c as '/lib/x', 'f';",
        "alter system set archive_command = 'touch {marker}';",
        "create role boss superuser;",
        "set role postgres;",
        "drop database postgres;",
    ],
)
def test_hostile_sql_is_refused(tmp_path: Path, harm: str) -> None:
    marker = tmp_path / "marker"
    _, exact = both(folder(tmp_path, harm.format(marker=marker) + "\n" + FIRST))
    assert len(exact.diagnostics) == 1
    assert "the server refuses this" in exact.diagnostics[0].text
    assert not marker.exists()
    assert {t.name for t in exact.catalog.tables} == {"account", "note"}


def test_files_that_end_their_own_session(tmp_path: Path) -> None:
    ending = "do $$ begin perform pg_terminate_backend(pg_backend_pid()); end $$;\n"
    with pytest.raises(TargetError, match=r"ended the session in which they ran, the last statement is .*\.sql:1"):
        both(folder(tmp_path, ending + FIRST))
