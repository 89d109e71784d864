-- one row per key of an index on an ordinary table; origin is c (CREATE INDEX), u (UNIQUE) or pk; name is null for an expression
select m.name as table_name, l.name as index_name, l."unique" as is_unique, l.origin, l.partial, k.name, k."desc" as descending, k.coll as collation
from sqlite_master as m
join pragma_index_list(m.name) as l
join pragma_index_xinfo(l.name) as k
where m.type = 'table' and m.sql is not null and m.sql not like 'create virtual%' and m.name not like 'sqlite#_%' escape '#' and k."key" = 1
order by m.name, l.name, k.seqno
