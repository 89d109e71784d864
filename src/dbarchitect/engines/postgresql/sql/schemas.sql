-- one row per schema that is not the server's own
select
  n.oid,
  n.nspname::pg_catalog.text as name
from pg_catalog.pg_namespace as n
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by n.nspname
