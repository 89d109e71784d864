-- one row per enum type
select
  t.oid,
  n.nspname::pg_catalog.text as schema,
  t.typname::pg_catalog.text as name,
  array(
    select e.enumlabel::pg_catalog.text from pg_catalog.pg_enum as e where e.enumtypid = t.oid order by e.enumsortorder
  ) as values
from pg_catalog.pg_type as t
join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
where t.typtype = 'e'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by n.nspname, t.typname
