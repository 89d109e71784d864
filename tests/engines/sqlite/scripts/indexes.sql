create table i (a int, b text collate nocase, c);
create index i1 on i (a); create unique index i2 on i (b, a desc); create index i3 on i (lower(b)) where a is not null;
create index i4 on i (b collate nocase, c collate nocase); create unique index "i 5" on "i" ("a" + 1, [c]) where c > 'x; y';
create index if not exists i6 on i (a, (c)); create index i7 on i (b collate binary);
