-- one row per extension, but for the one that every database is born with
select
  e.extname::pg_catalog.text as name,
  e.extversion as version,
  n.nspname::pg_catalog.text as schema
from pg_catalog.pg_extension as e
join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
where e.extname <> 'plpgsql'
order by e.extname
