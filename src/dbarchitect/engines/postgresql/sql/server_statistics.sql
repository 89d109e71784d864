-- one row per server: who is sent its log, and since when its own statistics count
select
  b.stats_reset,
  (select pg_catalog.count(*) from pg_catalog.pg_stat_replication) as receivers
from pg_catalog.pg_stat_bgwriter as b
order by b.stats_reset
