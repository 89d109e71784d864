-- one row per state of the clients' sessions on the server, null where the role may not see it
select
  s.state,
  pg_catalog.count(*) as sessions,
  pg_catalog.date_part('epoch', pg_catalog.now() - pg_catalog.min(s.state_change)) as longest
from pg_catalog.pg_stat_activity as s
where s.backend_type = 'client backend' or s.backend_type is null and s.usename is not null
group by s.state
order by s.state
