-- one row per object of the schema, as it was created, in the order of creation
select type, name, tbl_name as table_name, sql
from sqlite_master
order by rowid
