-- one row per table, partitioned table, foreign table, view and materialized view
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
  n.nspname::pg_catalog.text as schema,
  c.relname::pg_catalog.text as name,
  c.relkind::pg_catalog.text as kind,
  c.relpersistence = 'u' as unlogged,
  c.relrowsecurity as row_security,
  c.relforcerowsecurity as force_row_security,
  c.relispopulated as populated,
  c.reloptions as options,
  pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text as owner,
  d.description as comment,
  w.fdwname::pg_catalog.text as foreign_data_wrapper,
  case when c.relkind = 'p' and locked.relation is null then pg_catalog.pg_get_partkeydef(c.oid) end as partition_key,
  case when c.relispartition and locked.relation is null then pg_catalog.pg_get_expr(c.relpartbound, c.oid) end as bound,
  pg_catalog.has_table_privilege(c.oid, 'select') as may_select,
  c.relrowsecurity and pg_catalog.row_security_active(c.oid) as hidden_by_row_security,
  locked.relation is not null as locked
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_description as d
  on d.objoid = c.oid and d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objsubid = 0
left join pg_catalog.pg_foreign_table as f on f.ftrelid = c.oid
left join pg_catalog.pg_foreign_server as s on s.oid = f.ftserver
left join pg_catalog.pg_foreign_data_wrapper as w on w.oid = s.srvfdw
left join locked on locked.relation = c.oid
where c.relkind in ('r', 'p', 'f', 'v', 'm')
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by n.nspname, c.relname
