-- one row per statement of this database in pg_stat_statements, the 500 that took the most time
select
  s.query,
  s.calls,
  s.total_time as total_ms,
  s.mean_time as mean_ms,
  s.rows
from pg_stat_statements as s
join pg_catalog.pg_database as d on d.oid = s.dbid
where d.datname = pg_catalog.current_database()
order by s.total_time desc, s.query
limit 500
