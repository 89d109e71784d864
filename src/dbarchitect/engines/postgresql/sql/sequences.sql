-- one row per sequence, with the column that owns it
select
  s.seqrelid as sequence,
  n.nspname::pg_catalog.text as schema,
  c.relname::pg_catalog.text as name,
  pg_catalog.format_type(s.seqtypid, null) as type,
  s.seqstart as start,
  s.seqincrement as increment,
  s.seqmax as maximum,
  s.seqcycle as cycle,
  d.refobjid as relation,
  d.refobjsubid as position,
  pg_catalog.has_sequence_privilege(c.oid, 'select, usage') as readable
from pg_catalog.pg_sequence as s
join pg_catalog.pg_class as c on c.oid = s.seqrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_depend as d
  on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = s.seqrelid and d.objsubid = 0
  and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')
where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by n.nspname, c.relname
