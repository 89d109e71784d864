-- one row per check constraint of a domain
select
  k.contypid as domain,
  k.conname::pg_catalog.text as name,
  k.convalidated as validated,
  pg_catalog.pg_get_expr(k.conbin, 0) as expression
from pg_catalog.pg_constraint as k
join pg_catalog.pg_type as t on t.oid = k.contypid
join pg_catalog.pg_namespace as n on n.oid = t.typnamespace
where k.contype = 'c'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by k.contypid, k.conname
