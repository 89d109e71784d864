-- one row per index that belongs to no constraint and to no index of a partitioned table
with locked as (
  select distinct l.relation
  from pg_catalog.pg_locks as l
  join pg_catalog.pg_database as b on b.oid = l.database
  where b.datname = pg_catalog.current_database()
    and l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
    and l.pid is distinct from pg_catalog.pg_backend_pid()
)
select
  i.indrelid as relation,
  x.relname::pg_catalog.text as name,
  m.amname::pg_catalog.text as method,
  i.indisunique as is_unique,
  i.indisvalid and i.indisready as valid,
  false as nulls_not_distinct,
  i.indnkeyatts as key_count,
  i.indkey::pg_catalog.int2[] as columns,
  i.indoption::pg_catalog.int2[] as options,
  i.indclass::pg_catalog.oid[] as operator_classes,
  i.indcollation::pg_catalog.oid[] as collations,
  case when locked.relation is null then pg_catalog.pg_get_expr(i.indpred, i.indrelid) end as predicate,
  case when i.indexprs is not null and locked.relation is null then array(
    select pg_catalog.pg_get_indexdef(i.indexrelid, g.n, false)
    from pg_catalog.generate_series(1, i.indnkeyatts::pg_catalog.int4) as g (n)
    where i.indkey[g.n - 1] = 0::pg_catalog.int2
    order by g.n
  ) end as expressions
from pg_catalog.pg_index as i
join pg_catalog.pg_class as x on x.oid = i.indexrelid
join pg_catalog.pg_am as m on m.oid = x.relam
join pg_catalog.pg_namespace as n on n.oid = x.relnamespace
left join pg_catalog.pg_constraint as k on k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')
left join locked on locked.relation = i.indrelid
where k.oid is null and not x.relispartition
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by i.indrelid, x.relname
