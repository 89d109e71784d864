-- one row per trigger that somebody created
with locked as (
  select distinct l.relation
  from pg_catalog.pg_locks as l
  join pg_catalog.pg_database as b on b.oid = l.database
  where b.datname = pg_catalog.current_database()
    and l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
    and l.pid is distinct from pg_catalog.pg_backend_pid()
)
select
  t.tgrelid as relation,
  t.tgname::pg_catalog.text as name,
  t.tgtype as type,
  t.tgenabled in ('O', 'A') as enabled,
  t.tgconstraint <> 0 as is_constraint,
  n.nspname::pg_catalog.text as function_schema,
  p.proname::pg_catalog.text as function,
  t.tgattr::pg_catalog.int2[] as columns,
  t.tgqual is not null as has_condition,
  t.tgnargs > 0 or t.tgdeferrable or t.tgoldtable is not null or t.tgnewtable is not null as has_more,
  case
    when locked.relation is not null then null
    when t.tgqual is not null or t.tgnargs > 0 or t.tgdeferrable or t.tgoldtable is not null or t.tgnewtable is not null
    then pg_catalog.pg_get_triggerdef(t.oid, false)
  end as definition
from pg_catalog.pg_trigger as t
join pg_catalog.pg_class as c on c.oid = t.tgrelid
join pg_catalog.pg_namespace as s on s.oid = c.relnamespace
join pg_catalog.pg_proc as p on p.oid = t.tgfoid
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
left join locked on locked.relation = t.tgrelid
where not t.tgisinternal and t.tgparentid = 0
  and s.nspname !~ '^pg_' and s.nspname <> 'information_schema'
order by t.tgrelid, t.tgname
