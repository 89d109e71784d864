-- one row per column of the view ?
select c.name
from pragma_table_xinfo(?) as c
order by c.cid
