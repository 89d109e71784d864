-- one row per server: the database we are connected to
select
  pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1) as version,
  d.datname::pg_catalog.text as database,
  current_user::pg_catalog.text as role,
  r.rolsuper as superuser,
  pg_catalog.pg_has_role('pg_read_all_settings', 'usage') as reads_all_settings,
  pg_catalog.pg_is_in_recovery() as is_replica,
  pg_catalog.now() as captured_at,
  s.stats_reset,
  pg_catalog.pg_database_size(d.oid) as database_bytes,
  pg_catalog.current_setting('block_size')::pg_catalog.int8 as block_size,
  pg_catalog.pg_encoding_to_char(d.encoding)::pg_catalog.text as encoding,
  e.extversion as statements_version,
  n.nspname::pg_catalog.text as statements_schema
from pg_catalog.pg_database as d
join pg_catalog.pg_roles as r on r.rolname = current_user
left join pg_catalog.pg_stat_database as s on s.datid = d.oid
left join pg_catalog.pg_extension as e on e.extname = 'pg_stat_statements'
left join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
where d.datname = pg_catalog.current_database()
order by d.datname
