-- one row per role that is not the server's own
select
  r.rolname::pg_catalog.text as name,
  r.rolsuper as superuser,
  r.rolbypassrls as bypass_row_security,
  r.rolcreatedb as create_database,
  r.rolcreaterole as create_role,
  r.rolcanlogin as login,
  r.rolreplication as replication,
  r.rolconnlimit as connection_limit,
  array(
    select distinct g.rolname::pg_catalog.text
    from pg_catalog.pg_auth_members as m
    join pg_catalog.pg_roles as g on g.oid = m.roleid
    where m.member = r.oid
    order by 1
  ) as member_of
from pg_catalog.pg_roles as r
where r.rolname !~ '^pg_'
order by r.rolname
