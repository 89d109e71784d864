-- one row per setting that a role or this database starts its sessions with
select
  r.rolname::pg_catalog.text as role,
  s.setdatabase <> 0 as of_database,
  pg_catalog.split_part(c.setting, '=', 1) as name,
  pg_catalog.substr(c.setting, pg_catalog.strpos(c.setting, '=') + 1) as value
from pg_catalog.pg_db_role_setting as s
cross join lateral pg_catalog.unnest(s.setconfig) as c (setting)
left join pg_catalog.pg_roles as r on r.oid = s.setrole
left join pg_catalog.pg_database as d on d.oid = s.setdatabase
where s.setdatabase = 0 or d.datname = pg_catalog.current_database()
order by role nulls first, of_database, name
