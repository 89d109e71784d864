-- one row per collation that an index names and its column does not have
select distinct
  o.oid,
  n.nspname::pg_catalog.text as schema,
  o.collname::pg_catalog.text as name
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
join pg_catalog.pg_namespace as s on s.oid = c.relnamespace
join pg_catalog.pg_collation as o on o.oid = any (i.indcollation::pg_catalog.oid[])
join pg_catalog.pg_namespace as n on n.oid = o.collnamespace
where s.nspname !~ '^pg_' and s.nspname <> 'information_schema'
order by o.oid
