-- one row per column of an ordinary table; hidden is 2 for a virtual and 3 for a stored generated column
select m.name as table_name, c.name, c.type, c."notnull" as not_null, c.dflt_value as default_text, c.pk, c.hidden
from sqlite_master as m
join pragma_table_xinfo(m.name) as c
where m.type = 'table' and m.sql is not null and m.sql not like 'create virtual%' and m.name not like 'sqlite#_%' escape '#'
order by m.name, c.cid
