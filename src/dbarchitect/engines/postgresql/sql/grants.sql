-- one row per object and role that was granted something on it
with granted as (
  select 'relation' as kind, c.oid as object, 0::pg_catalog.int2 as position, c.relowner as owner, c.relacl as acl
  from pg_catalog.pg_class as c
  where c.relacl is not null and c.relkind in ('r', 'p', 'f', 'v', 'm', 'S')
  union all
  select 'column', a.attrelid, a.attnum, c.relowner, a.attacl
  from pg_catalog.pg_attribute as a
  join pg_catalog.pg_class as c on c.oid = a.attrelid
  where a.attacl is not null and not a.attisdropped
  union all
  select 'schema', n.oid, 0, n.nspowner, n.nspacl
  from pg_catalog.pg_namespace as n
  where n.nspacl is not null
  union all
  select 'function', p.oid, 0, p.proowner, p.proacl
  from pg_catalog.pg_proc as p
  where p.proacl is not null
  union all
  select 'database', d.oid, 0, d.datdba, d.datacl
  from pg_catalog.pg_database as d
  where d.datname = pg_catalog.current_database() and d.datacl is not null
)
select
  g.kind,
  g.object,
  g.position,
  case when x.grantee = 0 then 'public' else pg_catalog.pg_get_userbyid(x.grantee)::pg_catalog.text end as role,
  pg_catalog.array_agg(pg_catalog.lower(x.privilege_type) order by x.privilege_type) as privileges,
  x.is_grantable as grantable
from granted as g
cross join lateral pg_catalog.aclexplode(g.acl) as x
where x.grantee <> g.owner
group by g.kind, g.object, g.position, x.grantee, x.is_grantable
order by g.kind, g.object, g.position, role, x.is_grantable
