-- one row per relation, type and schema that an extension made
select
  d.objid as object,
  e.extname::pg_catalog.text as extension
from pg_catalog.pg_depend as d
join pg_catalog.pg_extension as e on e.oid = d.refobjid
where d.deptype = 'e'
  and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
  and d.classid in (
    'pg_catalog.pg_class'::pg_catalog.regclass,
    'pg_catalog.pg_type'::pg_catalog.regclass,
    'pg_catalog.pg_namespace'::pg_catalog.regclass
  )
order by e.extname, d.classid, d.objid
