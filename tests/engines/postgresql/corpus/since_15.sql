-- What came with PostgreSQL 15.
create table account (id integer primary key, email text, code text, unique nulls not distinct (email));
create unique index on account (code) nulls not distinct where code <> '';
create view invoker with (security_invoker = true) as select id from account;
