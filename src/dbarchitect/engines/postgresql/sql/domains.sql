-- one row per domain
select
  t.oid,
  n.nspname::pg_catalog.text as schema,
  t.typname::pg_catalog.text as name,
  pg_catalog.format_type(t.typbasetype, t.typtypmod) as type,
  t.typndims as dimensions,
  t.typnotnull as not_null,
  pg_catalog.pg_get_expr(t.typdefaultbin, 0) as default
from pg_catalog.pg_type as t
join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
where t.typtype = 'd'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by n.nspname, t.typname
