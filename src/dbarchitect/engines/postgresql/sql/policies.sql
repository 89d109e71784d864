-- one row per row-level security policy
with locked as (
  select distinct l.relation
  from pg_catalog.pg_locks as l
  join pg_catalog.pg_database as b on b.oid = l.database
  where b.datname = pg_catalog.current_database()
    and l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
    and l.pid is distinct from pg_catalog.pg_backend_pid()
)
select
  p.polrelid as relation,
  p.polname::pg_catalog.text as name,
  p.polcmd::pg_catalog.text as command,
  p.polpermissive as permissive,
  array(
    select r.rolname::pg_catalog.text from pg_catalog.pg_roles as r where r.oid = any (p.polroles) order by r.rolname
  ) as roles,
  case when locked.relation is null then pg_catalog.pg_get_expr(p.polqual, p.polrelid) end as using,
  case when locked.relation is null then pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) end as check
from pg_catalog.pg_policy as p
join pg_catalog.pg_class as c on c.oid = p.polrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join locked on locked.relation = p.polrelid
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by p.polrelid, p.polname
