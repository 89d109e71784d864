-- one row per view and materialized view: its query
with locked as (
  select distinct l.relation
  from pg_catalog.pg_locks as l
  join pg_catalog.pg_database as b on b.oid = l.database
  where b.datname = pg_catalog.current_database()
    and l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
    and l.pid is distinct from pg_catalog.pg_backend_pid()
)
select
  c.oid,
  case when not exists (
    select
    from pg_catalog.pg_rewrite as w
    join pg_catalog.pg_depend as d
      on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = w.oid
      and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    join locked on locked.relation = d.refobjid
    where w.ev_class = c.oid
  ) then pg_catalog.pg_get_viewdef(c.oid, false) end as definition
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('v', 'm')
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by n.nspname, c.relname
