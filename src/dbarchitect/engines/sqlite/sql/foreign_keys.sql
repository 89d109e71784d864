-- one row per column of a foreign key; referenced_column is null where the key names none
select m.name as table_name, f.id, f."table" as referenced_table, f."from" as name, f."to" as referenced_column, f.on_update, f.on_delete
from sqlite_master as m
join pragma_foreign_key_list(m.name) as f
where m.type = 'table' and m.sql is not null and m.sql not like 'create virtual%' and m.name not like 'sqlite#_%' escape '#'
order by m.name, f.id, f.seq
