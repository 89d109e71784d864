-- one row per view and materialized view: its query
select
  c.oid,
  pg_catalog.pg_get_viewdef(c.oid, false) as definition
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('v', 'm')
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by n.nspname, c.relname
