-- one row per table that is a partition of another or inherits from it
select
  i.inhrelid as child,
  i.inhparent as parent,
  c.relispartition as is_partition
from pg_catalog.pg_inherits as i
join pg_catalog.pg_class as c on c.oid = i.inhrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'f')
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by i.inhrelid, i.inhseqno
