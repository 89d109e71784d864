-- one row per row-level security policy
select
  p.polrelid as relation,
  p.polname::pg_catalog.text as name,
  p.polcmd::pg_catalog.text as command,
  p.polpermissive as permissive,
  array(
    select r.rolname::pg_catalog.text from pg_catalog.pg_roles as r where r.oid = any (p.polroles) order by r.rolname
  ) as roles,
  pg_catalog.pg_get_expr(p.polqual, p.polrelid) as using,
  pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as check
from pg_catalog.pg_policy as p
join pg_catalog.pg_class as c on c.oid = p.polrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by p.polrelid, p.polname
