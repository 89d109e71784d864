-- one row per column that was analyzed and that the role may select: its statistics without any value
select
  s.schemaname::pg_catalog.text as schema,
  s.tablename::pg_catalog.text as table,
  s.attname::pg_catalog.text as column,
  s.null_frac::pg_catalog.float8 as null_fraction,
  s.avg_width as average_width,
  s.n_distinct::pg_catalog.float8 as distinct_values,
  s.correlation::pg_catalog.float8 as correlation
from pg_catalog.pg_stats as s
where s.schemaname !~ '^pg_' and s.schemaname <> 'information_schema'
order by s.schemaname, s.tablename, s.attname, s.inherited desc
