-- Names as nobody should choose them, which must survive all the same.
create schema "a""b; drop schema";
create type "e'n""um
line" as enum ('</script>', 'quote''s', 'double"', E'back\\slash', E'new\nline', '😀');
create type "bigint" as enum ('not a number');
create domain "do main" as "e'n""um
line" check (value <> '😀');
create table "</script><b>" (
  "public." text default 'public.x',
  "select" integer primary key,
  "a""b" text not null,
  "a.b" text,
  "tab	new
line" text,
  "back\slash" text default E'\\',
  "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀" text collate "C",
  "e" "e'n""um
line" default E'new\nline',
  "d" "do main",
  "fake" "bigint",
  "list" "e'n""um
line"[],
  "$1" integer,
  "Ünïcödé" integer,
  constraint "chk ' "" \ 😀" check ("a""b" <> '''' and "public." <> 'public.y'),
  constraint "un
ique" unique ("a""b", "tab	new
line")
);
create table "a""b; drop schema"."t.x" (
  id serial primary key,
  "to" integer references "</script><b>" on delete set null,
  constraint "fk😀" foreign key (id) references "a""b; drop schema"."t.x"
);
create index "in""dex
😀" on "</script><b>" ((lower("a""b")), "public.") where "back\slash" <> '\';
create function "f.n ""x"() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger "tr'i""gger" before update of "a.b" on "</script><b>" for each row execute function "f.n ""x"();
create policy "po""licy" on "</script><b>" using ("a.b" = 'x');
create view "vi""ew" as select "a""b" as "x""y", 'public.z' as "public" from "</script><b>";
create sequence "seq'""uence";
comment on table "</script><b>" is E'</script> ''quoted'' "double" \\ 😀';
