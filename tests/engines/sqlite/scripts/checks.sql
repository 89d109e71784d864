create table c (a int check (a > 0), b text constraint named check (b in ('x', 'y,)', "z")), constraint two check (a < 9)
    check (b <> ''), check (a between 1 and 2 or (b like '%x%' and a is not null)));
