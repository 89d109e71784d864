"""The states that indexes get into on a real server: seen, mended, and not seen any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from support.live import eventually, run, survey

from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.survey import Survey
from dbarchitect.finding import Finding
from dbarchitect.rules._base import Rule
from dbarchitect.rules.indexes import index_bloat, sequential_scans_on_large_table, unused_index
from dbarchitect.rules.indexes.index_bloat import IndexBloat
from dbarchitect.rules.indexes.invalid_index import InvalidIndex
from dbarchitect.rules.indexes.sequential_scans_on_large_table import SequentialScansOnLargeTable
from dbarchitect.rules.indexes.unused_index import UnusedIndex
from dbarchitect.shadow import Shadow
from dbarchitect.testing.live import LiveCase

ORDERS = (
    "create table orders (id bigint primary key, status text not null, made integer not null)",
    "create index ix_orders_status on orders (status)",
    "insert into orders select g, 'state ' || g, g from generate_series(1, 20000) as g",
)


def mend(url: str, rule: Rule, finding: Finding, before: Survey) -> None:
    fix = rule.fix(finding, before)
    assert fix is not None
    LiveCase(before.engine, url).change(fix.changes, before.catalog)


def test_an_index_that_was_never_scanned(postgresql_every_version: Shadow) -> None:
    url = postgresql_every_version.database()
    run(url, *ORDERS, "analyze orders")
    rule = UnusedIndex(unused_index.Options(days=0, minimum_bytes=8192, searches=0))
    before = eventually(url, lambda s: s.facts is not None and s.facts.table(Ref.of_table("orders")).rows == 20000)
    assert before.facts is not None
    assert before.facts.statistics_reset is not None, "the age of the statistics is known on every version"
    assert before.facts.receivers == 0
    (finding,) = rule.detect(before)
    assert finding.object.name == "ix_orders_status"
    assert UnusedIndex().unanswered(before), "statistics of a moment prove nothing"
    mend(url, rule, finding, before)
    assert list(rule.detect(survey(url))) == []


def test_an_index_that_is_used_is_praised(postgresql: Shadow) -> None:
    url = postgresql.database()
    run(url, *ORDERS, "analyze orders")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set enable_seqscan = off")
        connection.execute("select * from orders where status = 'state 7'")
    index = Ref.of_table("orders").of(Kind.INDEX, "ix_orders_status")
    found = eventually(url, lambda s: s.facts is not None and bool(s.facts.index(index).scans))
    rule = UnusedIndex(unused_index.Options(days=0, minimum_bytes=8192, searches=0))
    assert list(rule.detect(found)) == []
    assert [strength.message for strength in rule.praise(found)]


def test_a_unique_build_that_met_duplicates(postgresql_every_version: Shadow) -> None:
    url = postgresql_every_version.database()
    run(
        url,
        "create table users (id bigint primary key, email text not null)",
        "insert into users values (1, 'a'), (2, 'a')",
    )
    with pytest.raises(psycopg.errors.UniqueViolation):
        run(url, "create unique index concurrently uq_users_email on users (email)")
    rule, before = InvalidIndex(), survey(url)
    (finding,) = rule.detect(before)
    assert finding.object.name == "uq_users_email"
    assert "does not guarantee" in finding.message
    run(url, "delete from users where id = 2")
    mend(url, rule, finding, before)
    after = survey(url)
    assert list(rule.detect(after)) == []
    assert [index.valid for index in after.catalog.tables[0].indexes] == [True]


@contextmanager
def _being_built(url: str) -> Iterator[None]:
    """A concurrent build that waits for a transaction which is older than it."""
    with psycopg.connect(url) as holder:
        holder.execute("insert into orders values (0, 'held', 0)")
        statement = "create index concurrently ix_orders_made on orders (made)"
        thread = threading.Thread(target=run, args=(url, statement))
        thread.start()
        try:
            eventually(url, lambda s: any(not index.valid for t in s.catalog.tables for index in t.indexes))
            yield
        finally:
            holder.commit()
            thread.join()


def test_an_index_that_is_being_built_is_not_invalid(postgresql_every_version: Shadow) -> None:
    url = postgresql_every_version.database()
    run(url, *ORDERS)
    with _being_built(url):
        seen = survey(url)
        assert seen.facts is not None
        assert seen.facts.index(Ref.of_table("orders").of(Kind.INDEX, "ix_orders_made")).being_built
        assert list(InvalidIndex().detect(seen)) == []
    assert list(InvalidIndex().detect(survey(url))) == []


def test_who_may_not_see_the_builds_calls_nothing_invalid_while_there_are_some(postgresql: Shadow) -> None:
    url = postgresql.database()
    run(url, *ORDERS, "create role onlooker login")
    try:
        with _being_built(url):
            assert list(InvalidIndex().detect(survey(url.replace("postgres@", "onlooker@", 1)))) == []
    finally:
        run(url, "drop role onlooker")


def test_the_estimate_of_a_btree_and_its_bloat(postgresql_every_version: Shadow) -> None:
    url = postgresql_every_version.database()
    run(
        url,
        "create table keys (id bigint primary key, token uuid not null, word text not null)"
        " with (autovacuum_enabled = false)",
        "insert into keys select g, md5(g::text)::uuid, md5(g::text) from generate_series(1, 60000) as g",
        "create index ix_keys_token on keys (token)",
        "create index ix_keys_word on keys (word)",
        "vacuum analyze keys",
    )
    rule = IndexBloat(index_bloat.Options(minimum_bytes=2**20, share=0.6))
    fresh = survey(url)
    assert list(rule.detect(fresh)) == []
    for path, size, needed in rule._estimated(fresh):
        assert 0.9 < needed / size < 1.15, f"{path}: {needed} of {size}"
    run(url, "delete from keys where hashint8(id) % 10 <> 0", "vacuum analyze keys")
    found = {finding.object.name for finding in rule.detect(survey(url))}
    assert found == {"keys_pkey", "ix_keys_token", "ix_keys_word"}
    run(url, "reindex table keys", "vacuum analyze keys")
    assert list(rule.detect(survey(url))) == []


def test_a_table_that_is_read_from_end_to_end(postgresql: Shadow) -> None:
    url = postgresql.database()
    run(url, *ORDERS, "analyze orders", *["select count(*) from orders where made = 7"] * 5)
    rule = SequentialScansOnLargeTable(sequential_scans_on_large_table.Options(rows=1000, scans_a_day=1, days=0))
    orders = Ref.of_table("orders")
    found = eventually(url, lambda s: s.facts is not None and (s.facts.table(orders).sequential_scans or 0) >= 5)
    assert [finding.object for finding in rule.detect(found)] == [orders]
