"""Neglected tables on a real server: seen, mended, and not seen any more."""

from __future__ import annotations

import pytest
from support.live import eventually, run, survey

from dbarchitect.catalog.refs import Ref
from dbarchitect.rules._running.bloat import bytes_of_table
from dbarchitect.rules.maintenance import low_cache_hit_ratio, table_bloat
from dbarchitect.rules.maintenance.autovacuum_behind import AutovacuumBehind
from dbarchitect.rules.maintenance.low_cache_hit_ratio import LowCacheHitRatio
from dbarchitect.rules.maintenance.table_bloat import TableBloat
from dbarchitect.rules.maintenance.table_never_analyzed import TableNeverAnalyzed
from dbarchitect.rules.maintenance.transaction_id_wraparound import TransactionIdWraparound
from dbarchitect.shadow import Shadow
from dbarchitect.testing.live import LiveCase

ORDERS = Ref.of_table("orders")
TABLE = "create table orders (id bigint, state integer not null, word text) with (autovacuum_enabled = false)"


def test_dead_rows_while_autovacuum_is_off(postgresql_every_version: Shadow) -> None:
    url = postgresql_every_version.database()
    run(
        url,
        TABLE,
        "insert into orders select g, 1 from generate_series(1, 110000) as g",
        "analyze orders",
        "update orders set state = 2",
    )
    rule = AutovacuumBehind()
    before = eventually(url, lambda s: s.facts_of(s.catalog.tables[0]).dead_rows == 110000)
    (finding,) = rule.detect(before)
    assert finding.salient == ("off",)
    fix = rule.fix(finding, before)
    assert fix is not None
    # Not reloaded by hand: while autovacuum is off for the table nothing comes between the two readings.
    LiveCase(before.engine, url).change(fix.changes, before.catalog)
    after = survey(url)
    assert after.catalog.tables[0].options == ()
    assert all(each.salient == ("behind",) for each in rule.detect(after))
    run(url, "vacuum analyze orders")
    assert list(rule.detect(eventually(url, lambda s: not s.facts_of(s.catalog.tables[0]).dead_rows))) == []


def test_far_more_dead_rows_than_autovacuum_waits_for(postgresql: Shadow) -> None:
    url = postgresql.database()
    run(
        url, TABLE, "insert into orders select g, 1 from generate_series(1, 110000) as g", "update orders set state = 2"
    )
    seen = eventually(url, lambda s: s.facts_of(s.catalog.tables[0]).dead_rows == 110000)
    (table,) = seen.catalog.tables
    from dbarchitect.rules.maintenance._autovacuum import behind

    fault = behind(seen, table)
    assert fault is not None
    assert "110,000 dead rows beside 110,000 rows" in fault.message
    assert "come at 22,050 dead rows" in fault.message


def test_a_table_that_was_never_analyzed(postgresql_every_version: Shadow) -> None:
    url = postgresql_every_version.database()
    run(url, TABLE, "insert into orders select g, 1 from generate_series(1, 20000) as g")
    rule = TableNeverAnalyzed()
    before = eventually(url, lambda s: s.facts_of(s.catalog.tables[0]).live_rows == 20000)
    (finding,) = rule.detect(before)
    assert "autovacuum, which would do it, is off" in finding.message
    fix = rule.fix(finding, before)
    assert fix is not None
    LiveCase(before.engine, url).change(fix.changes, before.catalog)
    after = eventually(url, lambda s: s.facts_of(s.catalog.tables[0]).last_analyze is not None)
    assert list(rule.detect(after)) == []
    assert list(rule.praise(after))


@pytest.mark.parametrize(
    "columns",
    [
        "g as id, 1 as state, md5(g::text) as word",
        "g as id, g::smallint as state, null::text as word",
        "g::smallint as a, g::bigint as b, true as c, now() as d, repeat('x', 200) as e, 1.5::numeric as f",
        "md5(g::text)::uuid as id, case when g % 2 = 0 then g end as half, 'ab' as word",
    ],
)
def test_the_estimate_of_a_full_table(postgresql: Shadow, columns: str) -> None:
    url = postgresql.database()
    rows = f"select {columns} from generate_series(1, 20000) as g"
    run(url, f"create table orders with (autovacuum_enabled = false) as {rows}", "vacuum analyze orders")
    seen = survey(url)
    (table,) = seen.catalog.tables
    size, needed = seen.facts_of(table).table_bytes, bytes_of_table(seen, table)
    assert size is not None
    assert needed is not None
    assert 0.9 < needed / size < 1.15, f"{needed} of {size}"


def test_a_table_that_was_emptied(postgresql_every_version: Shadow) -> None:
    url = postgresql_every_version.database()
    run(
        url,
        TABLE,
        "insert into orders select g, 1, md5(g::text) from generate_series(1, 50000) as g",
        "vacuum analyze orders",
    )
    rule = TableBloat(table_bloat.Options(minimum_bytes=2**20))
    assert list(rule.detect(survey(url))) == []
    assert list(rule.praise(survey(url)))
    run(url, "delete from orders where id % 10 <> 0", "vacuum analyze orders")
    (finding,) = rule.detect(survey(url))
    assert finding.object == ORDERS
    run(url, "vacuum full orders", "vacuum analyze orders")
    assert list(rule.detect(survey(url))) == []


def test_ages_and_blocks_are_read_everywhere(postgresql_every_version: Shadow) -> None:
    url = postgresql_every_version.database()
    run(url, TABLE, "insert into orders select g, 1 from generate_series(1, 20000) as g", "select count(*) from orders")
    seen = eventually(url, lambda s: bool(s.facts_of(s.catalog.tables[0]).heap_blocks_hit))
    facts = seen.facts_of(seen.catalog.tables[0])
    assert facts.multixact_age is not None
    assert facts.frozen_xid_age is not None
    assert list(TransactionIdWraparound().detect(seen)) == []
    assert list(TransactionIdWraparound().praise(seen))
    assert LowCacheHitRatio().unanswered(seen)
    rule = LowCacheHitRatio(low_cache_hit_ratio.Options(blocks=1))
    assert rule.unanswered(seen) is None
    assert list(rule.detect(seen)) == []
