-- one row per sequence among those asked for: how far it has run
select
  s.oid as sequence,
  pg_catalog.pg_sequence_last_value(s.oid::pg_catalog.regclass) as last_value
from pg_catalog.unnest($1::pg_catalog.oid[]) as s (oid)
where pg_catalog.has_sequence_privilege(s.oid, 'select, usage')
order by s.oid
