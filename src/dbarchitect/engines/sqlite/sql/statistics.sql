-- one row per index that ANALYZE looked at: the rows it holds, then the average rows per value of its leading keys
select tbl as table_name, idx as index_name, stat
from sqlite_stat1
order by tbl, idx
