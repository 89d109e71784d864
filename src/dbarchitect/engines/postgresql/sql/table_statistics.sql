-- one row per table, partitioned table and materialized view: size as of the last vacuum or analyze, and use
select
  c.oid,
  c.reltuples::pg_catalog.float8 as rows,
  c.relpages::pg_catalog.int8 as pages,
  t.relpages::pg_catalog.int8 as toast_pages,
  pg_catalog.pg_stat_get_numscans(c.oid) as sequential_scans,
  pg_catalog.pg_stat_get_tuples_returned(c.oid) as sequential_rows,
  pg_catalog.pg_stat_get_tuples_inserted(c.oid) as inserted,
  pg_catalog.pg_stat_get_tuples_updated(c.oid) as updated,
  pg_catalog.pg_stat_get_tuples_deleted(c.oid) as deleted,
  pg_catalog.pg_stat_get_tuples_hot_updated(c.oid) as hot_updated,
  pg_catalog.pg_stat_get_dead_tuples(c.oid) as dead_rows,
  pg_catalog.pg_stat_get_mod_since_analyze(c.oid) as modified_since_analyze,
  greatest(
    pg_catalog.pg_stat_get_last_vacuum_time(c.oid), pg_catalog.pg_stat_get_last_autovacuum_time(c.oid)
  ) as last_vacuum,
  greatest(
    pg_catalog.pg_stat_get_last_analyze_time(c.oid), pg_catalog.pg_stat_get_last_autoanalyze_time(c.oid)
  ) as last_analyze,
  case when c.relfrozenxid <> '0'::pg_catalog.xid then pg_catalog.age(c.relfrozenxid) end as frozen_xid_age,
  case when c.relminmxid <> '0'::pg_catalog.xid then pg_catalog.mxid_age(c.relminmxid) end as multixact_age,
  pg_catalog.pg_stat_get_live_tuples(c.oid) as live_rows,
  pg_catalog.pg_stat_get_blocks_fetched(c.oid) as blocks_fetched,
  pg_catalog.pg_stat_get_blocks_hit(c.oid) as blocks_hit
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_class as t on t.oid = c.reltoastrelid and c.reltoastrelid <> 0
where c.relkind in ('r', 'p', 'm')
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by c.oid
