-- What came with PostgreSQL 18.
create table account (
  id integer primary key,
  first_name text not null,
  last_name text constraint named_not_null not null,
  full_name text generated always as (first_name || ' ' || last_name) virtual
);
