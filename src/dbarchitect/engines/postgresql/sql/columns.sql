-- one row per column of a table, view or materialized view
with locked as (
  select distinct l.relation
  from pg_catalog.pg_locks as l
  join pg_catalog.pg_database as b on b.oid = l.database
  where b.datname = pg_catalog.current_database()
    and l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
    and l.pid is distinct from pg_catalog.pg_backend_pid()
)
select
  a.attrelid as relation,
  a.attnum as position,
  a.attname::pg_catalog.text as name,
  pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
  a.attndims as dimensions,
  a.attnotnull as not_null,
  case when locked.relation is null then pg_catalog.pg_get_expr(b.adbin, b.adrelid) end as default,
  a.attidentity::pg_catalog.text as identity,
  a.attgenerated::pg_catalog.text as generated,
  o.collname::pg_catalog.text as collation,
  p.nspname::pg_catalog.text as collation_schema,
  d.description as comment,
  case when t.typtype = 'd' then t.typbasetype else a.atttypid end as base_type,
  a.attcollation as collation_key
from pg_catalog.pg_attribute as a
join pg_catalog.pg_class as c on c.oid = a.attrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_type as t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef as b on b.adrelid = a.attrelid and b.adnum = a.attnum
left join pg_catalog.pg_collation as o on o.oid = a.attcollation and a.attcollation <> t.typcollation
left join pg_catalog.pg_namespace as p on p.oid = o.collnamespace
left join pg_catalog.pg_description as d
  on d.objoid = a.attrelid and d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objsubid = a.attnum
left join locked on locked.relation = a.attrelid
where a.attnum > 0 and not a.attisdropped
  and c.relkind in ('r', 'p', 'f', 'v', 'm')
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by a.attrelid, a.attnum
