-- one row: how many pages the file has, their size in bytes, and how many of them hold nothing
select page_count, page_size, freelist_count
from pragma_page_count, pragma_page_size, pragma_freelist_count
