create table g (a int, b int generated always as (a * 2) stored, c as (a + b), d text as (a || ',') virtual not null,
    e text collate nocase, f text collate rtrim check (length(f) < 10));
