-- one row per function and procedure that belongs to no extension
select
  p.oid,
  n.nspname::pg_catalog.text as schema,
  p.proname::pg_catalog.text as name,
  pg_catalog.pg_get_function_identity_arguments(p.oid) as arguments,
  pg_catalog.pg_get_function_result(p.oid) as returns,
  l.lanname::pg_catalog.text as language,
  p.prosecdef as security_definer,
  p.proconfig as settings,
  p.provolatile::pg_catalog.text as volatility,
  pg_catalog.pg_get_functiondef(p.oid) as definition,
  pg_catalog.pg_get_userbyid(p.proowner)::pg_catalog.text as owner,
  array(
    select case when x.grantee = 0 then 'public' else pg_catalog.pg_get_userbyid(x.grantee)::pg_catalog.text end
    from pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as x
    where x.grantee <> p.proowner and x.privilege_type = 'EXECUTE'
    order by 1
  ) as executable_by
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
join pg_catalog.pg_language as l on l.oid = p.prolang
left join pg_catalog.pg_depend as d
  on d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e'
where p.prokind in ('f', 'p') and d.objid is null
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by n.nspname, p.proname, p.oid
