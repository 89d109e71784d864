-- one row per primary key, unique, foreign key, check and exclusion constraint of a table
with locked as (
  select distinct l.relation
  from pg_catalog.pg_locks as l
  join pg_catalog.pg_database as b on b.oid = l.database
  where b.datname = pg_catalog.current_database()
    and l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
    and l.pid is distinct from pg_catalog.pg_backend_pid()
)
select
  k.conrelid as relation,
  k.conname::pg_catalog.text as name,
  k.contype::pg_catalog.text as kind,
  k.condeferrable as deferrable,
  k.condeferred as initially_deferred,
  k.convalidated as validated,
  k.connoinherit as no_inherit,
  k.conkey as columns,
  k.confrelid as referenced,
  k.confkey as referenced_columns,
  k.confupdtype::pg_catalog.text as on_update,
  k.confdeltype::pg_catalog.text as on_delete,
  k.confmatchtype::pg_catalog.text as match,
  case when k.contype = 'c' and locked.relation is null then pg_catalog.pg_get_expr(k.conbin, k.conrelid) end as expression,
  i.indkey::pg_catalog.int2[] as index_columns,
  i.indnkeyatts as key_count,
  false as nulls_not_distinct,
  case when k.contype = 'x' then m.amname::pg_catalog.text end as method,
  case when k.contype = 'x' and locked.relation is null then pg_catalog.pg_get_expr(i.indpred, i.indrelid) end as predicate,
  case when k.contype = 'x' and locked.relation is null then array(
    select pg_catalog.pg_get_indexdef(k.conindid, g.n, false)
    from pg_catalog.generate_series(1, i.indnkeyatts::pg_catalog.int4) as g (n)
    order by g.n
  ) end as excluded,
  case when k.contype = 'x' then array(
    select o.oprname::pg_catalog.text
    from pg_catalog.unnest(k.conexclop) with ordinality as u (operator, n)
    join pg_catalog.pg_operator as o on o.oid = u.operator
    order by u.n
  ) end as operators,
  i.indisexclusion and k.contype <> 'x' as is_temporal,
  false as clears_some_columns
from pg_catalog.pg_constraint as k
join pg_catalog.pg_class as c on c.oid = k.conrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_index as i on i.indexrelid = k.conindid and k.contype in ('p', 'u', 'x')
left join pg_catalog.pg_class as x on x.oid = i.indexrelid
left join pg_catalog.pg_am as m on m.oid = x.relam
left join locked on locked.relation = k.conrelid
where k.contype in ('p', 'u', 'f', 'c', 'x') and k.conparentid = 0 and (k.contype <> 'c' or k.conislocal)
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by k.conrelid, k.conname
