-- one row per operator class of an index method
select
  o.oid,
  o.opcname::pg_catalog.text as name,
  o.opcmethod as method,
  o.opcintype as input_type,
  o.opcdefault as is_default
from pg_catalog.pg_opclass as o
order by o.oid
