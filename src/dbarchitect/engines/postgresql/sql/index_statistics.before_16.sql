-- one row per index: size as of the last vacuum or analyze, and use
select
  i.indrelid as relation,
  x.relname::pg_catalog.text as name,
  x.relpages::pg_catalog.int8 as pages,
  pg_catalog.pg_stat_get_numscans(x.oid) as scans,
  null::pg_catalog.timestamptz as last_scan,
  x.reltuples::pg_catalog.float8 as rows,
  x.reloptions as options,
  pg_catalog.pg_stat_get_blocks_fetched(x.oid) as blocks_fetched,
  pg_catalog.pg_stat_get_blocks_hit(x.oid) as blocks_hit,
  not i.indisvalid and exists (
    select
    from pg_catalog.pg_stat_progress_create_index as p
    where p.datname = pg_catalog.current_database() and (p.index_relid = x.oid or p.index_relid is null)
  ) as being_built
from pg_catalog.pg_index as i
join pg_catalog.pg_class as x on x.oid = i.indexrelid
join pg_catalog.pg_namespace as n on n.oid = x.relnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by i.indrelid, x.relname
