-- one row per table or index: the bytes of its pages
select name, sum(pgsize) as bytes
from dbstat
group by name
order by name
