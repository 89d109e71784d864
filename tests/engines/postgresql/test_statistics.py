"""Counters of tables, indexes, sequences and sessions, on every version of the server."""

from __future__ import annotations

import psycopg
import pytest

from dbarchitect.catalog.facts import Facts, SequenceFacts
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.engines.base import ReadOptions
from dbarchitect.engines.postgresql import ENGINE
from dbarchitect.engines.postgresql.statistics import query_facts
from dbarchitect.shadow import Shadow

T = Ref.of_table("t")


def facts_of(url: str) -> Facts:
    facts = ENGINE.read(url, ReadOptions()).facts
    assert facts is not None
    return facts


def test_what_an_index_holds(postgresql_every_version: Shadow) -> None:
    url = postgresql_every_version.database()
    ENGINE.execute(
        url,
        [
            "create table t (id integer primary key with (fillfactor = 70), a integer)",
            "insert into t select g, g from generate_series(1, 1000) as g",
            "create index ix_t_some on t (a) where a <= 10",
            "create index ix_t_sparse on t (a) with (fillfactor = 50, deduplicate_items = off)",
            "analyze t",
            "create table never (id integer primary key)",
        ],
    )
    facts = facts_of(url)
    some, sparse = (facts.index(T.of(Kind.INDEX, name)) for name in ("ix_t_some", "ix_t_sparse"))
    assert (some.rows, some.fill_factor, some.being_built) == (10, None, False)
    assert (sparse.rows, sparse.fill_factor) == (1000, 50)
    assert facts.index(T.of(Kind.INDEX, "t_pkey")).fill_factor == 70
    never = facts.index(Ref.of_table("never").of(Kind.INDEX, "never_pkey"))
    assert never.rows in (None, 0)


def test_sequences_that_step_and_begin_again(postgresql_every_version: Shadow) -> None:
    url = postgresql_every_version.database()
    ENGINE.execute(url, ["create sequence s increment 10 maxvalue 100 cycle", "select nextval('s'), nextval('s')"])
    assert facts_of(url).sequences[Ref(Kind.SEQUENCE, name="s").key] == SequenceFacts(11, 100, 10, cycles=True)


def test_sessions_and_receivers(postgresql_every_version: Shadow) -> None:
    url = postgresql_every_version.database()
    with psycopg.connect(url) as first, psycopg.connect(url, autocommit=True) as second:
        first.execute("select 1")
        second.execute("select 1")
        facts = facts_of(url)
    found = {session.state: session for session in facts.sessions}
    assert found["idle in transaction"].sessions == 1
    assert found["idle"].sessions >= 1
    assert found["active"].sessions >= 1, "our own is among them"
    assert (found["idle"].longest or 0) >= 0
    assert facts.receivers == 0
    assert facts.statistics_reset is not None
    assert facts.captured_at is not None
    assert facts.statistics_reset <= facts.captured_at


def test_states_are_hidden_from_a_role_without_privileges(postgresql: Shadow) -> None:
    url = postgresql.database()
    ENGINE.execute(url, ["create role onlooker login"])
    try:
        with psycopg.connect(url) as somebody:
            somebody.execute("select 1")
            facts = facts_of(url.replace("postgres@", "onlooker@", 1))
    finally:
        ENGINE.execute(url, ["drop role onlooker"])
    assert {session.state for session in facts.sessions} == {"active", None}
    assert sum(session.sessions for session in facts.sessions) >= 2


def test_the_blocks_of_a_partitioned_table_are_those_of_its_partitions(postgresql: Shadow) -> None:
    url = postgresql.database()
    ENGINE.execute(
        url,
        [
            "create table t (id integer) partition by range (id)",
            "create table t_1 partition of t for values from (0) to (1000)",
            "create table t_2 partition of t for values from (1000) to (2000)",
            "insert into t select generate_series(1, 1999)",
        ],
    )
    facts = facts_of(url)
    whole = facts.table(T)
    parts = [facts.table(Ref.of_table(name)) for name in ("t_1", "t_2")]
    assert whole.heap_blocks_hit == sum(part.heap_blocks_hit or 0 for part in parts)
    assert whole.live_rows == sum(part.live_rows or 0 for part in parts)
    assert whole.multixact_age == max(part.multixact_age or 0 for part in parts)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("select 'a''b', $1 from t where a = $$secret$$", "select ?, $1 from t where a = ?"),
        ("select 1 from t where a = $x$se$$cret$x$ and b$c$ = 2", "select ? from t where a = ? and b$c$ = ?"),
        ('select "a 1" from t where a = \'secret, cut off', 'select "a 1" from t where a = ?'),
        (r"select E'it\'s secret''' from t where a = 'it''s cut off", "select ? from t where a = ?"),
    ],
)
def test_no_constant_of_a_query_is_kept(text: str, shown: str) -> None:
    (fact,) = query_facts([(text, 1, 1.0, 1.0, 1)])
    assert fact.text == shown
